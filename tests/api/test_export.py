"""Samples as files, against slow and obvious twins."""

from __future__ import annotations

import csv as readers
import io
import zipfile

import numpy as np
import pytest

import app.api.export as export
from app.api.export import Column, cell, csv, header, npz, occurrence
from app.store.cells import FORMULA


def column(x: object, y: object = None, name: str = "a", unit: str = "", x_unit: str = "") -> Column:
    offsets = np.asarray(x, np.float64)
    return Column(name, unit, x_unit, "data", offsets, offsets if y is None else np.asarray(y, np.float64))


def file(*columns: Column) -> str:
    return b"".join(csv(columns, {})).decode()


def slow_rows(columns: list[Column]) -> list[tuple[float, ...]]:
    """The k-th sample at an x of each channel, side by side; NaN where there is none."""
    found: dict[tuple[float, int], list[float]] = {}
    for number, each in enumerate(columns):
        met: dict[float, int] = {}
        for x, y in zip(each.x.tolist(), each.y.tolist(), strict=True):
            met[x] = met.get(x, -1) + 1
            found.setdefault((x, met[x]), [np.nan] * len(columns))[number] = y
    return [(x, *row) for (x, _), row in sorted(found.items())]


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 64, 5000])
@pytest.mark.parametrize("seed", range(6))
def test_rows_are_those_of_the_slow_twin(monkeypatch: pytest.MonkeyPatch, rows: int, seed: int) -> None:
    monkeypatch.setattr(export, "ROWS", rows)
    random = np.random.default_rng(seed)
    lengths = random.integers(0, 200, 4)
    columns = [column(np.sort(random.integers(0, 80, n)) / 3, random.normal(size=n)) for n in lengths]
    found = [line.split(",") for line in file(*columns).splitlines()[1:]]
    numbers = [tuple(float(text) if text else np.nan for text in row) for row in found]
    np.testing.assert_array_equal(np.array(numbers), np.array(slow_rows(columns)))


@pytest.mark.parametrize("n", [0, 1, 2, 8191, 8192, 8193, 16384])
def test_a_file_of_any_length_is_whole(n: int) -> None:
    lines = file(column(np.arange(n))).splitlines()[1:]
    assert lines == [f"{i}.0,{i}.0" for i in range(n)]


def test_many_samples_with_the_same_x_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROWS", 4)
    a, b = column([1] * 50 + [2], range(51)), column([1, 2], [100, 101], "b")
    lines = file(a, b).splitlines()[1:]
    assert lines[0] == "1.0,0.0,100.0"
    assert lines[1:50] == [f"1.0,{i}.0," for i in range(1, 50)]
    assert lines[50:] == ["2.0,50.0,101.0"]


def test_zero_has_no_sign_that_would_part_a_row() -> None:
    assert file(column([-0.0], [1]), column([0.0], [2], "b")).count("\n") == 2


def test_occurrences_count_from_zero() -> None:
    assert occurrence(np.array([1.0, 1, 2, 3, 3, 3])).tolist() == [0, 1, 0, 0, 1, 2]
    assert occurrence(np.empty(0)).tolist() == []


NAMES = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", 'a"b', "a,b", "a\nb", "plain", "ä °C", ""]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_text_for_every_reader(name: str) -> None:
    (read,) = readers.reader(io.StringIO(cell(name) + "\n", newline="")) if name else ([""],)
    assert read in ([name], ["'" + name])
    assert not read[0].startswith(tuple(FORMULA))


def test_the_header_names_units_where_there_are_any() -> None:
    assert header([column([], name="a", unit="V", x_unit="s")]) == b"x [s],a [V]\n"
    assert header([column([], name="-a", x_unit="s"), column([], name="b")]) == b"x,'-a,b\n"
    assert header([column([], name="b", unit="a,b")]) == b'x,"b [a,b]"\n'


@pytest.mark.parametrize("n", [0, 1, 1000, 600_000])
def test_an_archive_gives_back_what_it_was_made_of(n: int) -> None:
    x = np.arange(n) / 7
    y = np.sin(x).astype(np.float32)
    columns = [Column("ä/..:b", "V", "s", "clock", x, y), column(x[::2], name="b")]
    parts = list(npz(columns, {"time": 1.5}))
    assert max(map(len, parts)) < export.BYTES + 10_000
    whole = b"".join(parts)
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None
    arrays = np.load(io.BytesIO(whole), allow_pickle=False)
    np.testing.assert_array_equal(arrays["ä%2F..:b.x"], x)
    np.testing.assert_array_equal(arrays["ä%2F..:b.y"], y)
    np.testing.assert_array_equal(arrays["b.y"], x[::2])
    assert '"time":1.5' in str(arrays["meta"])


def test_an_archive_that_is_given_up_does_no_harm() -> None:
    parts = npz([column(np.arange(1_000_000))], {})
    next(parts)
    next(parts)
    parts.close()
