"""What the browser may ask of set-ups: keep this one under a name, have one, take one away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.store.disk import said
from app.store.setups import Kit, TooMany
from app.ui.asked import Refused, Words
from app.ui.heeding import UNKEPT, heed
from app.ui.pin_commands import link

if TYPE_CHECKING:
    from app.ui.tab import Tab

GONE = "That set-up is gone."


def keep(tab: Tab, words: Words) -> None:
    """Keep the set-up, in place of one with the same name."""
    name, setups = words.get("name"), tab.bench.setups
    if not isinstance(name, str):
        raise Refused("A name is a text.")
    try:
        kit = setups.add(name, link(tab.scope), tab.bench.clock())
    except TooMany as limit:
        raise Refused(f"No room for this set-up: {limit}.") from None
    except ValueError as error:
        raise Refused(f"This name cannot be kept: {error}.") from None
    except OSError as error:
        raise Refused(UNKEPT.format(said(error))) from None
    heed(tab, setups.kept.saving(kit.id))


def recall(tab: Tab, words: Words) -> None:
    """Have the knobs as they were kept; undo brings back what they are now."""
    tab.restore(named(tab, words).query)


def drop(tab: Tab, words: Words) -> None:
    """Take a set-up away, for everybody."""
    id = named(tab, words).id
    tab.bench.setups.delete(id)
    heed(tab, tab.bench.setups.kept.saving(id))


def named(tab: Tab, words: Words) -> Kit:
    """The set-up that is meant; Refused: there is none."""
    number = words.get("setup")
    found = tab.bench.setups.get(number) if isinstance(number, int) else None
    if found is None:
        raise Refused(GONE)
    return found
