"""What a panel says of how samples became a picture."""

from __future__ import annotations

from dataclasses import asdict

from app.scope.acquisition import ACQUISITIONS
from app.scope.frame import Frame
from app.scope.view import View


def acquisition(frame: Frame, view: View) -> dict[str, object]:
    """The acquisition of a screen: how many sweeps are in it, and that in words."""
    setting = view.acquisition
    said = ""
    if setting.many and not view.sweep.past:
        label = ACQUISITIONS[setting.mode].label
        said = f"{label} {frame.sweeps}/{setting.count}" if frame.sweeps else f"{label}: waits for a trigger"
    return {"mode": setting.mode, "count": setting.count, "sweeps": frame.sweeps, "said": said}


def plane(frame: Frame) -> dict[str, object] | None:
    """The channels of an XY screen, and in words which samples are drawn if not all; None: it is none."""
    if frame.plane is None:
        return None
    every = frame.plane.every
    return asdict(frame.plane) | {"said": f"every {ordinal(every)} sample" if every > 1 else ""}


def ordinal(n: int) -> str:
    """A number as an adjective: 2nd, 11th, 23rd."""
    return f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
