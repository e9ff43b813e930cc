"""JSON lines: a point or a block of columns on each."""

from __future__ import annotations

import orjson

from app.ingest.batch import Asked, Faults, Partial, Steps, completed
from app.ingest.fields import check_channels, check_samples
from app.ingest.json_body import check_depth, is_block
from app.ingest.json_columns import columns
from app.ingest.json_points import Fields, points
from app.ingest.json_skip import good_points, some_columns
from app.ingest.text import lines, parts, plain
from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem

SOME = 100  # lines
MOST_PARTS = 2500  # blocks, each of one channel


def ndjson_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of JSON lines.

    Problem  a line that is not JSON or no samples; it names the line
    """
    return completed(ndjson_steps(body, asked))


def ndjson_steps(body: bytes, asked: Asked) -> Steps[list[Samples]]:
    """The same in steps."""
    text = plain(body, asked)
    read = Lines(asked)
    for start, part in parts(text):
        flat = flat_points(part)
        if flat is not None:
            read.run += flat
            read.lines += range(start + 1, start + len(flat) + 1)
        else:
            yield from read.add_all(start, part)
        if len(part) < len(text):
            yield
    return (yield from read.samples())


def flat_points(text: bytes) -> list[object] | None:
    """The objects of lines that hold one each, with nothing nested in it; None: there is something else.

    They are read at once. All the braces that open are then at the beginnings of lines, so that as many
    objects as lines can only be one from each.
    """
    n = text.count(b"\n") + 1
    if b"[" in text or text[:1] != b"{" or text.count(b"\n{") != n - 1 or text.count(b"{") != n:
        return None
    try:
        found: list[object] = orjson.loads(b"[%b]" % text.replace(b"\n", b","))
    except orjson.JSONDecodeError:
        return None
    return found if len(found) == n and all(type(entry) is dict for entry in found) else None


class Lines:
    """The lines that have been read: what they hold, and what is wrong with them.

    run    points that follow each other, with their lines
    gaps   bad values that became gaps
    n      samples of the blocks
    parts  blocks and runs, each of one channel, and bad ones
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.faults = Faults()
        self.made: list[Samples] = []
        self.run: list[object] = []
        self.lines: list[int] = []
        self.gaps = self.n = self.parts = 0

    def add_all(self, start: int, part: bytes) -> Steps[None]:
        """Lines one by one; so many come before them."""
        for n, (line, content) in enumerate(lines(part), 1):
            yield from self.add(start + line, content)
            if n % SOME == 0:
                yield

    def add(self, line: int, text: bytes) -> Steps[None]:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            fault = Fault("bad_json", "", line=line)
            self.faults.add(fault, f"line {line}: not JSON; send one object on each line", "bad_json")
            return
        if is_block(document):
            yield from self.end_run()
            yield from self.block(line, document, text)
        else:
            self.run.append(document)
            self.lines.append(line)

    def block(self, line: int, document: Fields, text: bytes) -> Steps[None]:
        asked = self.asked
        try:
            check_depth(document, text, asked.limits.depth)
            made = (yield from some_columns(document, asked)) if asked.skips else columns(document, asked)
        except Problem as problem:
            self.blame(problem, [line] * (len(problem.faults) or 1))
            self.count(1)
            return
        if isinstance(made, Partial):
            self.gaps += made.gaps
            self.faults.count += made.rejected - len(made.faults)
            for fault in made.faults:
                moved = Fault(fault.code, fault.field, fault.index, fault.channel, line)
                self.faults.add(moved, f"line {line}: bad values")
        self.made += made
        self.n += sum(map(len, made))
        check_samples(max(self.n, 1), asked.limits.samples)
        self.count(len(made))

    def end_run(self) -> Steps[None]:
        """Make samples of the points so far."""
        if not self.run:
            return
        run, at, self.run, self.lines = self.run, self.lines, [], []
        if self.asked.skips:
            run = yield from good_points(run, self.faults, at)
        try:
            made = (yield from points(run, self.asked)) if run else []
            self.made += made
            self.count(len(made))
        except Problem as problem:
            self.blame(problem, [at[f.index] if f.index is not None else at[0] for f in problem.faults])

    def blame(self, problem: Problem, at: list[int]) -> None:
        """Keep a problem with the lines that its faults are in."""
        if problem.status != 400 and problem.status != 422:
            raise problem
        count = self.faults.count + max(problem.count, 1)
        found = problem.faults or (Fault(problem.code, ""),)
        where = at or [1]
        for fault, line in zip(found, where, strict=False):
            moved = Fault(fault.code, fault.field, fault.index, fault.channel, line)
            self.faults.add(moved, f"line {line}: {problem.message}", problem.code)
        self.faults.count = count

    def count(self, parts: int) -> None:
        """
        Problem  too_many_points: so many short blocks would take long to store
        """
        self.parts += parts
        if self.parts > MOST_PARTS:
            message = f"more than {MOST_PARTS} blocks of columns in one request; send longer ones"
            raise Problem("too_many_points", message, details={"limit": "blocks", "max": MOST_PARTS})

    def samples(self) -> Steps[list[Samples]]:
        yield from self.end_run()
        self.faults.check(self.asked, len(self.made))
        check_samples(sum(map(len, self.made)), self.asked.limits.samples)
        check_channels((samples.channel for samples in self.made), self.asked.limits.channels)
        if not self.faults.count:
            return self.made
        return Partial(self.made, self.faults.found[:MOST_FAULTS], self.faults.count, self.gaps)
