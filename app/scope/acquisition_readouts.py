"""What a panel says of how samples became a picture."""

from __future__ import annotations

from dataclasses import asdict

from app.scope.frame import Frame
from app.scope.view import View


def acquisition(view: View) -> dict[str, object]:
    """The acquisition of a screen."""
    return {"mode": view.acquisition.mode}


def plane(frame: Frame) -> dict[str, object] | None:
    """The channels of an XY screen, and in words which samples are drawn if not all; None: it is none."""
    if frame.plane is None:
        return None
    every = frame.plane.every
    return asdict(frame.plane) | {"said": f"every {ordinal(every)} sample" if every > 1 else ""}


def ordinal(n: int) -> str:
    """A number as an adjective: 2nd, 11th, 23rd."""
    return f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
