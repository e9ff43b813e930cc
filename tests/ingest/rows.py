"""What a sender may send and what it gets back, format by format: the rows of the contract."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import zstandard

NPY, ARROW = "application/x-npy", "application/vnd.apache.arrow.stream"
RAW, LINES, CSV = "application/octet-stream", "application/x-ndjson", "text/csv"
PLOT, INFLUX, JSON = "text/x-teleplot", "text/x-influx", "application/json"
NAN = float("nan")


@dataclass(frozen=True)
class Good:
    """A body that is stored: what of it each channel has then, as y, or as (x, y)."""

    name: str
    kind: str
    body: bytes
    channels: dict[str, Any]
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    unit: str | None = None


@dataclass(frozen=True)
class Bad:
    """A body that is refused: status, code, words of the message, line or index of the first error."""

    name: str
    kind: str
    body: bytes
    status: int
    code: str
    words: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    index: int | None = None


def npy(array: Any) -> bytes:
    made = io.BytesIO()
    np.save(made, np.asarray(array), allow_pickle=False)
    return made.getvalue()


def pickled() -> bytes:
    made = io.BytesIO()
    np.save(made, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return made.getvalue()


def arrow(columns: dict[str, Any], options: Any = None) -> bytes:
    table, made = pa.table(columns), io.BytesIO()
    with pa.ipc.new_stream(made, table.schema, options=options) as stream:
        stream.write_table(table)
    return made.getvalue()


F4 = np.array([1, 2, 3, 4], "<f4")
NAMED = np.array([(0.0, 1.5), (1.0, 2.5)], [("time", "<f8"), ("a", "<f4")])
POINT = b'{"x": 1, "y": 2}'
PACKED = pa.ipc.IpcWriteOptions(compression="zstd") if pa.Codec.is_available("zstd") else None

GOOD = [
    # JSON lines
    Good("lines", LINES, b'{"x":1,"y":2}\n{"x":2,"y":3}\n', {"ch1": ([1, 2], [2, 3])}),
    Good("lines of CRLF", LINES, b'{"x":1,"y":2}\r\n\r\n{"x":2,"y":3}\r\n', {"ch1": [2, 3]}),
    Good("lines of channels", LINES, b'{"x":1,"y":2,"channel":"a"}\n{"x":1,"y":5}', {"a": [2], "ch1": [5]}),
    Good("a block a line", LINES, b'{"t0":0,"dt":1,"y":[1,2]}\n{"t0":2,"dt":1,"y":[3]}', {"ch1": [1, 2, 3]}),
    Good("one line", LINES, POINT, {"ch1": ([1], [2])}),
    Good("lines by their looks", "", b'{"x":1,"y":2}\n{"x":2,"y":3}', {"ch1": [2, 3]}),
    Good("the other name of lines", "application/ndjson", POINT, {"ch1": [2]}),
    # CSV
    Good("csv", CSV, b"x,a,b\n0,1,2\n1,3,4\n", {"a": ([0, 1], [1, 3]), "b": ([0, 1], [2, 4])}),
    Good("csv with units", CSV, b"time [s],a [V],b(A)\n0,1,2\n", {"a": [1], "b": [2]}, unit="V"),
    Good("csv by rate", CSV, b"a\n1\n2\n3", {"a": ([0, 0.5, 1], [1, 2, 3])}, "t0=0&rate=2"),
    Good("csv of one row", CSV, b"a,b\n1,2", {"a": [1], "b": [2]}),
    Good("csv with gaps", CSV, b"t,a,b\n0,,2\n1,nan,4", {"a": [NAN, NAN], "b": [2, 4]}),
    Good("csv with spaces", CSV, b'"t", "a"\n 0 , 1 \n1, 2', {"a": ([0, 1], [1, 2])}),
    Good("csv with quotes", CSV, b't,a\n"0","1"\n"1","2"', {"a": [1, 2]}),
    Good("csv by semicolon", CSV, b"t;a\n0,5;1,5\n1,5;2", {"a": ([0.5, 1.5], [1.5, 2])}),
    Good("csv by tab", CSV, b"t\ta\n0\t1\n1\t2", {"a": [1, 2]}),
    Good("csv with comments", CSV, b"# made by\nt,a\n0,1\n# half\n1,2\n", {"a": ([0, 1], [1, 2])}),
    Good("csv of a BOM", CSV, b"\xef\xbb\xbft,a\r\n0,1\r\n1,2\r\n", {"a": [1, 2]}),
    Good("csv of odd numbers", CSV, b"x,a\n+1,.5\n2.,1e1\n03,4", {"a": ([1, 2, 3], [0.5, 10, 4])}),
    Good("csv without header", CSV, b"0,1\n1,2", {"a": ([0, 1], [1, 2])}, "channel=x,a"),
    Good("csv by its looks", "text/plain", b"t,a\n0,1\n1,2", {"a": [1, 2]}),
    # bare numbers
    Good("f4", RAW, F4.tobytes(), {"ch1": ([0, 0.1, 0.2, 0.3], [1, 2, 3, 4])}, "dtype=f4&rate=10&t0=0"),
    Good("f4, two channels", RAW, F4.tobytes(), {"a": [1, 3], "b": [2, 4]}, "dtype=float32&dt=1&channel=a,b"),
    Good("f8 with x", RAW, F4.astype("<f8").tobytes(), {"a": ([1, 3], [2, 4])}, "dtype=f8&channel=x,a"),
    Good("i2", RAW, F4.astype("<i2").tobytes(), {"ch1": [1, 2, 3, 4]}, "dtype=i2&rate=10"),
    Good("raw without a type", "", F4.tobytes(), {"ch1": [1, 2, 3, 4]}, "dtype=f4&rate=10"),
    Good("f4 with a gap", RAW, np.array([1, NAN], "<f4").tobytes(), {"ch1": [1, NAN]}, "dtype=f4&rate=1"),
    Good(
        "raw with a unit",
        RAW,
        F4.tobytes(),
        {"a": [1, 2, 3, 4]},
        "dtype=f4&rate=1&channel=a&unit=V",
        unit="V",
    ),
    # .npy
    Good("npy", NPY, npy(F4), {"ch1": [1, 2, 3, 4]}, "rate=10"),
    Good("npy of two columns", NPY, npy(F4.reshape(2, 2)), {"ch1": [1, 3], "ch2": [2, 4]}, "rate=10"),
    Good("npy in Fortran's order", NPY, npy(np.asfortranarray(F4.reshape(2, 2))), {"ch1": [1, 3]}, "rate=10"),
    Good("npy with x", NPY, npy(F4.reshape(2, 2)), {"a": ([1, 3], [2, 4])}, "channel=x,a"),
    Good("npy of names", NPY, npy(NAMED), {"a": ([0, 1], [1.5, 2.5])}),
    Good("npy of big endian", NPY, npy(F4.astype(">i4")), {"ch1": [1, 2, 3, 4]}, "dt=1"),
    Good("npy by its looks", "", npy(F4), {"ch1": [1, 2, 3, 4]}, "rate=10"),
    # Arrow
    Good("arrow", ARROW, arrow({"x": [0.0, 1.0], "a": [1, 2]}), {"a": ([0, 1], [1, 2])}),
    Good("arrow with nulls", ARROW, arrow({"x": [0.0, 1.0], "a": [1.5, None]}), {"a": [1.5, NAN]}),
    Good("arrow of integers with nulls", ARROW, arrow({"a": [1, None]}), {"a": [1, NAN]}, "dt=1"),
    Good(
        "arrow with times",
        ARROW,
        arrow({"time": pa.array([10**9, 1_500_000_000], pa.timestamp("ns")), "a": [1, 2]}),
        {"a": ([1, 1.5], [1, 2])},
    ),
    Good("arrow by its looks", "", arrow({"x": [0.0, 1.0], "a": [1, 2]}), {"a": ([0, 1], [1, 2])}),
    # teleplot
    Good("teleplot", PLOT, b"a:1500:2\na:2500:3", {"a": ([1.5, 2.5], [2, 3])}),
    Good("teleplot with a unit", PLOT, "a:1000:2§V\nb:1000:3".encode(), {"a": [2], "b": [3]}, unit="V"),
    Good("teleplot now", PLOT, b"a:2|g", {"a": [2]}),
    Good("teleplot, many on a line", PLOT, b"a:1000:1;2000:2;3000:3|np", {"a": ([1, 2, 3], [1, 2, 3])}),
    Good("teleplot of x and y", PLOT, b"a:1:2;3:4|xy", {"a": ([1, 3], [2, 4])}),
    Good("teleplot of x, y and time", PLOT, b"a:1:2:1627551892437|xy", {"a": ([1], [2])}),
    Good("teleplot by its looks", "text/plain", b">a:1000:2.5\n", {"a": ([1], [2.5])}),
    # line protocol
    Good("influx", INFLUX, b"m v=1.5 1000000000\nm v=2 2500000000", {"m.v": ([1, 2.5], [1.5, 2])}),
    Good("influx with tags", INFLUX, b"room,b=2,a=lab t=21.5 1", {"room.t/lab/2": [21.5]}),
    Good(
        "influx of many fields",
        INFLUX,
        b"m a=1,b=2i,c=3u 1\nm a=4 2",
        {"m.a": [1, 4], "m.b": [2], "m.c": [3]},
    ),
    Good("influx now", INFLUX, b"m v=1", {"m.v": [1]}),
    Good("influx in seconds", INFLUX, b"m v=1 5", {"m.v": ([5], [1])}, "precision=s"),
    Good("influx in ms", INFLUX, b"m v=1 5000\n", {"m.v": ([5], [1])}, "precision=ms"),
    Good("influx with escapes", INFLUX, rb"my\ m,t=a\ b v=1 1", {"my m.v/a b": [1]}),
    Good("influx with texts", INFLUX, b'm s="a, b=c",v=1,u="" 1\nm v=2 2', {"m.v": [1, 2]}),
    Good("influx with comments", INFLUX, b"# made by\n\nm v=1 1\n", {"m.v": [1]}),
    Good(
        "influx by its looks", "text/plain; charset=utf-8", b"m,h=a v=1,w=2 1", {"m.v/a": [1], "m.w/a": [2]}
    ),
    # encodings
    Good("gzip", JSON, gzip.compress(POINT), {"ch1": [2]}, headers={"Content-Encoding": "gzip"}),
    Good("gzip in capitals", JSON, gzip.compress(POINT), {"ch1": [2]}, headers={"Content-Encoding": "GZIP"}),
    Good(
        "gzip in two members",
        JSON,
        gzip.compress(POINT[:5]) + gzip.compress(POINT[5:]),
        {"ch1": [2]},
        headers={"Content-Encoding": "gzip"},
    ),
    Good("zstd", CSV, zstandard.compress(b"t,a\n0,1"), {"a": [1]}, headers={"Content-Encoding": "zstd"}),
    # good in part
    Good(
        "skip points",
        JSON,
        b'[{"x":1,"y":2},{"x":2,"y":null},{"x":3,"y":4}]',
        {"ch1": [2, 4]},
        "on_error=skip",
    ),
    Good("skip in a column", JSON, b'{"t0":0,"dt":1,"y":[1,true,3]}', {"ch1": [1, NAN, 3]}, "on_error=skip"),
    Good("skip a row", JSON, b'{"x":[1,"2",3],"y":[1,2,3]}', {"ch1": ([1, 3], [1, 3])}, "on_error=skip"),
    Good(
        "skip lines",
        LINES,
        b'{"x":1,"y":2}\nnonsense\n{"x":2}\n{"x":3,"y":4}',
        {"ch1": [2, 4]},
        "on_error=skip",
    ),
    Good("skip csv", CSV, b"x,a\n0,1\n1\n2,two\n3,4", {"a": ([0, 3], [1, 4])}, "on_error=skip"),
    Good("skip csv of steps", CSV, b"a\n1\nb\n3", {"a": ([0, 1, 2], [1, NAN, 3])}, "on_error=skip&t0=0&dt=1"),
    Good("skip influx", INFLUX, b"m v=1 1\nm v=true 2\nm\nm v=4 4", {"m.v": [1, 4]}, "on_error=skip"),
    Good("skip teleplot", PLOT, b"a:1:1\na:one:2\na:3:3", {"a": [1, 3]}, "on_error=skip"),
    Good(
        "skip numbers",
        RAW,
        np.array([0, 1, NAN, 2, 3, np.inf, 4, 5], "<f8").tobytes(),
        {"a": ([0, 3, 4], [1, NAN, 5])},
        "dtype=f8&channel=x,a&on_error=skip",
    ),
]

BAD = [
    # JSON lines
    Bad("a line of no JSON", LINES, b'{"x":1,"y":2}\n{"x":', 400, "bad_json", "line 2", line=2),
    Bad(
        "a line without y",
        LINES,
        b'{"x":1,"y":2}\n\n{"x":2}',
        400,
        "invalid_sample",
        "line 3",
        line=3,
        index=1,
    ),
    Bad("a line of a number", LINES, b"1", 400, "invalid_sample", "line 1", line=1),
    Bad("a bad block", LINES, b'{"x":1,"y":2}\n{"dt":1,"y":["1"]}', 400, "invalid_sample", "line 2", line=2),
    Bad("two lines without x", LINES, b'{"y":1}\n{"y":2}', 400, "invalid_sample", "without x", line=2),
    Bad("no line", LINES, b"\n\n", 400, "empty_body", "empty"),
    Bad("a name in lines", LINES, b'{"y":1,"channel":"<"}', 422, "bad_channel_name", "line 1", line=1),
    Bad("lines of Latin-1", LINES, b'{"y":1,"unit":"\xb0"}', 400, "not_utf8", "UTF-8"),
    # CSV
    Bad("csv of nothing", CSV, b"", 400, "empty_body", "empty"),
    Bad("csv of a header", CSV, b"x,a\n", 400, "invalid_sample", "no row"),
    Bad("csv of a header and a comment", CSV, b"x,a\n#", 400, "invalid_sample", "no row"),
    Bad("csv of numbers", CSV, b"0,1\n1,2", 400, "invalid_sample", "names", line=1),
    Bad("csv of a word", CSV, b"x,a\n0,1\n1,two\n", 400, "invalid_sample", "line 3", line=3, index=1),
    Bad("csv, short row", CSV, b"x,a\n0,1\n1\n", 400, "invalid_sample", "1 cells", line=3, index=1),
    Bad("csv, long row", CSV, b"x,a\n0,1,2\n", 400, "invalid_sample", "3 cells", line=2, index=0),
    Bad("csv without x", CSV, b"a\n1\n2", 400, "invalid_sample", "without x, dt or rate"),
    Bad("csv, x missing", CSV, b"x,a\n,1\n", 400, "invalid_sample", "x is not", line=2, index=0),
    Bad("csv beyond", CSV, b"x,a\n0,1e151\n", 400, "out_of_range", "beyond", line=2, index=0),
    Bad("csv of infinity", CSV, b"x,a\n0,inf\n", 400, "invalid_sample", "y is not a finite", line=2),
    Bad("csv, two names", CSV, b"x,a,a\n0,1,2\n", 400, "invalid_sample", "same name"),
    Bad("csv, two x", CSV, b"x,t,a\n0,1,2\n", 400, "invalid_sample", "two columns of x"),
    Bad("csv, no channel", CSV, b"x\n0\n1\n", 400, "invalid_sample", "no column but x"),
    Bad("csv, no name", CSV, b"x,\n0,1\n", 400, "invalid_sample", "no name"),
    Bad("csv, a bad name", CSV, b"x,<a>\n0,1\n", 422, "bad_channel_name", "letters"),
    Bad("csv, a bad unit", CSV, b"x,a [$]\n0,1\n", 422, "bad_unit", "unit"),
    Bad("csv, x and rate", CSV, b"x,a\n0,1\n", 400, "invalid_sample", "beside", "rate=5"),
    Bad("csv, header and names", CSV, b"x,a\n0,1\n", 400, "bad_parameter", "header", "channel=a"),
    Bad("csv of too many", CSV, b"a\n" + b"1\n" * 501, 413, "too_many_points", "500", "rate=1"),
    Bad("csv of UTF-16", CSV, "x,a\n0,1".encode("utf-16"), 400, "not_utf8", "UTF-8"),
    # bare numbers
    Bad("raw of no type", RAW, b"\x01\x02\x03\x04", 400, "bad_parameter", "dtype"),
    Bad("raw of an odd type", RAW, F4.tobytes(), 400, "bad_parameter", "dtype", "dtype=f2&rate=1"),
    Bad("raw cut off", RAW, F4.tobytes()[:-1], 400, "invalid_sample", "15 bytes", "dtype=f4&rate=1"),
    Bad(
        "raw, odd channels",
        RAW,
        F4.tobytes(),
        400,
        "invalid_sample",
        "whole",
        "dtype=f4&rate=1&channel=a,b,c",
    ),
    Bad("raw of nothing", RAW, b"", 400, "empty_body", "empty", "dtype=f4&rate=1"),
    Bad("raw without rate", RAW, F4.tobytes(), 400, "invalid_sample", "without x", "dtype=f4"),
    Bad("raw x of f4", RAW, F4.tobytes(), 400, "bad_parameter", "dtype=f8", "dtype=f4&channel=x,a"),
    Bad(
        "raw, infinite",
        RAW,
        np.array([1, np.inf], "<f4").tobytes(),
        400,
        "invalid_sample",
        "sample 1",
        "dtype=f4&rate=1",
        index=1,
    ),
    Bad(
        "raw beyond",
        RAW,
        np.array([1, 1e200], "<f8").tobytes(),
        400,
        "out_of_range",
        "beyond",
        "dtype=f8&rate=1",
        index=1,
    ),
    Bad(
        "raw, NaN as x",
        RAW,
        np.array([NAN, 1], "<f8").tobytes(),
        400,
        "invalid_sample",
        "x is",
        "dtype=f8&channel=x,a",
        index=0,
    ),
    Bad("raw, rate of nothing", RAW, F4.tobytes(), 400, "invalid_sample", "above 0", "dtype=f4&rate=0"),
    Bad("raw, rate of a word", RAW, F4.tobytes(), 400, "bad_parameter", "rate", "dtype=f4&rate=fast"),
    Bad("raw, rate of nan", RAW, F4.tobytes(), 400, "bad_parameter", "rate", "dtype=f4&rate=nan"),
    Bad("raw, rate and dt", RAW, F4.tobytes(), 400, "invalid_sample", "dt and rate", "dtype=f4&rate=1&dt=1"),
    Bad(
        "raw, a bad name",
        RAW,
        F4.tobytes(),
        422,
        "bad_channel_name",
        "letters",
        "dtype=f4&rate=1&channel=%3C",
    ),
    Bad("raw, too many units", RAW, F4.tobytes(), 422, "bad_unit", "units", "dtype=f4&rate=1&unit=V,A"),
    Bad("raw of too many", RAW, b"\0" * 4004, 413, "too_many_points", "1000", "dtype=f4&rate=1"),
    Bad("raw, too long", RAW, b"\0" * 20_001, 413, "body_too_large", "20000", "dtype=f4&rate=1"),
    Bad("a parameter twice", RAW, F4.tobytes(), 400, "bad_parameter", "twice", "dtype=f4&rate=1&rate=2"),
    Bad("a query of no UTF-8", RAW, F4.tobytes(), 400, "bad_parameter", "query", "dtype=%ff"),
    Bad("an odd on_error", JSON, POINT, 400, "bad_parameter", "on_error", "on_error=ignore"),
    # .npy
    Bad("npy of objects", NPY, pickled(), 400, "invalid_sample", "unpickled"),
    Bad("npy of texts", NPY, npy(["a", "b"]), 400, "invalid_sample", "numbers"),
    Bad("npy of truths", NPY, npy([True, False]), 400, "invalid_sample", "numbers"),
    Bad("npy of complex", NPY, npy([1j]), 400, "invalid_sample", "numbers"),
    Bad("npy cut off", NPY, npy(F4)[:-1], 400, "invalid_sample", "16 bytes", "rate=1"),
    Bad(
        "npy of three dimensions",
        NPY,
        npy(F4.reshape(1, 2, 2)),
        400,
        "invalid_sample",
        "dimensions",
        "rate=1",
    ),
    Bad("npy of none", NPY, npy(np.float64(1)), 400, "invalid_sample", "dimensions", "rate=1"),
    Bad("npy of no samples", NPY, npy(np.zeros(0)), 400, "invalid_sample", "at least one", "rate=1"),
    Bad(
        "npy of a huge shape",
        NPY,
        npy(F4).replace(b"(4,), }      ", b"(999999999,)}"),
        400,
        "invalid_sample",
        "NumPy",
        "rate=1",
    ),
    Bad("npy of nothing", NPY, b"", 400, "invalid_sample", "begin"),
    Bad("npy of JSON", NPY, POINT, 400, "invalid_sample", "begin"),
    Bad(
        "npy of other names",
        NPY,
        npy(F4.reshape(2, 2)),
        400,
        "invalid_sample",
        "names 3",
        "rate=1&channel=a,b,c",
    ),
    # Arrow
    Bad("arrow of nothing", ARROW, b"", 400, "invalid_sample", "Arrow"),
    Bad("arrow of JSON", ARROW, POINT, 400, "invalid_sample", "Arrow"),
    Bad("arrow cut off", ARROW, arrow({"x": [0.0], "a": [1]})[:300], 400, "invalid_sample", "Arrow"),
    Bad("arrow of texts", ARROW, arrow({"x": [0.0], "a": ["b"]}), 400, "invalid_sample", "numbers"),
    Bad("arrow of truths", ARROW, arrow({"x": [0.0], "a": [True]}), 400, "invalid_sample", "bool"),
    Bad("arrow of lists", ARROW, arrow({"x": [0.0], "a": [[1]]}), 400, "invalid_sample", "list"),
    Bad(
        "arrow, compressed",
        ARROW,
        arrow({"a": np.zeros(500)}, PACKED),
        400,
        "invalid_sample",
        "compressed",
        "rate=1",
    ),
    Bad("arrow without x", ARROW, arrow({"a": [1, 2]}), 400, "invalid_sample", "without x"),
    Bad(
        "arrow, null as x",
        ARROW,
        arrow({"x": [0.0, None], "a": [1, 2]}),
        400,
        "invalid_sample",
        "x is",
        index=1,
    ),
    # teleplot
    Bad("teleplot of a word", PLOT, b"a:1:1\na:1:one", 400, "invalid_sample", "line 2", line=2, index=1),
    Bad("teleplot of comments", PLOT, b"#a:1500:2.5\n# b", 400, "invalid_sample", "no sample"),
    Bad("teleplot of no colon", PLOT, b"a=1", 400, "invalid_sample", "name:value", line=1),
    Bad("teleplot of a text", PLOT, b"a:1:hello|t", 400, "invalid_sample", "texts", line=1),
    Bad("teleplot of a shape", PLOT, b"3D|a:S:cube", 400, "invalid_sample", "", line=1),
    Bad("teleplot of four parts", PLOT, b"a:1:2:3", 400, "invalid_sample", "written", line=1),
    Bad("teleplot of one part", PLOT, b"a:1|xy", 400, "invalid_sample", "xy", line=1),
    Bad("teleplot of a bad name", PLOT, b"a<b:1:2", 422, "bad_channel_name", "letters", line=1),
    Bad("teleplot of a bad unit", PLOT, "a:1:2§$".encode(), 422, "bad_unit", "unit", line=1),
    Bad("teleplot, two without time", PLOT, b"a:1\na:2", 400, "invalid_sample", "without x"),
    Bad("teleplot of nan", PLOT, b"a:1:nan", 400, "invalid_sample", "y is not", line=1),
    # line protocol
    Bad("influx of truth", INFLUX, b"m v=1 1\nm v=true 2", 400, "invalid_sample", "line 2", line=2, index=1),
    Bad("influx of T", INFLUX, b"m v=T 1", 400, "invalid_sample", "line 1", line=1),
    Bad("influx of nan", INFLUX, b"m v=nan 1", 400, "invalid_sample", "finite", line=1),
    Bad("influx beyond", INFLUX, b"m v=1e200 1", 400, "out_of_range", "beyond", line=1),
    Bad("influx without fields", INFLUX, b"m,a=b 1", 400, "invalid_sample", "line 1", line=1),
    Bad("influx of half a field", INFLUX, b"m v= 1", 400, "invalid_sample", "line 1", line=1),
    Bad("influx of half a tag", INFLUX, b"m,a v=1 1", 400, "invalid_sample", "tag", line=1),
    Bad("influx, no measurement", INFLUX, b",a=b v=1 1", 400, "invalid_sample", "", line=1),
    Bad("influx of a bad name", INFLUX, b"m,a=<b> v=1 1", 422, "bad_channel_name", "letters", line=1),
    Bad("influx of an open text", INFLUX, b'm v="a 1', 400, "invalid_sample", "line 1", line=1),
    Bad("influx of texts alone", INFLUX, b'm v="a" 1', 400, "invalid_sample", "at least one"),
    Bad("influx of half an integer", INFLUX, b"m v=1.5i 1", 400, "invalid_sample", "finite", line=1),
    Bad(
        "influx of a long time", INFLUX, b"m v=1 9999999999999999999", 400, "out_of_range", "64 bits", line=1
    ),
    Bad("influx in days", INFLUX, b"m v=1 1", 400, "bad_parameter", "precision", "precision=d"),
    Bad("influx, two without time", INFLUX, b"m v=1\nm v=2", 400, "invalid_sample", "without x"),
    # types and encodings
    Bad("an unknown type", "application/xml", b"<x>1</x>", 415, "unsupported_media_type", "text/csv"),
    Bad(
        "multipart", "multipart/form-data; boundary=x", b"--x\r\n", 415, "unsupported_media_type", "text/csv"
    ),
    Bad("bad gzip", JSON, POINT, 400, "bad_gzip", "damaged", headers={"Content-Encoding": "gzip"}),
    Bad(
        "gzip cut off",
        JSON,
        gzip.compress(POINT)[:-9],
        400,
        "bad_gzip",
        "cut off",
        headers={"Content-Encoding": "gzip"},
    ),
    Bad("bad zstd", JSON, POINT, 400, "bad_gzip", "damaged", headers={"Content-Encoding": "zstd"}),
    Bad(
        "zstd cut off",
        JSON,
        zstandard.compress(POINT)[:-3],
        400,
        "bad_gzip",
        "cut off",
        headers={"Content-Encoding": "zstd"},
    ),
    Bad(
        "a bomb of gzip",
        JSON,
        gzip.compress(b" " * 5_000_000),
        413,
        "body_too_large",
        "100 times",
        headers={"Content-Encoding": "gzip"},
    ),
    Bad(
        "a bomb of zstd",
        JSON,
        zstandard.compress(b" " * 5_000_000),
        413,
        "body_too_large",
        "100 times",
        headers={"Content-Encoding": "zstd"},
    ),
    Bad(
        "brotli",
        JSON,
        POINT,
        415,
        "unsupported_media_type",
        "gzip nor zstd",
        headers={"Content-Encoding": "br"},
    ),
    # nothing good in it
    Bad(
        "skip all", JSON, b'[{"x":1},{"y":null}]', 400, "invalid_sample", "sample 0", "on_error=skip", index=0
    ),
    Bad("skip all lines", LINES, b"{\n{", 400, "bad_json", "line 1", "on_error=skip", line=1),
    Bad("skip all of csv", CSV, b"x,a\n0,b", 400, "invalid_sample", "line 2", "on_error=skip", line=2),
]
