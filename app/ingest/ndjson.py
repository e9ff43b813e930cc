"""JSON lines: a point or a block of columns on each."""

from __future__ import annotations

import orjson

from app.ingest.batch import Asked, Faults, Partial
from app.ingest.fields import check_channels, check_samples
from app.ingest.json_body import check_depth, is_block
from app.ingest.json_columns import columns
from app.ingest.json_points import Fields, points
from app.ingest.json_skip import good_points, some_columns
from app.ingest.text import lines, plain
from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem


def ndjson_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of JSON lines.

    Problem  a line that is not JSON or no samples; it names the line
    """
    read = Lines(asked)
    for line, text in lines(plain(body, asked)):
        read.add(line, text)
    return read.samples()


class Lines:
    """The lines that have been read: what they hold, and what is wrong with them.

    run    points that follow each other, with their lines
    gaps   bad values that became gaps
    n      samples of the blocks
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.faults = Faults()
        self.made: list[Samples] = []
        self.run: list[object] = []
        self.lines: list[int] = []
        self.gaps = 0
        self.n = 0

    def add(self, line: int, text: bytes) -> None:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            fault = Fault("bad_json", "", line=line)
            self.faults.add(fault, f"line {line}: not JSON; send one object on each line", "bad_json")
            return
        if is_block(document):
            self.end_run()
            self.block(line, document, text)
        else:
            self.run.append(document)
            self.lines.append(line)

    def block(self, line: int, document: Fields, text: bytes) -> None:
        asked = self.asked
        try:
            check_depth(document, text, asked.limits.depth)
            made = (
                some_columns(document, asked) if asked.skips else columns(document, asked.now, asked.limits)
            )
        except Problem as problem:
            self.blame(problem, [line] * (len(problem.faults) or 1))
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

    def end_run(self) -> None:
        """Make samples of the points so far."""
        if not self.run:
            return
        run, at, self.run, self.lines = self.run, self.lines, [], []
        if self.asked.skips:
            run = good_points(run, self.faults, at)
        try:
            self.made += points(run, self.asked.now, self.asked.limits) if run else []
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

    def samples(self) -> list[Samples]:
        self.end_run()
        self.faults.check(self.asked, len(self.made))
        check_samples(sum(map(len, self.made)), self.asked.limits.samples)
        check_channels((samples.channel for samples in self.made), self.asked.limits.channels)
        if not self.faults.count:
            return self.made
        return Partial(self.made, self.faults.found[:MOST_FAULTS], self.faults.count, self.gaps)
