"""Derived channels: maths traces that grow with their operands, trends of measurements, and who has them."""

from __future__ import annotations

import numpy as np
import pytest

from app.dsp.alignment import Signal, aligned
from app.dsp.course import Course
from app.dsp.expression import parse
from app.dsp.measure import Reading
from app.dsp.terms import Inputs
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope.derived import IDLE, KEPT, MOST, Sources
from app.scope.frame import Frame
from app.scope.maths import BLOCK
from app.scope.measuring import Item, Measured, Taken
from app.scope.numbers import number
from app.scope.trend import LEFT
from app.scope.view import View, shown

NOW = 1_700_000_000.0
RNG = np.random.default_rng(7)
N = 3000
EVEN = np.arange(N) / 1000
UNEVEN = np.cumsum(RNG.exponential(1e-3, N))


def samples(name, x, y, unit="V", x_unit="s") -> Samples:
    return Samples(name, 0.0, np.asarray(x, float), np.asarray(y, float), Origin.DATA, None, unit, x_unit)


class Bench:
    """A memory, what is derived of it, and one view that asks for that."""

    def __init__(self, *names: str, points: int = 100_000) -> None:
        self.memory = Memory(points)
        self.sources = Sources(self.memory)
        self.view = View(on=frozenset(names))
        self.now = NOW

    def send(self, **channels) -> None:
        self.memory.append([samples(name, *xy) for name, xy in channels.items()], self.now)
        self.advance()

    def advance(self) -> None:
        while not self.sources.advance(self.view, self.now):
            pass

    def read(self, name: str):
        """x and y of all that is retained."""
        record = self.sources.records[name]
        return record.x(record.first, record.total), np.array(record.y(record.first, record.total))

    def breaks(self, name: str) -> list[int]:
        record = self.sources.records[name]
        return (record.gap_starts(record.first, record.total) - record.first).tolist()


EXPRESSIONS = [
    "a - b", "d(a)", "integral(a)", "integral(d(a)) + d(integral(b))", "d(d(a)) * b", "lowpass(a, 100)",
    "lowpass(d(a), 50) - integral(highpass(b, 20))", "d(bandpass(a, 10, 100))", "abs(a) + t",
]  # fmt: skip


@pytest.mark.parametrize("x", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_blocks_of_any_size_give_what_the_whole_gives(text, x) -> None:
    n, x = 600, x[:600]
    a, b = RNG.normal(5, 1, n), RNG.normal(0, 1, n)
    a[[0, 50, 51, 150, 151, 300]] = b[[180, 190]] = np.nan
    breaks = np.array([0, 100, 101, 240, 400])
    expression, step = parse(text), float(np.median(np.diff(x)))
    whole = expression.window(Inputs(x, {"a": a, "b": b}, breaks, step=step))
    for size in (1, 2, 7, 64, n):
        course, blocks = Course(expression, 0.0, step), []
        for at in range(0, n, size):
            part = slice(at, at + size)
            inside = breaks[(breaks >= at) & (breaks < at + size)] - at
            blocks.append(course.feed(x[part], {"a": a[part], "b": b[part]}, inside))
        blocks.append(course.end())
        assert np.concatenate([block.x for block in blocks]).tolist() == x.tolist()
        found = np.concatenate([block.y for block in blocks])
        scale = np.nanmax(np.abs(whole))
        np.testing.assert_allclose(found / scale, whole / scale, atol=1e-9, err_msg=f"size {size}")
        starts = np.cumsum([0, *(len(block.y) for block in blocks)])
        told = [start + block.breaks for start, block in zip(starts[:-1], blocks, strict=True)]
        assert np.concatenate(told).tolist() == breaks.tolist()


def test_a_filter_at_even_x_is_the_one_of_dsp() -> None:
    from app.dsp.filters import Filter

    y = RNG.normal(3, 1, N)
    for text, kind in {
        "lowpass(a, 100)": Filter("lowpass", 1, 100, zero_phase=False),
        "highpass(a, 50)": Filter("highpass", 50, 1, zero_phase=False),
        "bandpass(a, 50, 100)": Filter("bandpass", 50, 100, zero_phase=False),
    }.items():
        np.testing.assert_allclose(parse(text).of(EVEN, {"a": y}), kind.of(EVEN, y), atol=1e-9)


def test_a_filter_at_uneven_x_passes_what_is_slow_and_stops_what_is_fast() -> None:
    x = np.cumsum(RNG.uniform(0.5e-3, 1.5e-3, 20_000))
    slow, fast = np.sin(2 * np.pi * 2 * x), np.sin(2 * np.pi * 150 * x)
    found = parse("lowpass(a, 20)").of(x, {"a": slow + fast})
    late = np.sin(2 * np.pi * 2 * (x - np.sqrt(2) / (2 * np.pi * 20) - 7e-4))
    assert np.abs(found[2000:] - late[2000:]).max() < 0.1


def test_a_filter_takes_another_step_where_samples_come_at_quite_another_rate() -> None:
    x = np.concatenate((np.arange(100) * 0.01, 1 + np.arange(1, 2000) * 1e-5, 1.02 + np.arange(1, 300) * 0.3))
    for text, expected in {"lowpass(a, 40)": 1.0, "highpass(a, 1)": 0.0}.items():
        found = parse(text).of(x, {"a": np.ones(len(x))})
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("size", [7, 500, N])
def test_channels_with_the_same_x_are_paired_sample_by_sample(size) -> None:
    bench = Bench("=a - b")
    a, b = RNG.normal(size=N), RNG.normal(size=N)
    a[5:9] = np.nan
    for at in range(0, N, size):
        part = slice(at, at + size)
        bench.send(a=(EVEN[part], a[part]), b=(EVEN[part], b[part]))
    x, y = bench.read("=a - b")
    assert x.tolist() == EVEN.tolist()
    np.testing.assert_array_equal(y, a - b)
    assert bench.sources.records["=a - b"].unit == "V"


@pytest.mark.parametrize("size", [5, 17, 1000])
def test_channels_with_different_x_meet_on_that_of_the_denser_one(size) -> None:
    bench = Bench("=a * b")
    slow = np.sort(RNG.uniform(-0.2, 2.9, 400))
    a, b = np.sin(EVEN * 20), np.cos(slow * 20)
    b[[50, 51, 200]] = np.nan
    for at in np.arange(-0.2, 3.1, size / 1000):
        one, two = (at <= EVEN) & (at + size / 1000 > EVEN), (slow >= at) & (slow < at + size / 1000)
        sent = {"a": (EVEN[one], a[one]), "b": (slow[two], b[two])}
        bench.send(**{name: xy for name, xy in sent.items() if len(xy[0])})
    gaps = bench.memory.records["b"].gap_starts(1, 400)
    x, (first, second), breaks = aligned([Signal(EVEN, a), Signal(slow, b, gaps)])
    found_x, found = bench.read("=a * b")
    assert found_x.tolist() == x.tolist()
    np.testing.assert_allclose(found, first * second, atol=1e-9)
    assert bench.breaks("=a * b")[1:] == breaks.tolist()


def test_what_is_retained_is_taken_in_at_first_and_only_what_is_new_then() -> None:
    bench = Bench("=2 * a", points=3 * BLOCK)
    x = np.arange(4 * BLOCK) / 1000
    bench.memory.append([samples("a", x, x)], NOW)
    bench.advance()
    record = bench.sources.records["=2 * a"]
    assert (record.total, record.total - record.first) == (3 * BLOCK, 3 * BLOCK)
    serial = record.serial
    bench.send(a=([x[-1] + 1e-3], [7.0]))
    record = bench.sources.records["=2 * a"]
    assert (record.serial, record.total) == (serial, 3 * BLOCK + 1)
    assert record.y(record.total - 1, record.total).tolist() == [14.0]


def test_a_new_run_of_x_begins_a_new_segment_of_the_trace() -> None:
    bench = Bench("=integral(a)", "=a + b")
    for _ in range(3):
        bench.send(a=(EVEN[:50], np.ones(50)), b=(EVEN[:50], np.ones(50)))
    for name in ("=integral(a)", "=a + b"):
        record = bench.sources.records[name]
        assert (record.total, record.segment().start) == (150, 100)
        np.testing.assert_allclose(record.x(0, 150), np.tile(EVEN[:50], 3))
    assert bench.read("=integral(a)")[1][100] == 0


def test_a_gap_of_an_operand_is_one_of_the_trace() -> None:
    bench = Bench("=d(a)")
    x = np.concatenate((EVEN[:100], EVEN[:100] + 0.5))
    bench.send(a=(x, np.arange(200.0)))
    assert bench.breaks("=d(a)") == bench.memory.records["a"].gap_starts(0, 200).tolist() == [0, 100]


def test_a_channel_that_was_deleted_takes_the_trace_with_it() -> None:
    bench = Bench("=a")
    bench.send(a=(EVEN, EVEN))
    serial = bench.sources.records["=a"].serial
    bench.memory.delete("a")
    bench.advance()
    assert bench.sources.records["=a"].total == 0
    assert bench.sources.why("=a") == "there is no channel a"
    bench.send(a=(EVEN[:5], EVEN[:5]))
    assert (bench.sources.records["=a"].total, bench.sources.why("=a")) == (5, None)
    assert bench.sources.records["=a"].serial != serial


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("=ch7 + a", "there is no channel ch7"),
        ("=a +", "this does not read as an expression"),
        ("=1", "an expression needs a channel"),
        ("=mean(a)", "its mean does not"),
        ("=highpass(a, 600)", "not below half the sample rate"),
        ("=lowpass(a, 1e-9)", "below a millionth"),
        ("=figure + 1", "figure is a figure"),
        ("~a:nothing", "nothing that can be measured"),
    ],
)
def test_what_cannot_be_had_says_why_and_has_no_samples(name, why) -> None:
    bench = Bench(name)
    angle = np.arange(500) / 5
    bench.send(a=(EVEN, EVEN), figure=(np.sin(angle), np.cos(angle)))
    assert why in str(bench.sources.why(name))
    assert bench.sources.records[name].total == 0


def test_units_follow_the_operation() -> None:
    names = {
        "=a + 1": "V", "=a * b": "V·A", "=a / b": "V/A", "=a * a": "V²", "=a - b": "", "=d(a)": "V/s",
        "=integral(a)": "V·s", "=2 * a / a": "", "=lowpass(a, 100)": "V", "=sqrt(a)": "", "=abs(-a)": "V",
    }  # fmt: skip
    bench = Bench(*names)
    bench.memory.append([samples("a", EVEN, EVEN), samples("b", EVEN, EVEN, "A")], NOW)
    bench.advance()
    assert {name: bench.sources.records[name].unit for name in names} == names


def test_a_real_channel_of_that_name_goes_first() -> None:
    bench = Bench("=a")
    bench.send(a=(EVEN, EVEN))
    bench.memory.append([samples("=a", EVEN[:3], [1, 2, 3])], NOW)
    bench.advance()
    assert bench.read("=a")[1].tolist() == [1, 2, 3]


def test_one_record_serves_all_and_goes_when_nobody_asks_any_more() -> None:
    bench = Bench("=a")
    bench.send(a=(EVEN, EVEN))
    record = bench.sources.records["=a"]
    bench.sources.advance(View(on=frozenset(["=a", "=2 * a"])), NOW)
    assert bench.sources.records["=a"] is record
    bench.view = View()
    bench.sources.advance(View(on=frozenset(["=3 * a"])), NOW + KEPT + 1)
    assert list(bench.sources.records) == ["a", "=3 * a"]


def test_a_number_is_free_again_soon_after_nobody_asks_for_it() -> None:
    bench = Bench("=a")
    bench.send(a=(EVEN, EVEN))
    assert number(bench.sources.records["=a"]) == "M1"
    bench.sources.advance(View(on=frozenset(["=b"])), NOW + IDLE / 2)
    assert number(bench.sources.records["=b"]) == "M2"
    bench.sources.advance(View(on=frozenset(["=c", "~a:max"])), NOW + 2 * IDLE)
    assert [number(record) for record in bench.sources.records.values()] == [1, "M1", "T1"]


def test_there_are_only_so_many() -> None:
    bench = Bench(*(f"=a + {n}" for n in range(MOST + 2)))
    bench.send(a=(EVEN, EVEN))
    assert len(bench.sources.records) == 1 + MOST
    assert "as many as this server allows" in str(bench.sources.why("=a + 99"))


def test_nothing_is_worked_out_for_a_trace_that_is_off() -> None:
    bench = Bench()
    bench.view = View(off=frozenset(["=a"]))
    bench.send(a=(EVEN, EVEN))
    assert bench.sources.records["=a"].total == 0


def read(bench: Bench, view: View, value: float | None, item: str = "a:max") -> None:
    """A reading of a view goes into the trends."""
    taken = Taken(Item.of(item), Reading(value, "y", None if value is not None else "no"), "V")
    bench.sources.note(view, Measured(Frame(), (item,), taken=(taken,)), bench.now)
    bench.now += 0.2


def test_a_trend_has_a_sample_for_each_reading_of_one_view() -> None:
    bench = Bench("~a:max")
    bench.advance()
    assert "measures it" in str(bench.sources.why("~a:max"))
    for value in (1.0, None, 3.0):
        read(bench, View(measure=("a:max",)), value)
        read(bench, View(measure=("a:max",), epoch=1), 99.0)
    x, y = bench.read("~a:max")
    np.testing.assert_array_equal(y, [1, np.nan, 3])
    np.testing.assert_allclose(x - NOW, [0, 0.4, 0.8], atol=1e-6)
    record = bench.sources.records["~a:max"]
    assert (record.unit, record.x_unit, bench.sources.why("~a:max")) == ("V", "s", None)


def test_another_view_takes_a_trend_over_when_the_first_has_gone() -> None:
    bench = Bench("~a:max")
    bench.advance()
    read(bench, View(), 1.0)
    bench.now += LEFT
    read(bench, View(epoch=1), 2.0)
    assert bench.read("~a:max")[1].tolist() == [1, 2]


def test_a_trace_takes_the_last_slot_that_is_free() -> None:
    bench = Bench("=a")
    bench.send(a=(EVEN, EVEN), b=(EVEN, EVEN))
    assert {slot: record.name for slot, record in shown(bench.view, bench.sources).items()} == {
        0: "a", 1: "b", 7: "=a",
    }  # fmt: skip
