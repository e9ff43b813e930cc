"""Recordings played again: as a live source, through the same path as any sender."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from zlib import crc32

import numpy as np

from app.memory.memory import ChannelLimit
from app.memory.samples import Samples
from app.problems import Problem
from app.store.block import Block, Int64s, samples
from app.store.errands import Errands
from app.store.reading import Groups, Unreadable, blocks
from app.store.recordings import NotNow, Recordings

Put = Callable[[list[Samples], float], Awaitable[object] | object]
AT_ONCE = 4
STEP = 0.02  # s between two batches at least
LONGEST_PAUSE = 10.0  # s; a longer silence is shortened
MOST = 1 << 16  # samples in a batch
FASTEST = 1e6
PREFIX = re.compile(r"[A-Za-z0-9_.:/-]{0,32}")
LONGEST_NAME = 64
NS = 1e9


@dataclass(slots=True)
class Playing:
    """A recording that is played.

    speed   of the time in which it came; 0: as fast as it goes
    prefix  of the names of its channels
    """

    id: int
    speed: float
    loop: bool
    prefix: str
    samples: int = 0
    began: float = 0.0

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


class Replays:
    """
    told  of all that are under way; a new list after each change
    put   what takes batches
    """

    def __init__(self, recordings: Recordings, put: Put) -> None:
        self.told: list[dict[str, object]] = []
        self._recordings, self._put = recordings, put
        self._live: dict[int, tuple[Playing, asyncio.Task[None]]] = {}

    def start(self, id: int, speed: float = 1.0, prefix: str = "replay/", *, loop: bool = False) -> Playing:
        """Play a recording; one that is played begins again.

        KeyError    there is none
        NotNow      it is still recorded, or too many are played
        ValueError  no such speed or prefix
        """
        entry = self._recordings.ended(id)
        if not 0 <= speed <= FASTEST or not PREFIX.fullmatch(prefix):
            raise ValueError(f"a speed is 0 to {FASTEST:.0f}, a prefix up to 32 letters, digits or _ . : / -")
        self.stop(id)
        if len(self._live) >= AT_ONCE:
            raise NotNow("replay_limit", f"{AT_ONCE} recordings are played, as many as there may be")
        playing = Playing(id, speed, loop, prefix, began=time.time())
        nobody = contextvars.Context()  # of its own: the caller's would keep the caller's page alive
        task = asyncio.get_running_loop().create_task(self._played(playing, entry.format), context=nobody)
        self._live[id] = playing, task
        self._list()
        return playing

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
                await self._once(playing, blocks(path, format))
                if not playing.loop or playing.samples == before:
                    break
                logging.getLogger(__name__).debug("Recording %s begins again, %s", playing.id, n + 1)
        except (Problem, ChannelLimit, Unreadable, OSError) as error:
            notices["replay"] = f"Recording {playing.id} is not played any more: {error}."
        finally:
            if self._live.get(playing.id, (None,))[0] is playing:
                del self._live[playing.id]
                self._list()

    async def _once(self, playing: Playing, groups: Groups) -> None:
        errands, pace = Errands(), Pace(playing.speed)
        while (group := await errands.do(lambda: next(groups, None))) is not None:
            if playing.speed:
                await self._in_time(playing, group, pace)
            else:
                await self._at_once(playing, group)

    async def _at_once(self, playing: Playing, group: Sequence[Block]) -> None:
        for block in group:
            for start in range(0, len(block), MOST):
                began = time.thread_time()
                await self._send(playing, [block.part(start, start + MOST)])
                await asyncio.sleep(time.thread_time() - began)  # half of the time is others'

    async def _in_time(self, playing: Playing, group: Sequence[Block], pace: Pace) -> None:
        """Send samples when they are due, those of all channels together."""
        times: list[Int64s] = [np.maximum.accumulate(block.time) for block in group]
        heads = [0] * len(group)
        while ahead := [int(time[head]) for time, head in zip(times, heads, strict=True) if head < len(time)]:
            pace.begin(min(ahead))
            due = pace.due()
            ends = [int(time.searchsorted(due, "right")) for time in times]
            ends = [min(max(end, head), head + MOST) for end, head in zip(ends, heads, strict=True)]
            parts = [block.part(*ends_of) for block, *ends_of in zip(group, heads, ends, strict=True)]
            await self._send(playing, [part for part in parts if len(part)])
            heads = ends
            left = [int(time[head]) for time, head in zip(times, heads, strict=True) if head < len(time)]
            if left:
                await asyncio.sleep(pace.wait(min(left)))

    async def _send(self, playing: Playing, parts: Sequence[Block]) -> None:
        """Have the scope take what is due, as it takes what a sender sends."""
        batch = [each for part in parts for each in samples(part, name(playing.prefix, part.channel))]
        if batch:
            done = self._put(batch, time.time())
            if isinstance(done, Awaitable):
                await done
            playing.samples += sum(map(len, batch))

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
