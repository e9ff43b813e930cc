"""GET /data as CSV, as a NumPy array and as an Arrow stream."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from serving import Served, serving

from app.api import files
from app.api.export import Column


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def given(scope: Served, query: str) -> bytes:
    response, raw = scope.raw("GET", "/data?" + query)
    assert response.status == 200, raw
    name = query.partition("format=")[2].partition("&")[0]
    assert response.headers["Content-Type"] == files.FILES[name][0]
    assert response.headers["Content-Disposition"] == f'attachment; filename="data.{name}"'
    return raw


def refused(scope: Served, query: str) -> tuple[int, str]:
    status, answer = scope.ask("GET", "/data?" + query)
    return status, answer["code"]


def array(raw: bytes) -> Any:
    return np.load(io.BytesIO(raw))


def table(raw: bytes) -> Any:
    with pa.ipc.open_stream(raw) as stream:
        return stream.read_all()


def test_a_csv_has_a_row_for_each_x(scope: Served) -> None:
    scope.post({"x": [1, 2.5, 3], "channels": {"a": [0.1, None, 3], "=b": [1, 2, 3]}} | {"unit": "V"})
    scope.post({"x": [1, 2.5, 3], "channels": {"a": [0.1, None, 3], "b c": [1, 2, 3]}, "unit": "V"})
    scope.post({"x": [2], "channels": {"d": [7]}})
    assert given(scope, "format=csv").decode() == (
        "x,a [V],b c [V],d\n1.0,0.1,1.0,\n2.0,,,7.0\n2.5,,2.0,\n3.0,3.0,3.0,\n"
    )
    assert given(scope, "format=csv&channel=d&n=1").decode() == "x,d\n2.0,7.0\n"


def test_an_array_has_x_and_the_channels_by_name(scope: Served) -> None:
    scope.post({"x": [1, 2.5, 3], "channels": {"a": [0.1, None, 3], "größe": [1, 2, 3]}})
    back = array(given(scope, "format=npy"))
    assert back.dtype.names == ("x", "a", "größe")
    assert back["x"].tolist() == [1, 2.5, 3]
    np.testing.assert_array_equal(back["a"], [0.1, np.nan, 3])
    assert array(given(scope, "format=npy&channel=a&n=1"))["a"].tolist() == [3]


@pytest.mark.parametrize("names", [["a"], ["größe", "'", '"'], [f"{i:064}" for i in range(1000)]])
def test_an_array_is_read_whatever_the_names(names: list[str]) -> None:
    x = np.arange(10.0)
    written = b"".join(files.npy([Column(name, "", "", "data", x, 2 * x) for name in names]))
    back = np.load(io.BytesIO(written), max_header_size=1 << 20)
    assert back.dtype.names == ("x", *names)
    assert (back[names[-1]] == 2 * x).all()
    assert (len(written) - back.nbytes) % 64 == 0


def test_a_stream_has_x_and_the_channels_with_their_units(scope: Served) -> None:
    scope.post({"x": [1, 2.5], "channels": {"a": [0.1, 2], "b": [1, 2]}, "units": {"a": "V"}, "x_unit": "s"})
    back = table(given(scope, "format=arrow"))
    assert back.column_names == ["x", "a", "b"]
    assert back.to_pydict() == {"x": [1, 2.5], "a": [0.1, 2], "b": [1, 2]}
    assert [field.metadata[b"unit"] for field in back.schema] == [b"s", b"V", b""]


def test_a_million_samples_come_whole_and_thinned_ones_few(scope: Served) -> None:
    for start in range(0, 300_000, 100_000):
        scope.post({"t0": start, "dt": 1, "y": list(range(start, start + 100_000))})
    assert (array(given(scope, "format=npy&n=all"))["ch1"] == np.arange(300_000)).all()
    assert table(given(scope, "format=arrow&n=all")).num_rows == 300_000
    assert given(scope, "format=csv&n=all").count(b"\n") == 300_001
    few = array(given(scope, "format=npy&points=100"))
    assert len(few) <= 100
    assert (few["ch1"].min(), few["ch1"].max()) == (0, 299_999)


def test_what_an_array_cannot_hold_is_refused(scope: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    scope.post({"x": [1, 2], "channels": {"a": [1, 2]}})
    scope.post({"x": [1, 3], "channels": {"b": [1, 2]}})
    scope.post({"x": [1, 2], "channels": {"x": [1, 2]}})
    for name in ("npy", "arrow"):
        assert refused(scope, f"format={name}&channel=a,b") == (400, "bad_parameter")
        assert refused(scope, f"format={name}&channel=x") == (400, "bad_parameter")
    assert refused(scope, "format=xlsx") == (400, "bad_parameter")
    monkeypatch.setattr(files, "MOST_SAMPLES", 3)
    assert refused(scope, "format=csv&channel=a,b") == (413, "too_many_points")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refused(scope, "format=arrow&channel=a") == (400, "bad_parameter")


def test_an_empty_memory_gives_empty_files(scope: Served) -> None:
    assert given(scope, "format=csv") == b"x\n"
    assert len(array(given(scope, "format=npy"))) == 0
    assert table(given(scope, "format=arrow")).num_rows == 0
