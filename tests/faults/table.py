"""Every fault that can be had, by its number."""

from __future__ import annotations

from tests.faults.crashes import kills
from tests.faults.drains import drains
from tests.faults.fronts import reloads
from tests.faults.running import Fault
from tests.faults.storms import storms

FAULTS: dict[str, Fault] = {
    "F1": Fault(kills("stream"), 2, 200),
    "F2": Fault(kills("memory"), 2, 50),
    "F8": Fault(drains("memory"), 2, 50),
    "F9": Fault(reloads, 2, 20),
    "F13": Fault(storms, 1, 6),
    "F33": Fault(kills("file"), 3, 200),
}
