"""Each format: what is written by hand is read back, and quick ways agree with careful ones."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app.ingest.csv as csv
import app.ingest.line_protocol as line_protocol
import app.ingest.ndjson as ndjson
import app.ingest.teleplot as teleplot
from app.ingest.arrow import LACKING
from app.ingest.batch import Asked, Limits, Partial
from app.ingest.encodings import inflated
from app.ingest.formats import FORMATS, decode, decoder
from app.ingest.text import plain
from app.memory.samples import Origin, Samples
from app.problems import Problem
from scripts.fuzzing.corpus import FAMILIES
from scripts.fuzzing.damage import cases

NOW = 1_700_000_000_123_456_789
FINITE = st.floats(-1e150, 1e150, allow_subnormal=True)
GAPPY = FINITE | st.just(math.nan)
NAMES = st.sampled_from(["a", "ch1", "room 1", "b.c/d", "µ", "Spannung"])
Columns = dict[str, list[float]]


@st.composite
def tables(draw: st.DrawFn, gaps: bool = True) -> Columns:
    """x and up to three channels."""
    n = draw(st.integers(1, 20))
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    ys = {name: draw(st.lists(GAPPY if gaps else FINITE, min_size=n, max_size=n)) for name in names}
    return {"x": draw(st.lists(FINITE, min_size=n, max_size=n)), **ys}


def read(kind: str, body: bytes, **query: str) -> dict[str, tuple[list[float], list[float]]]:
    """x and y of each channel, in order of arrival."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for samples in decode(kind, body, NOW, Limits(), query):
        xs, ys = found.setdefault(samples.channel, ([], []))
        xs += (samples.base + samples.offsets).tolist()
        ys += samples.y.tolist()
    return found


def same(found: dict[str, tuple[list[float], list[float]]], columns: Columns) -> None:
    assert list(found) == [name for name in columns if name != "x"]
    for name, (x, y) in found.items():
        np.testing.assert_array_equal(x, columns["x"])
        np.testing.assert_array_equal(y, columns[name])


def as_csv(columns: Columns) -> bytes:
    rows = [",".join(map(cell, row)) for row in zip(*columns.values(), strict=True)]
    return "\n".join([",".join(columns), *rows]).encode()


def cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def as_arrow(columns: Columns) -> bytes:
    table, made = pa.table(columns), io.BytesIO()
    with pa.ipc.new_stream(made, table.schema) as stream:
        stream.write_table(table)
    return made.getvalue()


def as_npy(columns: Columns) -> bytes:
    made = io.BytesIO()
    np.save(made, np.array(list(columns.values())).T)
    return made.getvalue()


def as_raw(columns: Columns) -> bytes:
    return np.array(list(columns.values()), "<f8").T.tobytes()


WRITERS: dict[str, Callable[[Columns], bytes]] = {
    "text/csv": as_csv,
    "application/vnd.apache.arrow.stream": as_arrow,
    "application/x-npy": as_npy,
    "application/octet-stream": as_raw,
}


@pytest.mark.parametrize("kind", WRITERS)
@given(columns=tables())
@settings(max_examples=60, deadline=None)
def test_a_table_is_read_as_it_was_written(kind: str, columns: Columns) -> None:
    named = (
        {} if kind in ("text/csv", "application/vnd.apache.arrow.stream") else {"channel": ",".join(columns)}
    )
    same(read(kind, WRITERS[kind](columns), dtype="f8", **named), columns)


@given(columns=tables(gaps=False))
@settings(max_examples=60, deadline=None)
def test_lines_of_json_are_read_as_they_were_written(columns: Columns) -> None:
    names = [name for name in columns if name != "x"]
    rows = zip(*columns.values(), strict=True)
    lines = [
        f'{{"x": {x!r}, "y": {y!r}, "channel": "{name}"}}'
        for x, *ys in rows
        for name, y in zip(names, ys, strict=True)
    ]
    same(read("application/x-ndjson", "\n".join(lines).encode()), columns)


@given(columns=tables(gaps=False))
@settings(max_examples=60, deadline=None)
def test_pairs_of_teleplot_are_read_as_they_were_written(columns: Columns) -> None:
    names = [name for name in columns if name != "x"]
    pairs = {name: zip(columns["x"], columns[name], strict=True) for name in names}
    lines = [f"{name}:{';'.join(f'{x!r}:{y!r}' for x, y in pairs[name])}|xy" for name in names]
    same(read("text/x-teleplot", "\n".join(lines).encode()), columns)


@given(
    stamps=st.lists(st.integers(0, 2**61), min_size=1, max_size=20),
    fields=st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True),
    ys=st.lists(FINITE, min_size=60, max_size=60),
    odd=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_line_protocol_is_read_as_it_was_written(
    stamps: list[int], fields: list[str], ys: list[float], odd: bool
) -> None:
    rows = [ys[3 * i : 3 * i + len(fields)] for i in range(len(stamps))]
    text = ',s="a, b"' if odd else ""
    lines = [
        f"m,t=v {','.join(f'{f}={y!r}' for f, y in zip(fields, row, strict=True))}{text} {stamp}"
        for stamp, row in zip(stamps, rows, strict=True)
    ]
    found = decode("text/x-influx", "\n".join(lines).encode(), NOW, Limits())
    assert [samples.channel for samples in found] == [f"m.{f}/v" for f in fields]
    for k, samples in enumerate(found):
        assert samples.y.tolist() == [row[k] for row in rows]
        near = max(stamps) - min(stamps) < 1000 * 10**9  # then nanoseconds have to be told apart
        assert samples.base == stamps[0] // 10**9 or not near
        exact = [(stamp - int(samples.base) * 10**9) / 10**9 for stamp in stamps]
        np.testing.assert_allclose(samples.offsets, exact, rtol=1e-15, atol=1e-15)


# Quick ways and careful ones


def values(samples: Samples) -> tuple[list[str], str]:
    """x and y, NaN like NaN; x as far as it is the same however it was divided."""
    return [f"{x:.9g}" for x in samples.base + samples.offsets], repr(samples.y.tolist())


def told(work: Callable[[], list[Samples]]) -> list[tuple[Any, ...]] | str:
    """The samples, or the code of the problem."""
    try:
        return [(*values(samples), samples.channel, samples.origin, samples.unit) for samples in work()]
    except Problem as problem:
        return problem.code


@pytest.mark.parametrize(
    ("family", "module", "read"),
    [
        ("influx", line_protocol, line_protocol.line_samples),
        ("csv", csv, csv.csv_samples),
        ("teleplot", teleplot, teleplot.teleplot_samples),
        ("lines", ndjson, ndjson.ndjson_samples),
    ],
)
def test_the_quick_way_agrees_with_the_careful_one_on_damaged_bodies(
    family: str, module: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(NOW)
    bodies = [case.body for _, case in cases(family, 11, 3000)]
    bodies += [seed.body for seed in FAMILIES[family]]
    quick = [told(lambda body=body: read(body, asked)) for body in bodies]  # type: ignore[misc]
    monkeypatch.setattr(module, "quick" if hasattr(module, "quick") else "flat_points", lambda *_: None)
    careful = [told(lambda body=body: read(body, asked)) for body in bodies]  # type: ignore[misc]
    for body, one, other in zip(bodies, quick, careful, strict=True):
        assert one == other, body
    assert sum(type(one) is list for one in quick) > 100


def test_an_odd_line_changes_nothing_about_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [b"%d,%d" % (i, i % 7) for i in range(2000)]
    points = [b"m,h=%d v=%d %d" % (i // 700, i % 7, i) for i in range(2000)]
    for at in (0, 300, 1999):
        rows[at], points[at] = b"1,two", b"m v=x 1"
    points[900], rows[900] = rb"m\ n v=1 1", b'"900","4"'
    for skip in ({}, {"on_error": "skip"}):
        asked = Asked(NOW, Limits(), skip)
        for module, read, body in (
            (csv, csv.csv_samples, b"x,a\n" + b"\n".join(rows)),
            (line_protocol, line_protocol.line_samples, b"\n".join(points)),
        ):
            quick = outcome_of(lambda read=read, body=body, asked=asked: read(body, asked))  # type: ignore[misc]
            with monkeypatch.context() as patched:
                patched.setattr(module, "quick", lambda *_: None)
                assert outcome_of(lambda read=read, body=body, asked=asked: read(body, asked)) == quick  # type: ignore[misc]
            assert len(quick[1]) == 3


def outcome_of(work: Callable[[], list[Samples]]) -> tuple[Any, list[Any]]:
    """The samples, or the code of the problem; and what was wrong."""
    try:
        batch = work()
    except Problem as problem:
        return problem.code, list(problem.faults)
    assert isinstance(batch, Partial)
    return told(lambda: batch), list(batch.faults)


# Which format it is


@pytest.mark.parametrize("family", ["lines", "csv", "npy", "teleplot", "influx", "arrow", "json"])
def test_a_body_without_a_type_is_taken_for_what_it_is(family: str) -> None:
    for seed in FAMILIES[family]:
        if seed.kind:
            assert decoder("", seed.body, {}) is FORMATS[seed.kind], seed.body[:60]


JSONISH = [
    *["{", '{"x"', "[", "hello", "x=1&y=2", "{'x': 1}", "1", "", "nul", '"x"', "a b c"],
    *["1,2\n3,4", "ab\ncd"],
]


@pytest.mark.parametrize("text", JSONISH)
def test_what_looks_like_nothing_is_taken_for_json(text: str) -> None:
    assert decoder("text/plain", text.encode(), {}) is FORMATS["application/json"]


def test_a_json_point_is_read_under_any_type_but_those_of_other_formats() -> None:
    for kind in ("application/xml", "multipart/form-data; boundary=x", "image/png", "text/html"):
        (samples,) = decode(kind, b'{"x": 1, "y": 2}', NOW, Limits())
        assert samples.origin is Origin.DATA


# Arrow without pyarrow, bounds


def test_without_pyarrow_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(Problem) as caught:
        decode("application/vnd.apache.arrow.stream", b"", NOW, Limits())
    assert (caught.value.status, caught.value.message) == (415, LACKING)
    assert "pip install" in LACKING


def test_a_bomb_is_given_up_long_before_it_is_large() -> None:
    import gzip
    import tracemalloc

    import zstandard

    for encoding, pack in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        bomb = pack(b" " * 100_000_000)
        tracemalloc.start()
        with pytest.raises(Problem, match="100 times"):
            inflated(encoding, bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
        tracemalloc.stop()


def test_a_body_that_begins_with_silence_is_no_bomb() -> None:
    import gzip
    import random

    import zstandard

    body = bytes(1_000_000) + random.Random(1).randbytes(1_000_000)
    for encoding, pack in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        assert inflated(encoding, pack(body)) == body


def test_too_many_lines_are_refused_before_they_are_read() -> None:
    for kind in ("text/csv", "text/x-influx", "text/x-teleplot", "application/x-ndjson"):
        with pytest.raises(Problem) as caught:
            decode(kind, b"?\n" * 1000, NOW, Limits(samples=100))
        assert caught.value.code == "too_many_points"
    with pytest.raises(Problem) as caught:
        decode("application/json", b"[" + b"1," * 1_000_000, NOW, Limits())
    assert caught.value.code == "too_many_points"


TOO_LONG = {
    "spaces": ("application/json", b" " * 4_200_000, "body_too_large"),
    "empty lines": ("application/x-ndjson", b" " * 8_400_000, "body_too_large"),
    "rows with quotes": ("text/csv", b"x,a\n" + b'"1.000000","two"\n' * 80_000, "body_too_large"),
    "lines with escapes": ("text/x-influx", b"m\\ a v=1 1\n" * 99_000, "body_too_large"),
    "telegrams": ("text/x-teleplot", b"a:1:1234567|g\n" * 99_000, "body_too_large"),
    "fields": ("text/x-influx", b"m " + b"a=1," * 300_000 + b"a=1", "too_many_points"),
    "blocks": ("application/x-ndjson", b'{"dt":1,"y":[1,2,3,4,5,6]}\n' * 30_000, "too_many_points"),
    "columns": ("text/csv", b"a," * 300_000 + b"b\n1", "too_many_channels"),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_text_that_would_take_long_is_refused(name: str) -> None:
    kind, body, code = TOO_LONG[name]
    with pytest.raises(Problem) as caught:
        decode(kind, body, NOW, Limits())
    assert caught.value.code == code


def test_ends_of_lines_are_all_the_same() -> None:
    assert plain(b"\xef\xbb\xbfa\r\nb\rc\n\n", Asked(NOW)) == b"a\nb\nc"
