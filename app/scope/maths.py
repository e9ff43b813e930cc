"""A maths trace: a record that is worked out from others, as they grow.

An expression is worked out on the x of the channel of which more samples lie where all of its channels have
some. Channels whose samples have the very same x are paired sample by sample, others are interpolated
linearly; a gap of any of them is one. Where x of a channel starts afresh, so does the trace: with the newest
run of each channel, and what had no partner by then gets none. d waits for the next sample. Filters run
forwards only, as those of a scope with no memory would: they delay, but no sample waits for others to come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.dsp.course import Block, Course
from app.dsp.expression import Expression, ExpressionError, parse
from app.dsp.filters import FilterError, typical
from app.dsp.pieces import Ints
from app.memory.laid import Laid
from app.memory.memory import Records
from app.memory.record import Record
from app.memory.samples import Float64s, Floats
from app.scope.operand import NEAR, Operand, begins

BLOCK = 1 << 15  # samples worked out at once
RATED = 17, 256  # samples from which the usual step is known: at least, and at most
DENSER = 1.5, 100  # times, and samples: another channel that has so many more gives x
PIECES, EACH_PIECE = 300, 500  # in a block for a filter at most, and samples that cost as much as one
LARGEST = 1e150  # of a value, as for what is received
NO_CHANNEL = "an expression needs a channel"


class Maths:
    """One maths trace; `record` is another one whenever it begins afresh.

    why     why there are no samples, or no new ones; None: there are
    serial  gives each record another number
    """

    def __init__(self, name: str, slot: int, points: int, serial: Callable[[], int]) -> None:
        self.name = name
        self.why: str | None = None
        self._slot, self._points, self._serial = slot, points, serial
        self._expression: Expression | None = None
        self._serials: tuple[tuple[int, float], ...] | None = None
        self._totals: tuple[int, ...] = ()
        self._behind = False
        try:
            self._expression = parse(name[1:])
        except ExpressionError as error:
            self.why = str(error)
        self.record = self._fresh()

    def advance(self, memory: Records, most: int) -> int:
        """Take in what is new; returns how many samples that took, `most` or a little more at most."""
        expression = self._expression
        if expression is None:
            return 0
        records = [memory.records[name] for name in expression.names if name in memory.records]
        serials, totals = tuple((r.serial, r.probe) for r in records), tuple(r.total for r in records)
        if (serials, totals) == (self._serials, self._totals) and not self._behind:
            return 0
        self.why = missing(expression, memory)
        if self.why is not None or serials != self._serials or not self._operands:
            self._restart([] if self.why else records)
        self._serials, self._totals = () if self.why else serials, totals
        return 0 if self.why else self._work(expression, most)

    def _fresh(self, before: Laid | None = None) -> Laid:
        """A new record, of which is said what was of the one before."""
        record = Laid(self.name, self._slot, self._points, self._serial())
        if before is not None:
            record.say(label=before.label, named=before.named, probe=before.probe)
        return record

    def _restart(self, records: Sequence[Record], lead: int | None = None) -> None:
        """Begin with a new record, at the oldest samples that are to be in it."""
        if self.record.total:
            self.record = self._fresh(self.record)
        self._course: Course | None = None
        self._operands: list[Operand] = []
        self._behind = False
        if not records:
            return
        runs = [begins(record) for record in records]
        alike = min(map(len, runs))
        self._operands = [Operand(r, run[alike - 1]) for r, run in zip(records, runs, strict=True)]
        self._lead = self._densest() if lead is None else lead
        self._counts = np.zeros(len(records), np.int64)
        self._pairs: dict[int, int] = {}  # by operand: its sample that goes with the next one of the lead
        self._cursor = self._operands[self._lead].first

    def _densest(self) -> int:
        """The operand with most samples where all have some; the first of equals."""
        to = self._operands[0]
        spans = [
            (each.offset(each.first) + each.shift(to), each.offset(each.stop - 1) + each.shift(to))
            for each in self._operands
        ]
        left, right = max(first for first, _ in spans), min(last for _, last in spans)
        counts = [each.count(left - each.shift(to), right - each.shift(to)) for each in self._operands]
        return int(np.argmax(counts))

    # working

    def _work(self, expression: Expression, most: int) -> int:
        """Block after block, until nothing is left or it has been enough."""
        done = 0
        try:
            while done < most:
                n = self._step(expression)
                if n == 0 and not self._turn():
                    break
                done += max(n, 1)
        except FilterError as error:
            self.why = str(error)
            self._restart([])
            return done
        self._behind = done >= most
        return done

    def _turn(self) -> bool:
        """Go on with the next run of each channel whose x has started afresh; False: there is none."""
        over = [each.closed or each.lost for each in self._operands]
        if not any(over):
            return False
        self._cut()
        self._operands = [
            each.following() if done else each for each, done in zip(self._operands, over, strict=True)
        ]
        if over[self._lead]:
            self._cursor = self._operands[self._lead].first
        return True

    def _cut(self) -> None:
        """End a segment of the trace."""
        if self._course is not None:
            self._lay(self._course.end())
        self._course = None
        self._pairs = {}

    def _lay(self, block: Block) -> None:
        block.y[np.abs(block.y) > LARGEST] = np.nan
        self.record.lay(block.x, block.y, block.breaks, self._operands[self._lead].record.updated)

    def _step(self, expression: Expression) -> int:
        """Work out a block; returns how many samples it took, 0 where there are none yet."""
        for each in self._operands:
            each.look()
        lead = self._operands[self._lead]
        if any(each.lost or each.figure for each in self._operands):
            return 0
        self._skip(lead)
        n = self._reach(lead, min(lead.stop - self._cursor, BLOCK))
        if n <= 0 or not self._begun(expression, lead):
            return 0
        if not expression.filters:
            return self._block(lead, n)
        n, pieces = self._few_pieces(n)
        return self._block(lead, n) + pieces * EACH_PIECE

    def _skip(self, lead: Operand) -> None:
        """Leave out what has gone, what is too old, and what has no partners."""
        first = max(lead.first, min(lead.stop, lead.record.total - self._points))
        last = lead.offset(lead.stop - 1)
        for each in self._others():
            left = each.offset(each.first) + each.shift(lead)
            if left <= last:
                first = max(first, lead.find(left - self._near(lead)))
        if first > self._cursor:
            self._cut()
            self._cursor = first

    def _others(self) -> list[Operand]:
        return [each for i, each in enumerate(self._operands) if i != self._lead]

    def _near(self, lead: Operand) -> float:
        return NEAR * lead.record.steps().median

    def _reach(self, lead: Operand, n: int) -> int:
        """How many of the next n samples can be worked out."""
        for i, each in enumerate(self._operands):
            if i == self._lead or n <= 0:
                continue
            x = lead.record.offsets(self._cursor, self._cursor + n) - each.shift(lead)
            near = self._near(lead)
            at = self._pairs.pop(i, None)
            at = each.find(float(x[0]) - near) if at is None else at
            same = each.same(at, x, near)
            if same:
                self._pairs[i] = at
                n = same
            else:
                n = min(n, int(x.searchsorted(each.offset(each.stop - 1), "right")))
                while n > 1 and each.count(float(x[0]), float(x[n - 1])) > 4 * BLOCK:
                    n //= 2
        return n

    def _begun(self, expression: Expression, lead: Operand) -> bool:
        """Begin a segment, where there is none yet; False: it is not known enough for that."""
        if self._course is not None:
            return True
        step = 0.0
        if expression.filters:
            x = lead.record.offsets(self._cursor, min(self._cursor + RATED[1], lead.stop))
            if len(x) < RATED[0] and not lead.closed:
                self.why = f"a filter needs {RATED[0]} samples to begin with"
                return False
            step = typical(np.diff(x)) if len(x) > 1 and x[-1] > x[0] else 0.0
        self._course = Course(expression, lead.x0, step)
        self.record.begin(lead.base, lead.origin)
        self.record.pacer = lead.record
        units = {each.record.name: each.record.unit for each in self._operands}
        self.record.know(expression.unit(units, lead.record.x_unit), lead.record.x_unit)
        self._before: float | None = None
        return True

    def _few_pieces(self, n: int) -> tuple[int, int]:
        """So many of n samples that there are not too many gaps among them, and how many there are."""
        y, breaks = self._operands[self._lead].pair(self._cursor, n)
        found = np.sort(np.append(np.flatnonzero(~np.isfinite(y)), breaks))
        return (n, len(found)) if len(found) <= PIECES else (max(1, int(found[PIECES])), PIECES)

    def _block(self, lead: Operand, n: int) -> int:
        """Work out the next n samples."""
        assert self._course is not None
        cursor = self._cursor
        x = lead.record.offsets(cursor, cursor + n)
        values: dict[str, Floats] = {}
        values[lead.record.name], breaks = lead.pair(cursor, n)
        before = float(x[0]) if self._before is None else self._before
        used, gaps = n, [breaks]
        for i, each in enumerate(self._operands):
            if i == self._lead:
                continue
            y, breaks = self._partner(i, each, lead, x, before)
            values[each.record.name] = y
            gaps.append(breaks)
            count = each.count(float(x[0]) - each.shift(lead), float(x[-1]) - each.shift(lead))
            self._counts[i] += count
            used += count
        self._counts[self._lead] += n
        every = np.unique(np.concatenate(gaps)).astype(np.intp)
        self._lay(self._course.feed(x, values, every if self._before is not None else every[every > 0]))
        self._cursor, self._before = cursor + n, float(x[-1])
        self._change_lead()
        return used

    def _partner(
        self, i: int, each: Operand, lead: Operand, x: Float64s, before: float
    ) -> tuple[Floats, Ints]:
        """The values of another operand at these x, and where gaps are."""
        at = self._pairs.get(i)
        if at is None:
            return each.between(x - each.shift(lead), before - each.shift(lead))
        self._pairs[i] = at + len(x)
        return each.pair(at, len(x))

    def _change_lead(self) -> None:
        """Begin afresh if another channel has proved to have far more samples."""
        denser = int(np.argmax(self._counts))
        if self._counts[denser] > DENSER[0] * self._counts[self._lead] + DENSER[1]:
            self._restart([each.record for each in self._operands], denser)


def missing(expression: Expression, memory: Records) -> str | None:
    """Why an expression cannot be worked out at all; None: it can."""
    if not expression.names:
        return NO_CHANNEL
    for name in expression.names:
        record = memory.records.get(name)
        if record is None:
            return f"there is no channel {name}"
        if record.figure:
            return f"{name} is a figure: maths needs x that increases"
        if record.total <= record.first:
            return f"{name} has no samples"
    return None
