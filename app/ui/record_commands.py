"""What the browser may ask of recordings: begin, end, take away, play again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from app.store.disk import said
from app.store.recordings import NotNow, Recordings
from app.ui.asked import Refused, Words
from app.ui.heeding import UNKEPT

if TYPE_CHECKING:
    from app.ui.bench import Bench
    from app.ui.tab import Tab

GONE = "That recording is gone."


def told(bench: Bench) -> dict[str, object]:
    """What a panel shows of recordings; those under way, which change all the time, apart from the others."""
    recordings = bench.drawer.recordings
    ended = [each for each in recordings.told if each["ended"] is not None]
    return {
        "recordings": {"all": ended, "formats": recordings.formats, "played": bench.drawer.replays.told},
        "recording": [
            {**each, "lasted": int(bench.clock() - cast(float, each["began"]))}
            for each in recordings.told
            if each["ended"] is None
        ],
    }


def record(tab: Tab, words: Words) -> None:
    """Record all channels from now on."""
    format, recordings = words.get("format"), tab.bench.drawer.recordings
    if not isinstance(format, str):
        raise Refused("A format is a text.")
    try:
        entry = recordings.start(format, (), tab.bench.clock())
    except NotNow as why:
        raise Refused(f"{sentence(str(why))}.") from None
    except OSError as error:
        raise Refused(UNKEPT.format(said(error))) from None
    soon(tab, recordings.begun(entry.id))


def stop(tab: Tab, words: Words) -> None:
    recordings, id = named(tab, words)
    soon(tab, recordings.stop(id))


def erase(tab: Tab, words: Words) -> None:
    """Take a recording away, for everybody."""
    recordings, id = named(tab, words)
    tab.bench.drawer.replays.stop(id)
    soon(tab, recordings.delete(id))


def convert(tab: Tab, words: Words) -> None:
    """Make a Parquet file of a recording."""
    recordings, id = named(tab, words)
    soon(tab, recordings.convert(id))


def replay(tab: Tab, words: Words) -> None:
    """Play a recording, or no more."""
    _, id = named(tab, words)
    speed, replays = words.get("speed", 1), tab.bench.drawer.replays
    if words.get("on") is not True:
        replays.stop(id)
        return
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise Refused("A speed is a number.")
    try:
        replays.start(id, speed, loop=words.get("loop") is True)
    except NotNow as why:
        raise Refused(f"{sentence(str(why))}.") from None
    except ValueError as error:
        raise Refused(f"This cannot be played: {error}.") from None


def named(tab: Tab, words: Words) -> tuple[Recordings, int]:
    """The recording that is meant; Refused: there is none."""
    number, recordings = words.get("recording"), tab.bench.drawer.recordings
    if not isinstance(number, int) or recordings.get(number) is None:
        raise Refused(GONE)
    return recordings, number


def soon(tab: Tab, work: Coroutine[Any, Any, object]) -> None:
    """Have it done; the tab hears of it if it cannot be."""
    asyncio.ensure_future(work).add_done_callback(partial(heard, tab.hear))


def heard(tell: Callable[[str], None], doing: asyncio.Future[object]) -> None:
    error = None if doing.cancelled() else doing.exception()
    if isinstance(error, FileNotFoundError):
        tell(GONE)
    elif isinstance(error, OSError):
        tell(UNKEPT.format(said(error)))
    elif isinstance(error, KeyError):
        tell(GONE)
    elif error is not None:
        tell(f"{sentence(str(error))}.")


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
