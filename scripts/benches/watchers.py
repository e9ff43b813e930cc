"""Viewers of GET /frames, hundreds in a process of its own.

    python -m scripts.benches.watchers PORT N NARROW QUERY...

The k-th watches QUERY number k (in turns). Prints `ready` when each has had a frame. Then lines on standard
input: `seen` prints what each saw since the last time, `stall N` has the last N of them stop reading. The
kernel keeps little for the last NARROW ones.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scripts.benches.running import PROJECT
from scripts.benches.table import WrongError, percentile
from scripts.benches.watcher import PATIENCE, Seen, Watcher

ECHO_EVERY = 1.0  # s, for each of them; one after the other
STEP = 0.02  # s


class Crowd:
    """Watchers that are read in turns, as each has something."""

    def __init__(self, port: int, n: int, queries: Sequence[str] = ("",), narrow: int = 0) -> None:
        self.selector = selectors.DefaultSelector()
        self.watchers: list[Watcher] = []
        self.reading: list[Watcher] = []
        self._began, self._echoed = time.monotonic(), 0
        for k in range(n):
            watcher = Watcher(port, queries[k % len(queries)], narrow=k >= n - narrow)
            self.watchers.append(watcher)
            self.selector.register(watcher.socket, selectors.EVENT_READ, watcher)
            self.read(0)  # the server would slow down those who do not read while others come
        self.reading = list(self.watchers)
        self._began = time.monotonic()

    def read(self, wait: float = STEP) -> bool:
        """Wait a moment for frames and take them, and echo where it is time; whether there are orders."""
        orders = False
        for key, _ in self.selector.select(wait):
            watcher = key.data
            if watcher is None:
                orders = True
                continue
            watcher.read()
            if not watcher.open:
                self.selector.unregister(key.fileobj)
        self._echo()
        return orders

    def _echo(self) -> None:
        due = (time.monotonic() - self._began) / ECHO_EVERY * len(self.reading)
        while self._echoed < due:
            self.reading[self._echoed % len(self.reading)].echo()
            self._echoed += 1

    def until_all_see(self) -> None:
        """Read until each has had a frame; WrongError when one gets none."""
        late = time.monotonic() + PATIENCE
        while any(watcher.newest is None for watcher in self.watchers):
            self.read()
            faults = [fault for watcher in self.watchers for fault in watcher.seen.faults]
            if faults or time.monotonic() > late:
                raise WrongError(f"a watcher gets no frame: {faults[:3]}")

    def stall(self, n: int) -> None:
        """The last n do not read any more."""
        stalled = self.reading[len(self.reading) - n :]
        self.reading = self.reading[: len(self.reading) - n]
        for watcher in stalled:
            self.selector.unregister(watcher.socket)
        self._began, self._echoed = time.monotonic(), 0

    def close(self) -> None:
        for watcher in self.watchers:
            watcher.close()
        self.selector.close()


def main(port: int, n: int, narrow: int, queries: Sequence[str]) -> None:
    try:
        crowd = Crowd(port, n, queries, narrow)
        crowd.until_all_see()
    except (WrongError, OSError) as error:
        return print(f"failed: {error}")
    crowd.selector.register(0, selectors.EVENT_READ)
    print("ready", flush=True)
    began, busy = time.monotonic(), time.process_time()
    while True:
        if not crowd.read():
            continue
        orders = os.read(0, 1 << 16).decode().split("\n")[:-1]
        if not orders:
            return crowd.close()
        for order in orders:
            seen = [watcher.told() for watcher in crowd.reading]
            print(json.dumps([time.monotonic() - began, time.process_time() - busy, seen]), flush=True)
            began, busy = time.monotonic(), time.process_time()
            if order != "seen":
                crowd.stall(int(order.removeprefix("stall ")))


@dataclass(frozen=True)
class Look:
    """What all watchers that read saw in some time.

    seconds, busy  how long it was, and how much processor time watching took
    """

    seconds: float
    busy: float
    watchers: list[Seen]

    @property
    def frames(self) -> int:
        """Of all together, with new columns."""
        return sum(seen.frames for seen in self.watchers)

    @property
    def slowest(self) -> float:
        """Frames a second of the one that had fewest."""
        return min(seen.frames for seen in self.watchers) / self.seconds

    @property
    def gaps(self) -> list[float]:
        """ms between two frames, of all."""
        return [gap for seen in self.watchers for gap in seen.gaps]

    @property
    def longest(self) -> float:
        """ms without a frame, of any."""
        return max(max([*seen.gaps, seen.silent]) for seen in self.watchers)

    @property
    def rate(self) -> float:
        """Bytes a second that came to one viewer, on the average."""
        return sum(seen.received for seen in self.watchers) / len(self.watchers) / self.seconds

    @property
    def whole(self) -> int:
        """Bytes of the largest whole frame."""
        return max(seen.whole for seen in self.watchers)

    def of(self, n: int) -> Look:
        """What the first n saw."""
        return Look(self.seconds, self.busy, self.watchers[:n])

    def gap(self, share: float) -> float:
        return percentile(self.gaps, share)


class Watchers:
    """A process of watchers, each of which has had its first frame."""

    def __init__(self, port: int, n: int, queries: Sequence[str] = ("",), *, narrow: int = 0) -> None:
        command = [sys.executable, "-m", "scripts.benches.watchers", str(port), str(n), str(narrow), *queries]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._line()

    def _line(self) -> str:
        if self.process.stdout is None or not (text := self.process.stdout.readline()):
            raise WrongError(f"the watchers ended with status {self.process.wait()}")
        if text.startswith("failed: "):
            raise WrongError(text.removeprefix("failed: ").strip())
        return text

    def _look(self, order: str) -> Look:
        if self.process.stdin is not None:
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()
        seconds, busy, seen = json.loads(self._line())
        found = Look(seconds, busy, [Seen(**one) for one in seen])
        if faults := [fault for one in found.watchers for fault in one.faults]:
            raise WrongError(f"{len(faults)} faults of what watchers got: {faults[:3]}")
        return found

    def look(self) -> Look:
        """What they saw since the last look. WrongError: a frame came twice, or a socket was closed."""
        return self._look("seen")

    def watch(self, seconds: float) -> Look:
        """What they see in this time from now."""
        self.look()
        time.sleep(seconds)
        return self.look()

    def stall(self, n: int) -> Look:
        """Have the last n stop reading; what the others saw until then."""
        return self._look(f"stall {n}")

    def close(self) -> None:
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), sys.argv[4:])
