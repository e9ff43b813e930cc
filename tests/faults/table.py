"""Every fault that can be had, by its number."""

from __future__ import annotations

from tests.faults.benched import leaves, stalls
from tests.faults.crashes import kills
from tests.faults.dawdlers import dawdle
from tests.faults.drains import drains
from tests.faults.fronts import reloads
from tests.faults.running import Fault
from tests.faults.storms import storms

FAULTS: dict[str, Fault] = {
    "F1": Fault(kills("stream"), 2, 200),
    "F2": Fault(kills("memory"), 2, 50),
    "F8": Fault(drains("memory"), 2, 50),
    "F9": Fault(reloads, 2, 20),
    "F10": Fault(stalls, 2, 50),
    "F12": Fault(leaves, 4, 10_000),
    "F13": Fault(storms, 1, 6),
    "F17": Fault(dawdle, 80, 1000),
    "F33": Fault(kills("file"), 3, 200),
}
