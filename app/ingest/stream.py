"""A long body that comes in chunks: stored block by block while it comes, whether it ends or not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.ingest.batch import Partial
from app.ingest.formats import OTHER_NAMES, media_type
from app.ingest.intake import BODY_SECONDS, Intake, Outcome, Room, ending, lost, stored, too_large
from app.ingest.query import listed, steps
from app.ingest.raw import DTYPES
from app.ingest.text import lines
from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem, told

TEXT, NUMBERS = 16 << 10, 64 << 10  # bytes after which a block is stored: both take a few ms ...
BLOCK_SECONDS = 0.1  # ... or so long after its beginning
AT_ONCE = 4  # blocks stored before others have the loop
LONGEST_LINE = 1 << 20
LONGEST_PAUSE = 64 << 10  # bytes of empty lines and comments
LIVE = 5.0  # s between two blocks of a body that is sent as it is measured
LATE = 1_000_000_000  # ns by which a block may lag behind the clock before x begins afresh
ENDLESS = 1 << 62
Query = Mapping[str, str]
Block = tuple[Sequence[Samples], asyncio.Future[Any] | None]  # what was read, and its way to the store
Store = Callable[[bytes, Query, int], Block]


class Lines:
    """JSON lines: a block ends with a line.

    head  what every block but the first begins with
    size  bytes of a block
    """

    head, size = b"", TEXT

    def cut(self, body: bytearray) -> int:
        """How much of the body can be stored; 0: it is to be waited for more."""
        end = body.rfind(b"\n") + 1
        if not end and len(body) > LONGEST_LINE:
            raise too_large(LONGEST_LINE)
        return end if self.rows(bytes(body[:end])) else nothing(end)

    def rows(self, block: bytes) -> int:
        return sum(1 for _ in lines(block))

    def lines(self, block: bytes) -> int:
        return block.count(b"\n")


def nothing(n: int) -> int:
    """0: of n bytes without a sample nothing can be stored.

    Problem  invalid_sample: it goes on and on so
    """
    if n > LONGEST_PAUSE:
        raise Problem("invalid_sample", f"{LONGEST_PAUSE} bytes without a sample; leave out empty lines")
    return 0


class Rows(Lines):
    """CSV: a block ends with a row, and begins with the header."""

    def cut(self, body: bytearray) -> int:
        end = super().cut(body)
        if not self.head and end:
            first = next(line for line in bytes(body[:end]).split(b"\n") if line.strip() and line[:1] != b"#")
            self.head = first + b"\n"
            if self.rows(bytes(body[:end])) < 2:
                self.head, end = b"", nothing(end)
        return end


class Numbers(Lines):
    """Bare numbers: a block ends with the last channel of a sample.

    row  bytes of a sample of all channels
    """

    size = NUMBERS

    def __init__(self, row: int) -> None:
        self.row = row

    def cut(self, body: bytearray) -> int:
        return len(body) - len(body) % self.row

    def rows(self, block: bytes) -> int:
        return len(block) // self.row

    def lines(self, block: bytes) -> int:  # noqa: ARG002 - there are none
        return 0


def cutter(content_type: str, query: Query) -> Lines | None:
    """How bodies of this type are cut; None: not at all."""
    if "align" in query or "monotonic" in query:
        return None
    kind = media_type(content_type)
    kind = OTHER_NAMES.get(kind, kind)
    if kind == "application/x-ndjson":
        return Lines()
    if kind == "text/csv":
        return Lines() if query.get("channel") else Rows()
    if kind == "application/octet-stream" and query.get("dtype") in DTYPES:
        return Numbers(int(DTYPES[query["dtype"]][-1]) * len(listed(query, "channel") or ["ch1"]))
    return None


class Stream(Intake):
    """A body that is stored block by block, if it is longer than one.

    accepted  samples that are stored or on their way to the store
    rows      of their blocks: lines that hold samples, or bare samples
    parting   no further block is stored, and the answer waits until it is known which are
    pending   blocks from the first that is not known to be stored, each with rows and samples before it
    """

    def __init__(
        self,
        cut: Lines,
        query: Query,
        store: Store,
        clock: Callable[[], int],
        room: Room,
        give_up: Callable[[Problem], None],
        encoding: str,
    ) -> None:
        super().__init__(ENDLESS, room, give_up, encoding)
        self.first = 0  # rows of the first block
        self.cut, self.query, self.store, self.clock = cut, query, store, clock
        self.accepted = self.rows = self.lines = self.blocks = 0
        self.rejected = 0
        self.pending: deque[tuple[asyncio.Future[Any], int, int]] = deque()
        self.faults: list[Fault] = []
        self.began = 0  # receive time of the first block
        self.due: asyncio.Handle | None = None
        self.parting = False

    @property
    def lasting(self) -> bool:  # type: ignore[override]  # nobody sets it
        return self.blocks > 0

    def ready(self) -> bool:
        """Not while blocks of the last piece are still to be stored."""
        storing = self.parting or self.due is not None
        return (not storing or len(self.kept) < self.cut.size) and super().ready()

    def add(self, chunk: bytes) -> None:
        if self.problem is not None:
            return  # it is answered, or will be when there is no more of it
        super().add(chunk)
        if self.problem is not None:
            self.fail(self.problem)
        elif self.parting:
            return
        elif len(self.kept) >= self.cut.size:
            self.commit()
        elif self.kept and self.due is None:
            self.due = asyncio.get_running_loop().call_later(BLOCK_SECONDS, self.commit)

    def end(self) -> None:
        super().end()
        self.wait()
        self.parting = False

    def part(self) -> None:
        """Store no further block, and answer once it is known which are stored, if ever it is."""
        self.end()
        self.parting = True
        self.depart()

    def fail(self, problem: Problem) -> None:
        """The same with a problem: a body that never ends would not be answered otherwise."""
        self.problem = self.problem or problem
        self.kept.clear()
        self.part()

    def depart(self) -> None:
        if self.parting and all(way.done() for way, *_ in self.pending):
            self.parting = False
            first = next(filter(None, map(lost, self.ways())), None)
            self.problem = self.moved(first or self.problem or ending())
            self.give_up(self.problem)

    def wait(self) -> None:
        """Nothing is due any more."""
        due, self.due = self.due, None
        if due is not None:
            due.cancel()

    def commit(self) -> None:
        """Store what is whole, the most of a long piece a little later."""
        self.wait()
        try:
            for _ in range(AT_ONCE):
                if not self.take(self.portion()):
                    return
                if self.room.closing:
                    self.part()
                    return
                self.allow(BODY_SECONDS)
                self.fair = LIVE
                self.room.refresh(self)
            self.due = asyncio.get_running_loop().call_soon(self.commit)
        except Problem as problem:
            self.fail(problem)

    def portion(self) -> int:
        """Bytes that can be stored at once: those of a block, or some more where that holds nothing whole."""
        size = least = self.cut.size
        while not (n := self.cut.cut(self.kept[:size])) and size < len(self.kept):
            size = self.kept.find(b"\n", least) + 1 or len(self.kept)
            least = 2 * size
        return n

    def take(self, n: int) -> bool:
        """Store the first n bytes, if anything is in them."""
        block = bytes(self.kept[:n])
        rows = self.cut.rows(block) - (1 if self.cut.head and not self.blocks else 0)
        if rows < 1:
            return False
        body = self.cut.head + block if self.blocks and self.cut.head else block
        now = self.clock()
        batch, way = self.store(body, *self.placed(rows, now))
        if way is not None:
            self.pending.append((way, self.rows, self.accepted))
            way.add_done_callback(self.settled)
        del self.kept[:n]
        self.note(batch, rows, self.cut.lines(block))
        return True

    def placed(self, rows: int, now: int) -> tuple[Query, int]:
        """The query and the time of a block, so that it goes on where the one before ended."""
        known = steps(self.query)
        step = known.get("dt") or (1 / known["rate"] if known.get("rate") else 0.0)
        if not step or not self.blocks:
            self.began, self.first = now, rows
            return self.query, now
        if "t0" in known:
            return {**self.query, "t0": repr(known["t0"] + self.rows * step)}, now
        ahead = self.began + round((self.rows + rows - self.first) * step * 1e9)
        return self.query, ahead if now - ahead < LATE else now

    def note(self, batch: Sequence[Samples], rows: int, lines: int) -> None:
        gaps = 0
        if isinstance(batch, Partial):
            self.faults += map(self.shifted, batch.faults[: MOST_FAULTS - len(self.faults)])
            self.rejected += batch.rejected
            gaps = batch.gaps
        self.accepted += sum(map(len, batch)) - gaps
        self.rows += rows
        self.lines += lines
        self.blocks += 1

    def shifted(self, fault: Fault) -> Fault:
        """The fault with its place in the whole body."""
        if not self.blocks:
            return fault
        header = 1 if self.cut.head else 0
        index = None if fault.index is None else fault.index + self.rows
        line = None if fault.line is None else fault.line + self.lines - header
        return replace(fault, index=index, line=line)

    def settled(self, way: asyncio.Future[Any]) -> None:
        """A block is stored; or it is not, then those after it shall not be either."""
        self.sure()
        error = lost(way)
        if error is not None and (self.parting or self in self.room.bodies):
            self.fail(error)
        self.depart()

    def sure(self) -> tuple[int, int]:
        """Rows and samples before the first block that is not known to be stored."""
        while self.pending and stored(self.pending[0][0]):
            self.pending.popleft()
        return self.pending[0][1:] if self.pending else (self.rows, self.accepted)

    def moved(self, problem: Problem) -> Problem:
        """The problem of a block, as one of the whole body; one that is so already stays as it is."""
        if not self.blocks or "first_not_stored" in problem.details:
            return problem
        first, accepted = self.sure()
        faults = [self.shifted(fault) for fault in problem.faults]
        where = f"after {self.rows} rows: " if faults else ""
        details = {**problem.details, "accepted": accepted, "first_not_stored": first}
        count, headers = problem.count, problem.headers
        words = where + problem.message
        moved = Problem(problem.code, words, faults, count=count, headers=headers, details=details)
        moved.format = problem.format
        return moved

    def failed(self, problem: Problem) -> Problem | Outcome:
        """The problem of a body that has ended, which is told once it is known what is stored."""
        ways = self.ways()
        return Outcome({}, ways, self.moved, problem) if ways else self.moved(problem)

    def ways(self) -> list[asyncio.Future[Any]]:
        return [way for way, *_ in self.pending]

    def whole(self) -> bytes | Problem | Outcome:
        """A short body, or what has become of a long one."""
        found = super().whole()
        if isinstance(found, Problem):
            return self.failed(found)
        if not self.blocks:
            return found
        try:
            while self.take(self.portion()):
                pass
            self.take(len(self.kept))
        except Problem as problem:
            return self.failed(problem)
        answer: dict[str, object] = {"status": "success", "accepted": self.accepted}
        if self.rejected:
            rejected = {"rejected": self.rejected, "error_count": self.rejected}
            answer |= {"status": "partial", **rejected, "errors": [told(fault) for fault in self.faults]}
        return Outcome(answer | {"duplicate": False}, self.ways(), self.moved)
