"""Every fault that can be had, by its number."""

from __future__ import annotations

from tests.faults.crashes import kills
from tests.faults.drains import drains
from tests.faults.running import Fault

FAULTS: dict[str, Fault] = {
    "F1": Fault(kills("stream"), 2, 200),
    "F2": Fault(kills("memory"), 2, 50),
    "F8": Fault(drains("memory"), 2, 50),
    "F33": Fault(kills("file"), 3, 200),
}
