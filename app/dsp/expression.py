"""Expressions over channels, as people type them: `ch1 - 2 * ch("coil 2")`.

Nothing of what is typed is ever run: Python's parser makes the tree, a whitelist of its nodes becomes
functions of arrays, and everything else is refused.
"""

from __future__ import annotations

import ast
import difflib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.dsp.filters import FilterError, typical
from app.dsp.functions import COMPARISONS, CONSTANTS, FUNCTIONS, JUNCTIONS, OPERATORS, SIGNS, Function
from app.dsp.pieces import Breaks, Float64s, Floats, joined
from app.dsp.terms import (
    FILTERS,
    NOWHERE,
    OF_SIGNALS,
    Inputs,
    Term,
    applied,
    chained,
    filtered,
    folded,
    number,
    of_x,
    signal,
)

LONGEST = 500  # characters
DEEPEST = 30  # nodes within nodes
LARGEST = 200  # nodes
ONE_LINE = str.maketrans("\n\r\t\f\v", "     ")

EMPTY = "write an expression such as ch1 - 2 * ch2"
UNREADABLE = 'this does not read as an expression; a name with spaces or signs is written ch("its name")'
CALLABLE = [*FUNCTIONS, *OF_SIGNALS, *FILTERS]
KNOWN = "the functions are " + ", ".join(CALLABLE)
REFUSED = (
    "this is not possible here: numbers, channels, + - * / // % **, comparisons, and, or, not, functions"
)
NO_MEAN = "a signal goes on, its mean does not: measure it, or write lowpass(ch1, 1) with a cut-off in 1/x"
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


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was understood; equal when its text is.

    names    the channels that it uses, in the order of their first use
    filters  whether it has filters, which need to know the usual step of x
    """

    text: str
    names: tuple[str, ...] = field(compare=False)
    filters: bool = field(compare=False)
    _term: Term = field(compare=False, repr=False)

    def of(self, x: Float64s, values: Mapping[str, Floats], breaks: Breaks = ()) -> Float64s:
        """Its value at each sample; NaN where a channel is missing or the result is not finite.

        x        (n,) increasing: `t`, and what d, integral and filters go by
        values   (n,) for each of `names`, all on this x; NaN is missing
        breaks   (k,) numbers of samples that begin after a gap
        returns  (n,)

        ExpressionError  a channel is not among the values
        FilterError      a filter does not go with the sample rate
        ValueError       a channel has not n values
        """
        x = np.asarray(x, np.float64)
        steps = np.diff(x)[joined(x, breaks)]
        step = typical(steps) if len(steps) and steps.max() > 0 else 0.0
        return self.window(Inputs(x, values, breaks, step=step))

    def window(self, inputs: Inputs) -> Float64s:
        """The same for a window of the signals; what it keeps for the next one, it keeps in the inputs."""
        with np.errstate(all="ignore"):
            found = signal(inputs, self._term)
        found[~np.isfinite(found)] = np.nan
        return found

    @property
    def reach(self) -> tuple[int, int]:
        """How many samples before and after a sample decide on its value."""
        return self._term.left, self._term.right

    def unit(self, units: Mapping[str, str], x_unit: str) -> str:
        """Of the result, from those of the channels and of x; empty where it has none."""
        return self._term.unit(units, x_unit) or ""


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
    return Expression(text, tuple(dict.fromkeys(reader.names)), reader.filters > 0, term)


def unknown(name: str) -> str:
    """What is said of a function that there is not."""
    near = difflib.get_close_matches(name, CALLABLE, 1)
    return f"there is no function {name}; did you mean {near[0]}?" if near else KNOWN


def spelt(name: str) -> str:
    """A channel's name as an expression has it: in quotes, unless it would be understood without."""
    try:
        plain = parse(name).names == (name,)
    except ExpressionError:
        plain = False
    return name if plain else f"ch({json.dumps(name, ensure_ascii=False)})"


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
        self.filters = 0
        self._places = 0  # of terms that keep a state
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
        return number(value)

    def _name(self, node: ast.Name) -> Term:
        name = self._source(node)
        if name in CONSTANTS:
            return number(CONSTANTS[name])
        if name == "t":
            return of_x()
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

        return Term(of, unit=lambda units, _x_unit: units.get(name, ""))

    def _call(self, node: ast.Call, depth: int) -> Term:
        if not isinstance(node.func, ast.Name):
            raise self._error(hint(node.func), node.func)
        name = self._source(node.func)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._error("a function takes values only: no names with =, no *", node)
        if name == "ch":
            return self._quoted(node)
        if name not in CALLABLE:
            raise self._error(NO_MEAN if name == "mean" else unknown(name), node.func)
        most = FUNCTIONS[name].arguments if name in FUNCTIONS else 1 + len(FILTERS.get(name, ()))
        if len(node.args) != most:
            raise self._error(f"{name} takes {most} arguments, not {len(node.args)}", node)
        if name in FUNCTIONS:
            return self._applied(FUNCTIONS[name], node.args, depth)
        return self._of_signal(name, node, depth)

    def _of_signal(self, name: str, node: ast.Call, depth: int) -> Term:
        """A function that looks at more than one sample."""
        of, *numbers = [self.term(argument, depth + 1) for argument in node.args]
        self._places += 1
        if name in OF_SIGNALS:
            return OF_SIGNALS[name](of, self._places)
        for argument, term in zip(node.args[1:], numbers, strict=True):
            if not term.constant:
                raise self._error(f"the cut-off of {name} is a number, in 1/x", argument)
        self.filters += 1
        try:
            with np.errstate(all="ignore"):
                cutoffs = [float(term.of(NOWHERE)) for term in numbers]
            return filtered(name, of, self._places, cutoffs)
        except FilterError as error:
            raise self._error(str(error), node) from None

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
        return chained([type(operator) for operator in node.ops], terms)

    def _applied(self, function: Function, arguments: list[ast.expr], depth: int) -> Term:
        terms = [self.term(argument, depth + 1) for argument in arguments]
        return applied(function, terms, function.unit([term.unit for term in terms]))

    def _source(self, node: ast.expr) -> str:
        """A name as it was typed: Python's parser would make another µ of it."""
        return self._bytes[node.col_offset : node.end_col_offset].decode()

    def _error(self, reason: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(reason, self._indent + len(self._bytes[: node.col_offset].decode()))
