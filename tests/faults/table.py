"""Every fault that can be had, by its number."""

from __future__ import annotations

from tests.faults.benched import leaves, stalls
from tests.faults.bodies import explode, lies, tables
from tests.faults.crashes import kills
from tests.faults.damages import damages
from tests.faults.dawdlers import dawdle
from tests.faults.descriptors import exhausted
from tests.faults.disks import records
from tests.faults.doors import origins, tokens
from tests.faults.drains import drains
from tests.faults.fronts import reloads
from tests.faults.powers import outages
from tests.faults.rollings import rolls
from tests.faults.running import Fault
from tests.faults.stores import forgets, hangs, trims
from tests.faults.stores import kills as kills_of_redis
from tests.faults.storms import storms

FAULTS: dict[str, Fault] = {
    "F1": Fault(kills("stream"), 2, 200),
    "F2": Fault(kills("memory"), 2, 50),
    "F3": Fault(kills_of_redis, 2, 200),
    "F4": Fault(outages, 2, 40),
    "F5": Fault(hangs, 4, 40, each=30.0),
    "F6": Fault(forgets, 3, 30, each=40.0),
    "F7": Fault(trims, 1, 5, each=60.0),
    "F8": Fault(drains, 3, 150),
    "F9": Fault(reloads, 2, 20),
    "F9-rolling": Fault(rolls, 1, 10, each=200.0),
    "F10": Fault(stalls, 2, 50, each=2.0, base=600.0),
    "F12": Fault(leaves, 4, 10_000, each=1.0, base=300.0),
    "F13": Fault(storms, 1, 6),
    "F17": Fault(dawdle, 80, 1000),
    "F18": Fault(lies, 1, 20),
    "F19": Fault(explode, 1, 20),
    "F20": Fault(tables, 1, 20),
    "F22": Fault(origins, 1, 5),
    "F23": Fault(tokens, 300, 10_000, each=0.1),
    "F27": Fault(records, 2, 20),
    "F29": Fault(exhausted, 1, 10),
    "F33": Fault(kills("file"), 2, 200),
    "F34": Fault(damages, 2, 300),
}
