"""The files of recordings: every sample as it was stored, for those who read them with pandas, too."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.store import parquet, reading, writing
from app.store.block import FURTHEST, Block, samples, taken
from app.store.mending import mended
from app.store.reading import Unreadable, blocks
from tests.scope.signals import NOW, send

CAME = (1_700_000_000_000_000_000, 1_700_000_001_000_000_000)
START = 1_700_000_000_123_456_789
FORMATS = ["arrow", "csv"]
NAMES = ["channel", "n", "x", "y", "time", "clock", "gap", "unit", "x_unit"]


def memory() -> Memory:
    """A wave with a gap that was sent and one in x, one by the clock, and a name like a formula."""
    made, x = Memory(100_000), np.arange(200) / 100
    y = np.where(x == 0.5, np.nan, np.sin(x))
    made.append([Samples("wave", 0.0, np.where(x > 1, x + 1e3, x), y, Origin.DATA, None, "V", "s")], NOW)
    made.append([Samples("clock", START, x, np.cos(x).astype(np.float32), Origin.CLOCK)], NOW)
    send(made, "-sum, of all", x, 1e150 * x)
    return made


def taken_from(made: Memory, start: int = 0, stop: int = 200) -> list[Block]:
    return [taken(record, start, stop, CAME) for record in made.records.values()]


def recorded(format: str, groups: list[list[Block]], *, end: bool = True) -> bytes:
    writer = writing.WRITERS[format]()
    return b"".join([writer.begin(), *map(writer.block, groups), writer.end() if end else b""])


def read(path: Path, format: str) -> list[Block]:
    return [block for group in blocks(path, format) for block in group]


def file_of(folder: Path, format: str, data: bytes) -> Path:
    path = folder / f"1.{format}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_every_sample_comes_back_as_it_was(tmp_path: Path, format: str) -> None:
    made = memory()
    groups = [taken_from(made, 0, 70), taken_from(made, 70, 200)[:1], taken_from(made, 70, 200)[1:]]
    path = file_of(tmp_path, format, recorded(format, groups))
    found = read(path, format)
    for whole in taken_from(made):
        own = [block for block in found if block.channel == whole.channel]
        assert {(block.unit, block.x_unit) for block in own} == {(whole.unit, whole.x_unit)}
        for name in ("n", "x", "y", "clock", "gap"):
            column = np.concatenate([getattr(block, name) for block in own])
            np.testing.assert_allclose(column, getattr(whole, name), rtol=3e-16 if name == "x" else 0)
    clock = np.concatenate([block.time for block in found if block.channel == "clock"])
    np.testing.assert_array_equal(clock, START + np.arange(200) * 10_000_000)


def test_where_a_line_ends_is_told() -> None:
    wave, *_ = taken_from(memory())
    assert np.flatnonzero(wave.gap).tolist() == [0, 101]
    assert np.flatnonzero(np.isnan(wave.y)).tolist() == [50]
    assert CAME[0] < wave.time[0] < wave.time[-1] == CAME[1]


def test_pandas_reads_an_arrow_recording_at_once() -> None:
    data = recorded("arrow", [taken_from(memory(), 0, 100), taken_from(memory(), 100, 200)])
    frame = pa.ipc.open_stream(data).read_all().to_pandas()
    assert list(frame.columns) == NAMES
    assert set(frame.groupby("channel", observed=True).size()) == {200}
    own = frame[frame.channel == "clock"]
    assert own.time.iloc[1].value == START + 10_000_000
    assert own.unit.iloc[0] == ""


def test_pandas_reads_a_table_at_once() -> None:
    frame = pd.read_csv(io.BytesIO(recorded("csv", [taken_from(memory())])), parse_dates=["time"])
    assert list(frame.columns) == NAMES
    assert frame[frame.channel == "clock"].time.iloc[1].value == START + 10_000_000
    assert set(frame.channel) == {"wave", "clock", "'-sum, of all"}


def test_x_by_the_clock_has_its_nanoseconds_in_a_table() -> None:
    text = recorded("csv", [taken_from(memory(), 0, 2)]).decode()
    assert ",1700000000.123456789,1.0,2023-11-14T22:13:20.123456789Z,1,1,," in text


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("base", [START, -1_500_000_000, -9_000_000_000_000_000_000])
def test_x_by_the_clock_is_kept_also_where_no_time_can_be(tmp_path: Path, format: str, base: int) -> None:
    made, offsets = Memory(1000), np.array([0.0, 0.25, 1e10, 1e140])
    made.append([Samples("far", base, offsets, np.ones(4), Origin.CLOCK)], NOW)
    path = file_of(tmp_path, format, recorded(format, [taken_from(made, 0, 4)]))
    (block,) = read(path, format)
    np.testing.assert_allclose(block.x, base / 1e9 + offsets, rtol=1e-15)
    assert block.time[:2].tolist() == [base, base + 250_000_000]
    assert block.time[3] == pytest.approx(FURTHEST + min(base, 0), abs=1e4)
    assert (np.diff(block.time) >= 0).all()


@pytest.mark.parametrize("format", FORMATS)
def test_a_parquet_file_holds_the_same(tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 300)
    groups = [taken_from(memory(), at, at + 50) for at in range(0, 200, 50)]
    path = file_of(tmp_path, format, recorded(format, groups))
    size = parquet.convert(path, format, tmp_path / "1.parquet", lambda: False)
    assert size == (tmp_path / "1.parquet").stat().st_size
    assert pq.ParquetFile(tmp_path / "1.parquet").num_row_groups == 2
    frame = pd.read_parquet(tmp_path / "1.parquet")
    own = frame[frame.channel == "wave"]
    np.testing.assert_array_equal(own.y, taken_from(memory())[0].y)
    assert list(frame.columns) == NAMES
    assert not list(tmp_path.glob("*.part"))


# what a killed process leaves


@pytest.mark.parametrize("format", FORMATS)
def test_a_recording_that_was_cut_off_is_closed_after_its_last_whole_block(
    tmp_path: Path, format: str
) -> None:
    pieces = [taken_from(memory(), at, at + 20) for at in range(0, 200, 20)]
    whole = recorded(format, pieces, end=False)
    lengths = [len(recorded(format, pieces[:n], end=False)) for n in range(11)]
    random.seed(3)
    for cut in (0, 1, *random.sample(range(len(whole)), 30), len(whole)):
        path = file_of(tmp_path, format, whole[:cut])
        _, size, rows = mended(path, format)
        least = 60 * (sum(length <= cut for length in lengths) - 1)
        assert size == path.stat().st_size
        assert rows == sum(map(len, read(path, format)))
        assert max(least, 0) <= rows <= max(least, 0) + 60
        assert mended(path, format)[1:] == (size, rows)
        if format == "arrow":
            assert pa.ipc.open_stream(path.read_bytes()).read_all().num_rows == rows


@pytest.mark.parametrize("format", FORMATS)
def test_a_recording_that_ended_well_stays_as_it_is(tmp_path: Path, format: str) -> None:
    data = recorded(format, [taken_from(memory())])
    path = file_of(tmp_path, format, data)
    assert mended(path, format)[1:] == (len(data), 600)
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"hello\n", b"\xff" * 100, b"channel,n,x\n1,2,3\n"])
@pytest.mark.parametrize("format", FORMATS)
def test_what_is_no_recording_is_unreadable(tmp_path: Path, format: str, data: bytes) -> None:
    with pytest.raises((Unreadable, OSError)):
        read(file_of(tmp_path, format, data), format)


def test_a_damaged_line_is_unreadable(tmp_path: Path) -> None:
    data = recorded("csv", [taken_from(memory(), 0, 2)]) + b"wave,x,1,1,yesterday,0,0,V,s\n"
    with pytest.raises(Unreadable, match="a line cannot be read"):
        read(file_of(tmp_path, "csv", data), "csv")


@pytest.mark.parametrize(
    "cells",
    [
        "99999999999999999999,1,1,2026-01-01T00:00:00Z",
        "5,nan,1,2026-01-01T00:00:00Z",
        "5,-inf,1,2026-01-01T00:00:00Z",
        "5,1e300,1,2026-01-01T00:00:00Z",
        "5,1,1e999,2026-01-01T00:00:00Z",
        "5,1,-1e200,2026-01-01T00:00:00Z",
        "5,1,1,NaT",
        "5,1,1,3000-01-01T00:00:00Z",
        "5,1,1,1600-01-01T00:00:00Z",
    ],
)
def test_what_no_memory_can_have_had_is_unreadable(tmp_path: Path, cells: str) -> None:
    data = recorded("csv", [taken_from(memory(), 0, 2)]) + f"wave,{cells},0,0,V,s\n".encode()
    with pytest.raises(Unreadable):
        read(file_of(tmp_path, "csv", data), "csv")


@pytest.mark.parametrize(("name", "value"), [("x", np.nan), ("x", np.inf), ("y", np.inf), ("time", 1 << 63)])
def test_neither_is_it_taken_from_a_stream(tmp_path: Path, name: str, value: float) -> None:
    block = taken_from(memory(), 0, 2)[0]
    column = getattr(block, name).copy()
    column[1] = np.iinfo(np.int64).min if name == "time" else value
    data = recorded("arrow", [[replace(block, **{name: column})]])
    with pytest.raises(Unreadable):
        read(file_of(tmp_path, "arrow", data), "arrow")


def test_a_file_that_ends_too_early_is_unreadable_and_one_that_is_gone_is_gone(tmp_path: Path) -> None:
    for format in FORMATS:
        data = recorded(format, [taken_from(memory())])
        path = file_of(tmp_path, format, data[: len(data) // 2 + 1])
        with pytest.raises(Unreadable):
            read(path, format)
        path.unlink()
        with pytest.raises(FileNotFoundError):
            read(path, format)


def test_a_table_is_read_in_the_groups_in_which_it_was_written(tmp_path: Path) -> None:
    wave, clock, _ = taken_from(memory())
    groups = [[wave.part(0, 90), clock.part(0, 90)], [wave.part(90, 99), clock.part(90, 200)]]
    path = file_of(tmp_path, "csv", recorded("csv", groups))
    found = [[(each.channel, len(each)) for each in group] for group in blocks(path, "csv")]
    assert found == [[("wave", 90), ("clock", 90)], [("wave", 9), ("clock", 110)]]


def test_a_group_of_a_table_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LINES", 8)
    monkeypatch.setattr(reading, "MOST", 50)
    path = file_of(tmp_path, "csv", recorded("csv", [taken_from(memory())[:1]]))
    found = [sum(map(len, group)) for group in blocks(path, "csv")]
    assert found == [48, 48, 48, 48, 8]


def test_a_changed_byte_is_unreadable_at_worst_and_what_it_is_in_can_be_closed(tmp_path: Path) -> None:
    data = recorded("arrow", [taken_from(memory(), 0, 20)])
    unreadable = 0
    for at in range(0, len(data), 7):
        path = file_of(tmp_path, "arrow", data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            read(path, "arrow")
        except (Unreadable, OSError):
            unreadable += 1
        mended(path, "arrow")
    assert unreadable > 50


def test_without_the_library_there_are_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(reading, "import_module", missing)
    monkeypatch.setattr(writing, "find_spec", lambda _: None)
    assert writing.there("csv")
    assert not writing.there("arrow")
    with pytest.raises(Unreadable, match="needs pyarrow"):
        read(file_of(tmp_path, "arrow", b""), "arrow")


# played again


def test_what_is_played_has_the_same_x_y_and_nanoseconds() -> None:
    made, again = memory(), Memory(100_000)
    for block in taken_from(made):
        again.append(list(samples(block, block.channel)), NOW)
    for name, record in made.records.items():
        twin = again.records[name]
        np.testing.assert_array_equal(twin.y(0, 200), record.y(0, 200))
        np.testing.assert_allclose(twin.x(0, 200), record.x(0, 200), rtol=1e-15)
        assert (twin.unit, twin.x_unit, twin.origin) == (record.unit, record.x_unit, record.origin)
    assert again.records["clock"].segment().base == START


def test_where_the_clock_takes_over_there_are_two_runs() -> None:
    made = Memory(1000)
    made.append([Samples("a", 5.0, np.arange(3.0), np.ones(3), Origin.DATA)], NOW)
    made.append([Samples("a", START, np.zeros(1), np.ones(1), Origin.CLOCK)], NOW)
    runs = list(samples(taken(made.records["a"], 0, 4, CAME), "b"))
    assert [(run.channel, run.base, run.origin, len(run)) for run in runs] == [
        ("b", 5.0, Origin.DATA, 3),
        ("b", START, Origin.CLOCK, 1),
    ]
