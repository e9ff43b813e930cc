"""Units of what is worked out from quantities; None is a number, which goes with any unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Unit = Callable[[Mapping[str, str], str], str | None]


def fixed(unit: str | None) -> Unit:
    return lambda _units, _x_unit: unit


def common(terms: Sequence[Unit]) -> Unit:
    """The one that all share who have one; none where they differ."""

    def of(units: Mapping[str, str], x_unit: str) -> str | None:
        found = {unit for term in terms if (unit := term(units, x_unit)) is not None}
        return None if not found else found.pop() if len(found) == 1 else ""

    return of


def product(first: Unit, second: Unit) -> Unit:
    return lambda units, x_unit: times(first(units, x_unit), second(units, x_unit))


def ratio(first: Unit, second: Unit) -> Unit:
    return lambda units, x_unit: over(first(units, x_unit), second(units, x_unit))


def times(first: str | None, second: str | None) -> str | None:
    """The unit of a product."""
    if first is None or second is None:
        return second if first is None else first
    if first and first == second:
        return f"{grouped(first)}²"
    return "·".join(grouped(unit) for unit in (first, second) if unit)


def over(dividend: str | None, divisor: str | None) -> str | None:
    """The unit of a quotient."""
    if not divisor:
        return dividend
    if dividend == divisor:
        return ""
    return f"{grouped(dividend or '') or 1}/{grouped(divisor)}"


def grouped(unit: str) -> str:
    """A unit that can be multiplied: a compound one in brackets."""
    return f"({unit})" if set(unit) & set("·/²") else unit
