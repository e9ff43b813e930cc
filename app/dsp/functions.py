"""What an expression can call for each sample, with the unit of what comes out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.dsp.pieces import Float64s
from app.dsp.quantities import Unit, common, fixed, product, ratio


def unitless(_arguments: Sequence[Unit]) -> Unit:
    return fixed("")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of 1..3 arrays of one length, or numbers.

    unit  of the result, from those of the arguments
    """

    arguments: int
    of: Callable[..., Float64s]
    unit: Callable[[Sequence[Unit]], Unit] = unitless


def quotient(dividend: Float64s, divisor: Float64s) -> Float64s:
    """dividend / divisor, NaN where the divisor is 0."""
    return np.where(divisor == 0, np.nan, np.divide(dividend, divisor))


def remainder(dividend: Float64s, divisor: Float64s) -> Float64s:
    """What is left of the dividend, with the sign of the divisor; NaN where the divisor is 0."""
    return np.where(divisor == 0, np.nan, np.mod(dividend, divisor))


def flag(truth: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], *of: Float64s) -> Float64s:
    """1 where true, 0 where not, NaN where one of the values it was told of is missing."""
    missing = np.any([np.broadcast_to(np.isnan(value), truth.shape) for value in of], axis=0)
    return np.where(missing, np.nan, truth)


def both(first: Float64s, second: Float64s) -> Float64s:
    return flag(np.logical_and(first, second), first, second)


def either(first: Float64s, second: Float64s) -> Float64s:
    return flag(np.logical_or(first, second), first, second)


def negation(value: Float64s) -> Float64s:
    return flag(np.logical_not(value), value)


def where(condition: Float64s, then: Float64s, otherwise: Float64s) -> Float64s:
    """`then` where the condition is not 0, `otherwise` where it is, NaN where it is missing."""
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, then, otherwise))


def compared(compare: Callable[..., np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]) -> Function:
    return Function(2, lambda first, second: flag(compare(first, second), first, second))


FUNCTIONS: dict[str, Function] = {
    "sin": Function(1, np.sin),
    "cos": Function(1, np.cos),
    "tan": Function(1, np.tan),
    "arcsin": Function(1, np.arcsin),
    "arccos": Function(1, np.arccos),
    "arctan": Function(1, np.arctan),
    "arctan2": Function(2, np.arctan2),
    "sinh": Function(1, np.sinh),
    "cosh": Function(1, np.cosh),
    "tanh": Function(1, np.tanh),
    "exp": Function(1, np.exp),
    "log": Function(1, np.log),
    "log10": Function(1, np.log10),
    "log2": Function(1, np.log2),
    "sqrt": Function(1, np.sqrt),
    "abs": Function(1, np.abs, common),
    "sign": Function(1, np.sign),
    "floor": Function(1, np.floor, common),
    "ceil": Function(1, np.ceil, common),
    "round": Function(1, np.rint, common),
    "minimum": Function(2, np.minimum, common),
    "maximum": Function(2, np.maximum, common),
    "clip": Function(3, np.clip, common),
    "where": Function(3, where, lambda arguments: common(arguments[1:])),
    "hypot": Function(2, np.hypot, common),
}

CONSTANTS: dict[str, float] = {"pi": float(np.pi), "e": float(np.e)}

OPERATORS: dict[type[ast.operator], Function] = {
    ast.Add: Function(2, np.add, common),
    ast.Sub: Function(2, np.subtract, common),
    ast.Mult: Function(2, np.multiply, lambda arguments: product(*arguments)),
    ast.Div: Function(2, quotient, lambda arguments: ratio(*arguments)),
    ast.FloorDiv: Function(
        2,
        lambda dividend, divisor: np.floor(quotient(dividend, divisor)),
        lambda arguments: ratio(*arguments),
    ),
    ast.Mod: Function(2, remainder, common),
    ast.Pow: Function(2, np.power),
}

SIGNS: dict[type[ast.unaryop], Function] = {
    ast.UAdd: Function(1, np.positive, common),
    ast.USub: Function(1, np.negative, common),
    ast.Not: Function(1, negation),
}

JUNCTIONS: dict[type[ast.boolop], Function] = {ast.And: Function(2, both), ast.Or: Function(2, either)}

COMPARISONS: dict[type[ast.cmpop], Function] = {
    ast.Lt: compared(np.less),
    ast.LtE: compared(np.less_equal),
    ast.Gt: compared(np.greater),
    ast.GtE: compared(np.greater_equal),
    ast.Eq: compared(np.equal),
    ast.NotEq: compared(np.not_equal),
}
