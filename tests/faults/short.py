"""The short form of a fault, for tests."""

from __future__ import annotations

import asyncio
import os

from tests.faults.places import App
from tests.faults.running import Result, Run, folder_for, told
from tests.faults.table import FAULTS

SEED = int(os.environ.get("FAULTS_SEED", "1"))


def short(name: str, app: App | None = None, *, timed: bool = False) -> Result:
    """Have it happen a few times; what is wrong comes with all that it takes to see it again.

    app  one that is there already, if it will do
    """
    fault = FAULTS[name]
    with folder_for(name) as folder:
        run = Run(name, SEED, fault.few, folder, timed=timed, long=False, app=app)
        result = asyncio.run(fault.happen(run))
        print(result.line(name))
        assert not result.wrong, told(run, result)
    return result
