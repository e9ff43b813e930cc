"""What the browser may ask of derived channels: maths traces and trends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dsp.expression import ExpressionError, parse, spelt
from app.dsp.maths import MATHS
from app.scope.derived import MAKERS, TOO_MANY, remove
from app.scope.measuring import inverse
from app.ui.asked import Refused, Words, number
from app.ui.vertical_commands import channel

if TYPE_CHECKING:
    from app.ui.tab import Tab

LONGEST = 600
MOST_SHOWN = 8


def maths(tab: Tab, words: Words) -> None:
    """Add the trace of an operation on one channel or two."""
    operation = MATHS.get(str(words.get("operation")))
    if operation is None:
        raise Refused("There is no such operation.")
    names = [channel(tab, {"channel": words.get(which)}) for which in ("a", "b")[: operation.operands]]
    if any(name[0] == "~" and tab.bench.memory.derives(name) for name in names):
        raise Refused("A trend cannot be an operand.")
    unit = inverse(tab.bench.memory.records[names[0]].x_unit)
    cutoffs = [number({"text": words.get(which)}, unit) for which in operation.cutoffs]
    operands = [f"({n[1:]})" if tab.bench.memory.derives(n) else spelt(n) for n in names]
    add(tab, "=" + operation.text(operands, cutoffs))


def derive(tab: Tab, words: Words) -> None:
    """Add a derived channel by its name."""
    name = words.get("name")
    if not isinstance(name, str) or len(name) > LONGEST or name[:1] not in MAKERS or not name[1:].strip():
        raise Refused("That is no derived channel.")
    add(tab, name)


def add(tab: Tab, name: str) -> None:
    """Put a derived channel on the screen, if there is room for it and it can be understood."""
    memory, scope = tab.bench.memory, tab.scope
    if name[0] == "=" and memory.derives(name):
        understood(name[1:])
    if memory.full(name):
        raise Refused(TOO_MANY)
    shown = scope.shown(memory)
    if len(shown) >= MOST_SHOWN and name not in {record.name for record in shown.values()}:
        raise Refused("Eight channels are on the screen: switch one off first.")
    scope.switch(name, on=True)
    memory.advance(scope.view(), tab.bench.clock())


def understood(text: str) -> None:
    """
    Refused  it is no expression
    """
    try:
        parse(text)
    except ExpressionError as error:
        raise Refused(str(error)) from None


def check(tab: Tab, words: Words) -> None:
    """Say what is wrong with an expression, and where."""
    text = words.get("text")
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Refused("That is not an expression.")
    tab.checked = {"text": text, "why": None, "at": None}
    try:
        names = parse(text).names if text.strip() else ()
    except ExpressionError as error:
        tab.checked |= {"why": str(error), "at": error.position}
        return
    missing = next((name for name in names if name not in tab.bench.memory.records), None)
    if missing is not None:
        tab.checked |= {"why": f"there is no channel {missing}", "at": max(0, text.find(missing))}


def underive(tab: Tab, words: Words) -> None:
    """Take a derived channel off this screen."""
    name = words.get("channel")
    if not isinstance(name, str) or not tab.bench.memory.derives(name):
        raise Refused("That is no derived channel.")
    remove(tab.scope, name)
