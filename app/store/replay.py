"""Recordings played again: as a live source, through the same path as any sender."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import count, islice
from zlib import crc32

import numpy as np

from app.memory.memory import ChannelLimit
from app.memory.samples import Samples
from app.problems import Problem
from app.store.block import Block, Int64s, samples
from app.store.entry import Entry
from app.store.errands import Errands
from app.store.reading import Groups, Unreadable, blocks
from app.store.recordings import NotNow, Recordings

DEFAULT = "replay/"  # what its channels' names begin with, so that no sender's channel is among them
Put = Callable[[list[Samples], float], Awaitable[object] | object]
AT_ONCE = 4
STEP = 0.02  # s between two batches at least
LONGEST_PAUSE = 10.0  # s; a longer silence is shortened
REST = 1.0  # s between two passes of a recording that has no duration
MOST = 1 << 16  # samples of a channel in a batch ...
RUNS = 1 << 10  # ... and runs without a gap
SLOWEST, FASTEST = 1e-6, 1e6
PREFIX = re.compile(r"[A-Za-z0-9_.:/-]{0,32}")
LONGEST_NAME = 64
NS = 1e9

Read = Callable[[], Awaitable[list[Block] | None]]  # the next group; None: there is none
log = logging.getLogger(__name__)


def anywhere(_: Set[str]) -> None:
    """Whoever plays it may write to any channel."""


@dataclass(slots=True)
class Playing:
    """A recording that is played.

    speed   of the time in which it came; 0: as fast as it goes
    prefix  of the names of its channels
    reach   raises a Problem where it may not write to some channels
    begun   channels of which samples were played since it began, or began again
    """

    id: int
    speed: float
    loop: bool
    prefix: str
    samples: int = 0
    began: float = 0.0
    reach: Callable[[Set[str]], None] = anywhere
    begun: set[str] = field(default_factory=set)

    def told(self) -> dict[str, object]:
        """What a list says of it."""
        return {
            "id": self.id, "speed": self.speed, "loop": self.loop, "prefix": self.prefix,
            "samples": self.samples, "began": self.began,
        }  # fmt: skip


class Pace:
    """When samples are due that came at some time, on a clock of its own."""

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed, self._clock = speed, clock
        self._began, self._origin = clock(), 0
        self._known = False

    def begin(self, first: int) -> None:
        """The first sample came at this time, in ns."""
        if not self._known:
            self._began, self._origin, self._known = self._clock(), first, True

    def due(self) -> int:
        """The time, in ns, of what is due by now."""
        return self._origin + int((self._clock() - self._began) * self._speed * NS)

    def wait(self, until: int) -> float:
        """s until what came then is due; of a long silence the end comes sooner."""
        found = (until - self.due()) / NS / self._speed
        if found > LONGEST_PAUSE:
            self._began -= found - LONGEST_PAUSE
            found = LONGEST_PAUSE
        return max(found, STEP)


class Queue:
    """Samples that are read and not played yet, of each channel in order.

    n         how many
    interval  ns between the last two of a channel that came at different times; 0: there are none
    """

    def __init__(self) -> None:
        self.n = self.interval = 0
        self._blocks: dict[str, deque[tuple[Block, Int64s]]] = {}
        self._last: dict[str, int] = {}

    def add(self, group: Sequence[Block]) -> int:
        """Take what was written together; returns when the first of it came."""
        return min(self._put(block) for block in group)

    def _put(self, block: Block) -> int:
        last = self._last.get(block.channel, int(block.time[0]))
        time: Int64s = np.maximum(np.maximum.accumulate(block.time), last)
        self._blocks.setdefault(block.channel, deque()).append((block, time))
        self.n += len(block)
        newest = self._last[block.channel] = int(time[-1])
        at = int(time.searchsorted(newest))
        before = int(time[at - 1]) if at else last
        self.interval = newest - before or self.interval
        return int(time[0])

    def first(self) -> int | None:
        """When the next sample came; None: there is none."""
        return min((int(blocks[0][1][0]) for blocks in self._blocks.values() if blocks), default=None)

    def take(self, due: int) -> list[Block]:
        """What came until then, as much of each channel as is sent at once."""
        return [part for blocks in self._blocks.values() for part in self._parts(blocks, due)]

    def _parts(self, blocks: deque[tuple[Block, Int64s]], due: int) -> Iterator[Block]:
        room = MOST
        while blocks and room:
            block, time = blocks[0]
            n = min(int(time.searchsorted(due, "right")), room)
            if n:
                yield block.part(0, n)
            room -= n
            self.n -= n
            if n < len(block):
                blocks[0] = block.part(n, len(block)), time[n:]
                return
            blocks.popleft()


class Replays:
    """
    told  of all that are under way; a new list after each change
    put   what takes batches
    """

    def __init__(self, recordings: Recordings, put: Put) -> None:
        self.told: list[dict[str, object]] = []
        self._recordings, self._put = recordings, put
        self._live: dict[int, tuple[Playing, asyncio.Task[None]]] = {}

    def start(
        self,
        id: int,
        speed: float = 1.0,
        prefix: str = DEFAULT,
        *,
        loop: bool = False,
        reach: Callable[[Set[str]], None] = anywhere,
    ) -> Playing:
        """Play a recording; one that is played begins again.

        reach       raises a Problem where it may not write to some channels
        KeyError    there is none
        NotNow      it is still recorded, too many are played, or another one with the same channels is
        ValueError  no such speed or prefix
        Problem     what reach raises
        """
        entry = self._recordings.ended(id)
        if not (speed == 0 or SLOWEST <= speed <= FASTEST) or not PREFIX.fullmatch(prefix):
            speeds = f"a speed is 0, or {SLOWEST:f} to {FASTEST:.0f}"
            raise ValueError(f"{speeds}; a prefix is up to 32 letters, digits or _ . : / -")
        reach({name(prefix, channel) for channel in entry.channels})
        self._allow(entry, prefix)
        self.stop(id)
        playing = Playing(id, float(speed), loop, prefix, began=time.time(), reach=reach)
        nobody = contextvars.Context()  # of its own: the caller's would keep the caller's page alive
        task = asyncio.get_running_loop().create_task(self._played(playing, entry.format), context=nobody)
        self._live[id] = playing, task
        self._list()
        return playing

    def _allow(self, entry: Entry, prefix: str) -> None:
        """
        NotNow  it cannot be played beside the others
        """
        others = [playing for id, (playing, _) in self._live.items() if id != entry.id]
        if len(others) >= AT_ONCE:
            raise NotNow("replay_limit", f"{AT_ONCE} recordings are played, as many as there may be")
        names = {name(prefix, channel) for channel in entry.channels}
        for playing in others:
            played = self._recordings.get(playing.id)
            channels = played.channels if played is not None else ()
            if playing.begun & names or names & {name(playing.prefix, channel) for channel in channels}:
                raise NotNow("replay_limit", f"recording {playing.id} plays a channel of that name; stop it")

    def get(self, id: int) -> Playing | None:
        """None: it is not played."""
        live = self._live.get(id)
        return None if live is None else live[0]

    def stop(self, id: int) -> bool:
        """False: it is not played."""
        live = self._live.pop(id, None)
        if live is not None:
            live[1].cancel()
            self._list()
        return live is not None

    async def _played(self, playing: Playing, format: str) -> None:
        """Play to the end, or for ever; say if it cannot be."""
        path, notices = self._recordings.file(playing.id, format), self._recordings.notices
        notices.pop("replay", None)
        try:
            for n in count():
                before = playing.samples
                rest = await self._once(playing, blocks(path, format))
                if not playing.loop or playing.samples == before:
                    break
                await asyncio.sleep(rest)
                log.debug("Recording %s begins again, %s", playing.id, n + 1)
        except (Problem, ChannelLimit, Unreadable, OSError) as error:
            notices["replay"] = f"Recording {playing.id} is not played any more: {error}."
        except Exception as error:  # whatever it is, all who look are to know
            log.exception("Recording %s cannot be played", playing.id)
            why = str(error) or type(error).__name__
            notices["replay"] = f"Recording {playing.id} is not played any more: {why}."
        finally:
            if self._live.get(playing.id, (None,))[0] is playing:
                del self._live[playing.id]
                self._list()

    async def _once(self, playing: Playing, groups: Groups) -> float:
        """Play to the end; returns s until it may begin again."""
        playing.begun.clear()
        errands = Errands()

        async def read() -> list[Block] | None:
            return await errands.do(lambda: next(groups, None))

        if playing.speed:
            return await self._in_time(playing, read, Pace(playing.speed))
        while (group := await read()) is not None:
            await self._at_once(playing, group)
        return STEP

    async def _at_once(self, playing: Playing, group: Sequence[Block]) -> None:
        for block in group:
            for start in range(0, len(block), MOST):
                began = time.thread_time()
                await self._send(playing, [block.part(start, start + MOST)])
                await asyncio.sleep(time.thread_time() - began)  # half of the time is others'

    async def _in_time(self, playing: Playing, read: Read, pace: Pace) -> float:
        """Send samples when they are due, those of all channels together; returns s until it may begin again.

        A group is read when the one before is begun: what was written later may have come at the same time.
        """
        queue, more, newest = Queue(), True, None
        while more or queue.n:
            while more and queue.n < MOST and (newest is None or newest <= pace.due()):
                group = await read()
                if group is None:
                    more = False
                else:
                    newest = queue.add(group)
                    pace.begin(newest)
            await self._send(playing, queue.take(pace.due()))
            if (first := queue.first()) is not None:
                await asyncio.sleep(pace.wait(first))
        return min(max(queue.interval / NS / playing.speed, STEP), LONGEST_PAUSE) if queue.interval else REST

    async def _send(self, playing: Playing, parts: Sequence[Block]) -> None:
        """Have the scope take what is due, as it takes what a sender sends."""
        runs = (run for part in parts for run in self._runs(playing, part))
        while batch := list(islice(runs, RUNS)):
            playing.reach({each.channel for each in batch})
            done = self._put(batch, time.time())
            if isinstance(done, Awaitable):
                await done
            playing.samples += sum(map(len, batch))
            if len(batch) == RUNS:
                await asyncio.sleep(0)

    def _runs(self, playing: Playing, part: Block) -> Iterator[Samples]:
        """What is sent of a part; no line leads from what the channel had before to what is played."""
        channel = name(playing.prefix, part.channel)
        afresh = channel not in playing.begun
        playing.begun.add(channel)
        yield from samples(part, channel, afresh=afresh)

    async def close(self) -> None:
        for id in list(self._live):
            self.stop(id)

    def _list(self) -> None:
        self.told = [playing.told() for playing, _ in self._live.values()]


def name(prefix: str, channel: str) -> str:
    """Of a channel that is played: one that must be cut ends in a sum of all of it, so that two stay two."""
    whole = (prefix + channel).strip()
    end = f"-{crc32(whole.encode()):08x}"
    return whole if len(whole) <= LONGEST_NAME else whole[: LONGEST_NAME - len(end)] + end
