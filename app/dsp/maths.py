"""Maths traces: one or two signals in, one out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.dsp import calculus
from app.dsp.alignment import Signal, aligned, common
from app.dsp.filters import Filter, FilterError, Kind
from app.dsp.functions import quotient
from app.dsp.pieces import Breaks, Float64s, Floats
from app.dsp.quantities import over, times

__all__ = ["MATHS", "FilterError", "Operation", "Settings", "Signal", "aligned", "common"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the filters can be set to; see `Filter`.

    low_cutoff, high_cutoff  1/x, > 0
    order                    1..8
    zero_phase               forwards and backwards, or forwards only
    """

    low_cutoff: float = 1.0
    high_cutoff: float = 10.0
    order: int = 2
    zero_phase: bool = True


class Operands(NamedTuple):
    """What an operation works on: x (n,), y one or two (n,), breaks, settings."""

    x: Float64s
    y: Sequence[Float64s]
    breaks: Breaks
    settings: Settings


@dataclass(frozen=True, slots=True)
class Operation:
    """An entry of MATHS.

    label     as on the front panel
    form      as an expression, with {a} and {b} for the signals and {0}, {1} for the cut-offs
    operands  how many signals it takes, 1 or 2
    settings  names of those fields of Settings that it looks at
    """

    label: str
    form: str
    operands: int
    _of: Callable[[Operands], Float64s]
    _unit: Callable[[Sequence[str], str], str]
    settings: tuple[str, ...] = ()

    def of(self, x: Float64s, *y: Floats, breaks: Breaks = (), settings: Settings = Settings()) -> Float64s:
        """The result, as long as x: NaN where an operand is missing, a divisor 0 or the result not finite.

        x, y    (n,) x increasing, equal values allowed; NaN in y is missing; two signals on one x: `common`
        breaks  (k,) numbers of samples that begin after a gap

        ValueError   the wrong number of operands, or their lengths differ
        FilterError  these settings do not go with the sample rate, or are out of range
        """
        if len(y) != self.operands:
            raise ValueError(f"{self.label} takes {self.operands} operands, not {len(y)}")
        if any(len(each) != len(x) for each in y):
            raise ValueError(f"{[len(each) for each in y]} values do not go with {len(x)} of x")
        with np.errstate(all="ignore"):
            operands = [np.asarray(each, np.float64) for each in y]
            found = self._of(Operands(x, operands, breaks, settings))
        found[~np.isfinite(found)] = np.nan
        return found

    @property
    def cutoffs(self) -> tuple[str, ...]:
        """Names of the cut-offs that it has, in the order of its expression."""
        return tuple(name.removesuffix("_cutoff") for name in self.settings if name.endswith("_cutoff"))

    def text(self, operands: Sequence[str], cutoffs: Sequence[float] = ()) -> str:
        """The expression of it, of these; filters in an expression are of the second order, forwards."""
        named = dict(zip("ab", operands, strict=False))
        return self.form.format(*(f"{cutoff:.12g}" for cutoff in cutoffs), **named)

    def unit(self, *units: str, x_unit: str = "") -> str:
        """Unit of the result, from those of the operands and of x; empty where it has none."""
        return self._unit(units, x_unit)


def filtered(kind: Kind) -> Callable[[Operands], Float64s]:
    def of(operands: Operands) -> Float64s:
        settings = operands.settings
        cutoffs = settings.low_cutoff, settings.high_cutoff
        chosen = Filter(kind, *cutoffs, settings.order, settings.zero_phase)
        return chosen.of(operands.x, operands.y[0], operands.breaks)

    return of


def same(units: Sequence[str], _x_unit: str) -> str:
    """The unit that all operands share; none where they differ."""
    return units[0] if len(set(units)) == 1 else ""


MATHS: dict[str, Operation] = {
    "add": Operation("A + B", "{a} + {b}", 2, lambda o: o.y[0] + o.y[1], same),
    "subtract": Operation("A - B", "{a} - {b}", 2, lambda o: o.y[0] - o.y[1], same),
    "multiply": Operation(
        "A × B", "{a} * {b}", 2, lambda o: o.y[0] * o.y[1], lambda units, _: times(*units) or ""
    ),
    "divide": Operation(
        "A / B", "{a} / {b}", 2, lambda o: quotient(*o.y), lambda units, _: over(*units) or ""
    ),
    "derivative": Operation(
        "dA/dx",
        "d({a})",
        1,
        lambda o: calculus.derivative(o.x, o.y[0], o.breaks),
        lambda units, x: over(units[0], x) or "",
    ),
    "integral": Operation(
        "∫ A dx",
        "integral({a})",
        1,
        lambda o: calculus.integral(o.x, o.y[0], o.breaks),
        lambda units, x: times(units[0], x) or "",
    ),
    "absolute": Operation("|A|", "abs({a})", 1, lambda o: np.abs(o.y[0]), same),
    "lowpass": Operation(
        "low pass", "lowpass({a}, {0})", 1, filtered("lowpass"), same, ("high_cutoff", "order", "zero_phase")
    ),
    "highpass": Operation(
        "high pass",
        "highpass({a}, {0})",
        1,
        filtered("highpass"),
        same,
        ("low_cutoff", "order", "zero_phase"),
    ),
    "bandpass": Operation(
        "band pass",
        "bandpass({a}, {0}, {1})",
        1,
        filtered("bandpass"),
        same,
        ("low_cutoff", "high_cutoff", "order", "zero_phase"),
    ),
}
