"""Terms: the parts of an expression, each worked out window by window of its signals.

A window overlaps the one before it: a term that looks at neighbours needs samples on its left and on its
right, and one that goes on for ever (an integral, a filter) keeps its state at the place where the next
window has all that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import cast

import numpy as np

from app.dsp.calculus import derivative, integral
from app.dsp.filters import Filter, Kind
from app.dsp.forward import Forward
from app.dsp.functions import COMPARISONS, Function, both
from app.dsp.pieces import Breaks, Float64s, Floats, inner
from app.dsp.quantities import Unit, fixed, product, ratio

States = dict[int, object]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A window of the signals that an expression is worked out from.

    x        (n,) offsets from base, increasing
    values   (n,) of each channel
    breaks   numbers of the samples that begin after a gap
    step     of x, the usual one, which filters go by
    resumed  whether the window before this one left states
    next     where in this window the next one begins
    states   what terms keep from window to window; they are replaced here
    """

    x: Float64s
    values: Mapping[str, Floats]
    breaks: Breaks = ()
    base: float = 0.0
    step: float = 0.0
    resumed: bool = False
    next: int = 0
    states: States = field(default_factory=dict)


NONE = fixed("")
NOWHERE = Inputs(np.zeros(1), {})


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A part of an expression.

    of           its value at each sample of a window, or a number
    left, right  how many samples before and after a sample it looks at
    unit         of the result, from those of the channels and of x; None: a number, which goes with any
    constant     whether it is the same number everywhere
    """

    of: Callable[[Inputs], Float64s]
    left: int = 0
    right: int = 0
    unit: Unit = NONE
    constant: bool = False


def number(value: float) -> Term:
    return Term(lambda _: np.asarray(value), unit=fixed(None), constant=True)


def of_x() -> Term:
    """x itself."""
    return Term(lambda inputs: inputs.base + inputs.x, unit=lambda _units, x_unit: x_unit)


def reach(terms: Sequence[Term]) -> tuple[int, int]:
    """How far terms that are worked out together look to the left and to the right."""
    return max(term.left for term in terms), max(term.right for term in terms)


def applied(function: Function, terms: Sequence[Term], unit: Unit) -> Term:
    """A function of the values of each sample."""
    return Term(
        lambda inputs: np.asarray(function.of(*[term.of(inputs) for term in terms]), np.float64),
        *reach(terms), unit, all(term.constant for term in terms),
    )  # fmt: skip


def folded(function: Function, terms: Sequence[Term]) -> Term:
    """f(f(a, b), c) and so on, for two terms or more."""
    return Term(lambda inputs: reduce(function.of, [term.of(inputs) for term in terms]), *reach(terms))


def chained(operators: Sequence[type], terms: Sequence[Term]) -> Term:
    """Whether each pair of neighbours compares; each term is worked out once, however deep it nests."""
    comparisons = [COMPARISONS[operator] for operator in operators]

    def of(inputs: Inputs) -> Float64s:
        values = [term.of(inputs) for term in terms]
        pairs = zip(comparisons, values[:-1], values[1:], strict=True)
        return reduce(both, [comparison.of(first, second) for comparison, first, second in pairs])

    return Term(of, *reach(terms))


def signal(inputs: Inputs, term: Term) -> Float64s:
    """The values of a term, one for each sample."""
    return np.array(np.broadcast_to(term.of(inputs), inputs.x.shape), np.float64)


def slope(term: Term, _place: int) -> Term:
    """The derivative: a sample is final when the one after it is there."""
    return Term(
        lambda inputs: derivative(inputs.x, signal(inputs, term), inputs.breaks),
        term.left + 1, term.right + 1, ratio(term.unit, lambda _units, x_unit: x_unit),
    )  # fmt: skip


def area(term: Term, place: int) -> Term:
    """The integral, which goes on from the last sample of the window before."""

    def of(inputs: Inputs) -> Float64s:
        start = term.left if inputs.resumed else 0
        y = signal(inputs, term)[start:]
        breaks = inner(np.asarray(inputs.breaks, np.intp) - start, len(y))
        found = np.full(len(inputs.x), np.nan)
        found[start:] = integral(inputs.x[start:], y, breaks)
        before = inputs.states.get(place)
        if inputs.resumed and isinstance(before, float):
            ends = np.append(breaks, np.flatnonzero(~np.isfinite(y)))
            found[start : start + int(ends.min(initial=len(y)))] += before
        if inputs.next + term.left < len(found):
            inputs.states[place] = float(found[inputs.next + term.left])
        return found

    return Term(of, term.left + 1, term.right, product(term.unit, lambda _units, x_unit: x_unit))


def passed(kind: Filter, term: Term, place: int) -> Term:
    """A filter forwards, which goes on where the window before left it."""

    def of(inputs: Inputs) -> Float64s:
        before = inputs.states.get(place) if inputs.resumed else None
        start = term.left if inputs.resumed else 0
        stop = min(inputs.next + term.left, len(inputs.x))
        y, found = signal(inputs, term), np.full(len(inputs.x), np.nan)
        breaks = np.asarray(inputs.breaks, np.intp)
        forward = before if isinstance(before, Forward) else Forward(kind, inputs.step)
        for begin, end in ((start, stop), (stop, len(y))):
            if begin == stop:
                inputs.states[place] = forward
                forward = forward.copy()
            part = breaks[(breaks >= begin) & (breaks < end)] - begin
            found[begin:end] = forward.feed(inputs.x[begin:end], y[begin:end], part)
        return found

    return Term(of, term.left, term.right, term.unit)


OF_SIGNALS: dict[str, Callable[[Term, int], Term]] = {"d": slope, "integral": area}
FILTERS: dict[str, tuple[str, ...]] = {
    "lowpass": ("high",),
    "highpass": ("low",),
    "bandpass": ("low", "high"),
}  # and the cut-offs that they take, 1/x


def filtered(name: str, term: Term, place: int, cutoffs: Sequence[float]) -> Term:
    """A filter of the second order.

    FilterError  its cut-offs are out of range
    """
    given = dict(zip(FILTERS[name], cutoffs, strict=True))
    low, high = given.get("low", 1.0), given.get("high", 1.0)
    return passed(Filter(cast(Kind, name), low, high, zero_phase=False), term, place)
