"""Derived channels: records that are made of others, by name, for all who ask for them.

What a name begins with says what it is: `=ch1 - ch2` is a maths trace, `~ch1:frequency` the trend of a
measurement. A channel that is received under such a name goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from app.memory.memory import Memory, Records
from app.memory.record import Record
from app.scope.addition import without
from app.scope.maths import Maths
from app.scope.measuring import Measured
from app.scope.numbers import DERIVED, derived
from app.scope.scope import Scope
from app.scope.trend import Trend
from app.scope.view import View, measured

MOST = 32
MOST_SAMPLES = 1_000_000  # of each
AT_ONCE = 1 << 17  # samples worked out before others have the loop
KEPT, IDLE = 10.0, 1.0  # s without being asked for: at most, and where others of the kind are made meanwhile
OWN_SERIALS = 1 << 40  # of derived records; those of the memory count from 1
TOO_MANY = f"{MOST} derived channels are in use, as many as this server allows"


class Made(Protocol):
    """A derived channel: its record as it is now, and why there is nothing new in it."""

    @property
    def record(self) -> Record: ...

    @property
    def why(self) -> str | None: ...

    def advance(self, memory: Records, most: int) -> int: ...


Maker = Callable[[str, int, int, Callable[[], int]], Made]
MAKERS: dict[str, Maker] = {"=": Maths, "~": Trend}


class Sources:
    """All records there are to read: those of the memory, and the derived ones that somebody asks for.

    A derived record has min(SCOPE_POINTS, MOST_SAMPLES) samples at most, 18 bytes each, which count against
    nothing else; there are MOST of them, each shared by all who ask for it. See Memory for version, accepted,
    created and records.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.makers = dict(MAKERS)  # by what names begin with
        self._made: dict[str, Made] = {}
        self._asked: dict[str, float] = {}
        self._changes = self._serials = 0
        self._merged: tuple[object, Mapping[str, Record]] = (None, {})

    @property
    def version(self) -> int:
        return self._memory.version + self._changes

    @property
    def accepted(self) -> int:
        return self._memory.accepted

    @property
    def points(self) -> int:
        """Most samples alive in a channel."""
        return self._memory.points

    @property
    def created(self) -> int:
        return self._memory.created + self._serials

    @property
    def records(self) -> Mapping[str, Record]:
        """The memory's, then the derived ones."""
        if not self._made:
            return self._memory.records
        if self._merged[0] != self.version:
            derived = {n: made.record for n, made in self._made.items() if n not in self._memory.records}
            self._merged = (self.version, {**self._memory.records, **derived})
        return self._merged[1]

    def say(self, name: str, **facts: str | float) -> bool:
        """Have facts of a channel known to all, as Memory does; False: there is no such channel."""
        record = self.records.get(name)
        if record is None or not derived(record):
            return self._memory.say(name, **facts)
        record.say(**facts)
        self._changes += 1
        return True

    def delete(self, name: str) -> bool:
        """Forget a channel of the memory; False: there is no such channel. Derived ones go by themselves."""
        return self._memory.delete(name)

    async def settled(self) -> None:
        """Wait until what was deleted or said is so for all; see Memory."""
        await self._memory.settled()

    # derived ones

    def derives(self, name: str) -> bool:
        """Whether a name is one of a derived channel."""
        return name[:1] in self.makers and name not in self._memory.records

    def full(self, name: str) -> bool:
        """Whether there is no room for another derived channel of this name."""
        return self.derives(name) and name not in self._made and len(self._made) >= MOST

    def why(self, name: str) -> str | None:
        """Why there is nothing new of a derived channel; None: there is, or it is none."""
        if name in self._made:
            return self._made[name].why
        return TOO_MANY if self.full(name) else None

    def advance(self, view: View, now: float) -> bool:
        """Bring the derived channels that a view uses up to date; whether they are, or more is left to do.

        Of those that are switched off only the names are kept. now  Unix seconds, by which those that nobody
        has asked for lately are forgotten.
        """
        self.keep(view, now)
        return self.work(view.used())

    def keep(self, view: View, now: float) -> None:
        """Have the derived channels of a view."""
        if not self._made and not any(map(self.derives, view.named())):
            return
        self.have(view.named(), now)

    def have(self, names: Iterable[str], now: float) -> None:
        """Have these derived channels, as far as there is room, and forget those not asked for lately."""
        for name in sorted(filter(self.derives, names)):
            if name not in self._made:
                self._forget(now, IDLE, name[0])
                if len(self._made) < MOST:
                    self._make(name)
            self._asked[name] = now
        self._forget(now, KEPT)

    def _forget(self, now: float, seconds: float, kind: str = "") -> None:
        """Let go of those of a kind that nobody has asked for during that time; their numbers are free."""
        for name, asked in list(self._asked.items()):
            if (name.startswith(kind) and not 0 <= now - asked <= seconds) or not self.derives(name):
                del self._asked[name]
                self._changes += self._made.pop(name, None) is not None

    def work(self, names: Iterable[str]) -> bool:
        """Bring these derived channels up to date; whether they are, or more is left to do."""
        left = AT_ONCE
        for name in names:
            made = self._made.get(name)
            if made is None or left <= 0:
                continue
            before = made.record, made.record.total, made.why
            left -= made.advance(self._memory, left)
            self._changes += (made.record, made.record.total, made.why) != before
        return left > 0

    def note(self, view: View, measured: Measured, now: float) -> None:
        """Take readings into their trends."""
        for made in self._made.values():
            if isinstance(made, Trend):
                self._changes += made.note(view, measured, now)

    def _make(self, name: str) -> None:
        """A derived channel, with the lowest number that is free among its kind."""
        taken = {made.record.slot for other, made in self._made.items() if other[0] == name[0]}
        slot = next(slot for slot in range(DERIVED, DERIVED + MOST) if slot not in taken)
        points = min(self._memory.points, MOST_SAMPLES)
        self._made[name] = self.makers[name[0]](name, slot, points, self._serial)
        self._changes += 1

    def _serial(self) -> int:
        self._serials += 1
        return OWN_SERIALS + self._serials


def traces(scope: Scope, sources: Sources) -> list[str]:
    """The derived channels of a front panel, on or off, in the order in which they were added."""
    return [name for name in scope.channels if f"on:{name}" in scope.touched and sources.derives(name)]


def remove(scope: Scope, name: str) -> None:
    """Take a derived channel off a front panel, and what refers to it."""
    scope.forget(name)
    if scope.capture is not None:
        scope.capture = without(scope.capture, name)
    for item in [item for item in scope.items if name in measured(item)]:
        scope.measure(item, on=False)
    if scope.trigger.source == name:
        scope.trigger.source = ""
