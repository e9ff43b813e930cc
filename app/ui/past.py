"""What can be taken back: a tab's set-up, and what was said of a channel that all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.scope.derived import Sources
from app.scope.link import query

if TYPE_CHECKING:
    from app.ui.tab import Tab

Facts = Mapping[str, str | float]
NONE: Facts = {}


@dataclass(frozen=True, slots=True)
class Change:
    """What a command has changed.

    link    the set-up before
    serial  of the channel that something was said of
    facts   that have changed: the old value, and the new one
    """

    link: str
    channel: str = ""
    serial: int = 0
    facts: Mapping[str, tuple[str | float, str | float]] = field(default_factory=dict)

    def take_back(self, memory: Sources) -> None:
        """Say of the channel what was said before, unless somebody has said something else since."""
        record = memory.records.get(self.channel)
        if record is None or record.serial != self.serial:
            return
        now = facts(memory, self.channel)
        memory.say(self.channel, **{name: old for name, (old, new) in self.facts.items() if now[name] == new})


@dataclass(frozen=True, slots=True)
class Before:
    """A tab before a command: its set-up, and the facts of the channel that the command names."""

    link: str
    channel: str
    facts: Facts

    @classmethod
    def of(cls, tab: Tab, words: object) -> Before:
        named = words.get("channel") if isinstance(words, dict) else None
        name = named if isinstance(named, str) else ""
        return cls(query(tab.scope), name, facts(tab.bench.memory, name))

    def change(self, tab: Tab) -> Change | None:
        """What is different by now; None: nothing that can be taken back."""
        memory = tab.bench.memory
        now = facts(memory, self.channel)
        told = {name: (old, now[name]) for name, old in self.facts.items() if now and now[name] != old}
        if not told:
            return Change(self.link) if query(tab.scope) != self.link else None
        return Change(self.link, self.channel, memory.records[self.channel].serial, told)


def facts(memory: Sources, name: str) -> Facts:
    """What people have said of a channel; nothing, if it is not there."""
    record = memory.records.get(name)
    return NONE if record is None else {"label": record.label, "named": record.named, "probe": record.probe}
