"""What the browser may ask of a tab: checked here, since a browser can send anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.scope.acquisition import LEAST, MOST
from app.scope.display import DISPLAY_MODES
from app.ui import (
    glass_commands,
    history_commands,
    maths_commands,
    pin_commands,
    record_commands,
    setup_commands,
    trigger_commands,
    vertical_commands,
)
from app.ui.asked import Refused, Words, clicks, number, scale

if TYPE_CHECKING:
    from app.ui.tab import Tab

LONGEST_ITEM = 600
RECENT = 2.0  # s since the last sample: somebody sends


def run(tab: Tab, words: Words) -> None:
    """Run or Stop; Stop keeps the frame that was on the glass, if it is known."""
    feed, frame, asked = tab.bench.feed, words.get("frame"), words.get("asked")
    if tab.scope.running:
        glass = feed.on_glass(frame) if isinstance(frame, int) else None
        tab.taken = feed.measured(tab.scope.view())
        tab.scope.stop(tab.bench.memory, glass, feed.searches)
    else:
        history_commands.go_on(tab)
    if isinstance(asked, int):
        tab.answered = asked


def autoset(tab: Tab, _words: Words) -> None:
    """Let go of all knobs; they go to where the signal wants them, also on a stopped screen."""
    tab.scope.autoset()
    tab.scope.follow(tab.bench.memory, tab.bench.feed.setup())


def clear(tab: Tab, _words: Words) -> None:
    tab.scope.clear(tab.bench.memory)


def timebase(tab: Tab, words: Words) -> None:
    lead = tab.lead()
    unit = lead.x_unit if lead is not None else ""
    tab.scope.sweep_speed(scale(tab.scope.timebase.units_per_div, words, unit))


def demo(tab: Tab, words: Words) -> None:
    """Start or stop the demo signal, for everybody."""
    own, since = tab.bench.demo, tab.bench.clock() - RECENT
    if words.get("on") is not True:
        own.stop()
    elif not own.running and any(record.updated > since for record in tab.bench.memory.records.values()):
        raise Refused("Somebody is sending: the demo signal is for a scope that nobody sends to.")
    elif not own.start():
        raise Refused("A channel named demo is there already: delete it first.")


def show(_tab: Tab, _words: Words) -> None:
    """Send everything again, as after each command."""


def undo(tab: Tab, _words: Words) -> None:
    """Take back the last change of the set-up."""
    if not tab.past:
        raise Refused("There is nothing to undo.")
    tab.past[-1].take_back(tab.bench.memory)
    tab.restore(tab.past.pop().link)


def measure(tab: Tab, words: Words) -> None:
    tab.scope.measure(text(words, "item"), on=words.get("on") is True)


def statistics(tab: Tab, _words: Words) -> None:
    """Begin statistics and averages afresh, for this tab alone."""
    tab.scope.epoch = next(tab.bench.epochs)


def gate(tab: Tab, words: Words) -> None:
    """Measure a part of the screen, from and to as shares of it, or all of it."""
    between = [words.get("from"), words.get("to")]
    if between == [None, None]:
        tab.scope.measure_between(None, None)
    else:
        tab.scope.measure_between(*(share(value) for value in between))


def acquire(tab: Tab, words: Words) -> None:
    """Acquire in another mode, or other so many sweeps: typed, or clicked on to the next power of two."""
    if "mode" in words:
        tab.scope.acquire(text(words, "mode"))
    elif "text" in words:
        tab.scope.acquire(count=sweeps(number(words)))
    else:
        power = tab.scope.acquisition.count.bit_length() - 1 + clicks(words)
        tab.scope.acquire(count=min(max(2 ** max(power, 1), LEAST), MOST))


def sweeps(wanted: float) -> int:
    """The power of two next to a number; Refused: there is none."""
    if not LEAST <= wanted <= MOST:
        raise Refused(f"From {LEAST} to {MOST} sweeps can be taken, in powers of two.")
    return int(2 ** round(math.log2(wanted)))


def display(tab: Tab, words: Words) -> None:
    mode = text(words, "mode")
    if mode not in DISPLAY_MODES:
        raise Refused("There is no such display.")
    tab.scope.display(mode)


def xy(tab: Tab, words: Words) -> None:
    """Choose a channel for an axis of the XY screen; none is the first or the second that is drawn."""
    name = vertical_commands.channel(tab, words) if words.get("channel") else ""
    tab.scope.show_xy(**{text(words, "axis"): name})


def spectrum(tab: Tab, words: Words) -> None:
    tab.scope.show_spectrum(**{text(words, "field"): text(words, "value")})


def spectrogram(tab: Tab, words: Words) -> None:
    tab.scope.show_spectrogram(**{text(words, "field"): text(words, "value")})


def look(tab: Tab, words: Words) -> None:
    """Theme, palette, cursors."""
    tab.scope.look.turn(text(words, "field"), text(words, "value"))


def text(words: Words, name: str) -> str:
    """A short text; Refused: it is none."""
    found = words.get(name)
    if not isinstance(found, str) or len(found) > LONGEST_ITEM:
        raise Refused("That is not a command.")
    return found


def share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("A gate is between two places of the screen.")
    return float(value)


COMMANDS: dict[str, Callable[[Tab, Words], None]] = {
    "run": run,
    "autoset": autoset,
    "clear": clear,
    "timebase": timebase,
    "units": vertical_commands.units,
    "position": vertical_commands.position,
    "switch": vertical_commands.switch,
    "invert": vertical_commands.invert,
    "couple": vertical_commands.couple,
    "probe": vertical_commands.probe,
    "unit": vertical_commands.unit,
    "label": vertical_commands.label,
    "color": vertical_commands.color,
    "look": look,
    "delete": vertical_commands.delete,
    "demo": demo,
    "show": show,
    "trigger": trigger_commands.trigger,
    "level50": trigger_commands.level50,
    "delay": trigger_commands.delay,
    "reference": trigger_commands.reference,
    "history": history_commands.history,
    "hit": history_commands.hit,
    "place": history_commands.place,
    "live": history_commands.live,
    "pin": pin_commands.pin,
    "note": pin_commands.note,
    "unpin": pin_commands.unpin,
    "show_pin": pin_commands.show_pin,
    "refer": pin_commands.refer,
    "record": record_commands.record,
    "stop_record": record_commands.stop,
    "erase": record_commands.erase,
    "parquet": record_commands.convert,
    "replay": record_commands.replay,
    "keep_setup": setup_commands.keep,
    "setup": setup_commands.recall,
    "drop_setup": setup_commands.drop,
    "single": trigger_commands.single,
    "force": trigger_commands.force,
    "defaults": trigger_commands.defaults,
    "undo": undo,
    "measure": measure,
    "statistics": statistics,
    "maths": maths_commands.maths,
    "derive": maths_commands.derive,
    "underive": maths_commands.underive,
    "check": maths_commands.check,
    "gate": gate,
    "acquire": acquire,
    "display": display,
    "xy": xy,
    "spectrum": spectrum,
    "spectrogram": spectrogram,
    "persistence": glass_commands.persistence,
    "zoom": glass_commands.zoom,
    "main": glass_commands.main,
    "window": glass_commands.window,
}


def obey(tab: Tab, words: object) -> None:
    """Carry out one command; Refused says why not, ValueError likewise."""
    if not isinstance(words, dict):
        raise Refused("That is not a command.")
    command = COMMANDS.get(str(words.get("do")))
    if command is None:
        raise Refused("There is no such command.")
    command(tab, words)
