"""Expressions over channels, as people type them: `ch1 - 2 * ch("coil 2")`.

Nothing of what is typed is ever run: Python's parser makes the tree, a whitelist of its nodes becomes
functions of arrays, and everything else is refused.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from app.dsp.functions import (
    COMPARISONS,
    CONSTANTS,
    FUNCTIONS,
    JUNCTIONS,
    OF_SIGNALS,
    OPERATORS,
    SIGNS,
    Function,
    both,
)
from app.dsp.pieces import Breaks, Float64s, Floats

LONGEST = 500  # characters
DEEPEST = 30  # nodes within nodes
LARGEST = 200  # nodes
ONE_LINE = str.maketrans("\n\r\t\f\v", "     ")

EMPTY = "write an expression such as ch1 - 2 * ch2"
UNREADABLE = 'this does not read as an expression; a name with spaces or signs is written ch("its name")'
CALLABLE = [*FUNCTIONS, *OF_SIGNALS]
KNOWN = "the functions are " + ", ".join(CALLABLE)
REFUSED = (
    "this is not possible here: numbers, channels, + - * / // % **, comparisons, and, or, not, functions"
)
HINTS: dict[type[ast.AST], str] = {
    ast.BitXor: "a power is written **, not ^",
    ast.BitAnd: "write and, not &",
    ast.BitOr: "write or, not |",
    ast.Invert: "write not, not ~",
    ast.IfExp: "write where(condition, then, otherwise)",
    ast.Attribute: 'a name has no dot here: write sqrt(ch1), and a channel such as a.b as ch("a.b")',
}


def hint(node: ast.AST) -> str:
    """What would be right instead of a node that is refused."""
    return HINTS.get(type(node), REFUSED)


class ExpressionError(ValueError):
    """An expression that is not understood, or that lacks a channel.

    position  character of the typed text at which it fails, from 0
    """

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} (at character {position + 1})")
        self.position = position


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What an expression is worked out from: x (n,), each channel's values (n,), breaks."""

    x: Float64s
    values: Mapping[str, Floats]
    breaks: Breaks


Term = Callable[[Inputs], Float64s]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was understood; equal when its text is.

    names  the channels that it uses, in the order of their first use
    """

    text: str
    names: tuple[str, ...] = field(compare=False)
    _term: Term = field(compare=False, repr=False)

    def of(self, x: Float64s, values: Mapping[str, Floats], breaks: Breaks = ()) -> Float64s:
        """Its value at each sample; NaN where a channel is missing or the result is not finite.

        x        (n,) increasing: `t`, and what d, integral and mean go by
        values   (n,) for each of `names`, all on this x; NaN is missing
        breaks   (k,) numbers of samples that begin after a gap
        returns  (n,)

        ExpressionError  a channel is not among the values
        ValueError       a channel has not n values
        """
        with np.errstate(all="ignore"):
            value = self._term(Inputs(np.asarray(x, np.float64), values, breaks))
        found = np.array(np.broadcast_to(value, len(x)), np.float64)
        found[~np.isfinite(found)] = np.nan
        return found


def parse(text: str) -> Expression:
    """The expression that a text says.

    text  at most 500 characters, 200 nodes, 30 within each other; channels by name or as ch("any name")

    ExpressionError  where it fails, and what would be right
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"{len(text)} characters are too many: {LONGEST} at most", LONGEST)
    typed = text.translate(ONE_LINE)
    if not typed.strip():
        raise ExpressionError(EMPTY, 0)
    indent = len(typed) - len(typed.lstrip(" "))
    found = tree(typed[indent:], indent)
    reader = Reader(typed[indent:], indent)
    term = reader.term(found, 1)
    return Expression(text, tuple(dict.fromkeys(reader.names)), term)


def tree(typed: str, indent: int) -> ast.expr:
    """Python's tree of a line; nothing in it has been looked at yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is typed: they would go to the log
            found = ast.parse(typed, mode="eval").body
    except SyntaxError as error:
        at = len(typed) + 1 if error.offset == 0 else error.offset or 1  # 0 is Python's for the end
        raise ExpressionError(UNREADABLE, indent + min(at - 1, len(typed))) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(UNREADABLE, indent) from None
    nodes = sum(isinstance(node, ast.expr) for node in ast.walk(found))
    if nodes > LARGEST:
        raise ExpressionError(f"{nodes} parts are too many: {LARGEST} at most", indent)
    return found


class Reader:
    """Makes terms of a tree's nodes; `names` are the channels met so far.

    text    what the tree was made of
    indent  how far into the typed text that begins
    """

    def __init__(self, text: str, indent: int) -> None:
        self.names: list[str] = []
        self._bytes = text.encode()
        self._indent = indent

    def term(self, node: ast.expr, depth: int) -> Term:
        """What a node is worth; the only way from a node to something that is called."""
        if depth > DEEPEST:
            raise self._error(f"nested too deeply: {DEEPEST} levels at most", node)
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.Call():
                return self._call(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
        return self._operation(node, depth)

    def _operation(self, node: ast.expr, depth: int) -> Term:
        match node:
            case ast.BinOp() if type(node.op) in OPERATORS:
                return self._applied(OPERATORS[type(node.op)], [node.left, node.right], depth)
            case ast.UnaryOp() if type(node.op) in SIGNS:
                return self._applied(SIGNS[type(node.op)], [node.operand], depth)
            case ast.BoolOp():
                return folded(
                    JUNCTIONS[type(node.op)], [self.term(value, depth + 1) for value in node.values]
                )
        raise self._error(hint(getattr(node, "op", node)), node)

    def _number(self, node: ast.Constant) -> Term:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._error(
                'only numbers can be written here; a channel is written ch1 or ch("its name")', node
            )
        try:
            value = float(node.value)
        except OverflowError:
            value = float("inf")
        if not np.isfinite(value):
            raise self._error("this number is too large: 1.8e308 at most", node)
        return lambda _: np.asarray(value)

    def _name(self, node: ast.Name) -> Term:
        name = self._source(node)
        if name in CONSTANTS:
            return lambda _: np.asarray(CONSTANTS[name])
        if name == "t":
            return lambda inputs: inputs.x
        if name in CALLABLE or name == "ch":
            raise self._error(f'{name} is a function: write {name}(...), or ch("{name}") for a channel', node)
        return self._channel(name, node)

    def _channel(self, name: str, node: ast.expr) -> Term:
        self.names.append(name)

        def of(inputs: Inputs) -> Float64s:
            if name not in inputs.values:
                raise self._error(f"there is no channel {name!r}", node)
            values = np.asarray(inputs.values[name], np.float64)
            if values.shape != inputs.x.shape:
                raise ValueError(f"{values.shape} values of {name!r} do not go with {inputs.x.shape} of x")
            return values

        return of

    def _call(self, node: ast.Call, depth: int) -> Term:
        if not isinstance(node.func, ast.Name):
            raise self._error(hint(node.func), node.func)
        name = self._source(node.func)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._error("a function takes values only: no names with =, no *", node)
        if name == "ch":
            return self._quoted(node)
        if name not in CALLABLE:
            raise self._error(KNOWN, node.func)
        function = FUNCTIONS.get(name, SIGNAL)
        if len(node.args) != function.arguments:
            raise self._error(f"{name} takes {function.arguments} arguments, not {len(node.args)}", node)
        if name in OF_SIGNALS:
            return of_signal(OF_SIGNALS[name], self.term(node.args[0], depth + 1))
        return self._applied(function, node.args, depth)

    def _quoted(self, node: ast.Call) -> Term:
        match node.args:
            case [ast.Constant(value=str(name))]:
                return self._channel(name, node)
        raise self._error('a channel is written ch("its name"), with quotes', node)

    def _comparison(self, node: ast.Compare, depth: int) -> Term:
        """a < b < c is a < b and b < c."""
        for operator in node.ops:
            if type(operator) not in COMPARISONS:
                raise self._error("compare with < <= > >= == !=", node)
        terms = [self.term(value, depth + 1) for value in [node.left, *node.comparators]]
        return chained([COMPARISONS[type(operator)] for operator in node.ops], terms)

    def _applied(self, function: Function, arguments: list[ast.expr], depth: int) -> Term:
        return applied(function, [self.term(argument, depth + 1) for argument in arguments])

    def _source(self, node: ast.expr) -> str:
        """A name as it was typed: Python's parser would make another µ of it."""
        return self._bytes[node.col_offset : node.end_col_offset].decode()

    def _error(self, reason: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(reason, self._indent + len(self._bytes[: node.col_offset].decode()))


SIGNAL = Function(1, np.positive)


def applied(function: Function, terms: list[Term]) -> Term:
    return lambda inputs: np.asarray(function.of(*[term(inputs) for term in terms]), np.float64)


def folded(function: Function, terms: list[Term]) -> Term:
    """f(f(a, b), c) and so on, for two terms or more."""
    return lambda inputs: reduce(function.of, [term(inputs) for term in terms])


def chained(comparisons: list[Function], terms: list[Term]) -> Term:
    """Whether each pair of neighbours compares; each term is worked out once, however deep it nests."""

    def of(inputs: Inputs) -> Float64s:
        values = [term(inputs) for term in terms]
        pairs = zip(comparisons, values[:-1], values[1:], strict=True)
        return reduce(both, [comparison.of(first, second) for comparison, first, second in pairs])

    return of


def of_signal(function: Callable[[Float64s, Float64s, Breaks], Float64s | float], term: Term) -> Term:
    def of(inputs: Inputs) -> Float64s:
        values = np.broadcast_to(term(inputs), inputs.x.shape)
        return np.asarray(function(inputs.x, values, inputs.breaks), np.float64)

    return of
