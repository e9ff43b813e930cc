"""Frames and what belongs to them, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.scope.frame import Frame, Kind, Trace

ROWS = 64


def trace(slot: int, n: int = 40, phase: float = 0.0) -> Trace:
    """A sine of n points whose second and fifth one are marked."""
    x = np.linspace(0, 10, n)
    dots = np.array([k for k in (1, 4) if k < n], int)
    return Trace(f"ch{slot}", Kind.YT, 5.0 + slot, x, np.sin(x + phase), dots, (0.0, 10.0 + slot), 0, n)


def frame(*slots: int, n: int = 40, phase: float = 0.0) -> Frame:
    return Frame({slot: trace(slot, n, phase) for slot in slots})


def legend(*slots: int) -> dict[int, dict[str, Any]]:
    return {
        slot: {
            "label": f"name {slot}",
            "unit": "V",
            "x_unit": "s",
            "clock": False,
            "limits": [-2.0 - slot, 2.0 + slot],
            "ground": [0.5 * slot, f"{slot + 1}▸"],
            "width": 1.0 + slot,
        }
        for slot in slots
    }
