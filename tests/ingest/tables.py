"""The tables of the contract, row by row: points of the first version, values and time, parsers."""

from __future__ import annotations

import numpy as np
from rows import ARROW, CSV, INFLUX, JSON, LINES, NPY, PLOT, RAW, Bad, Good, arrow, npy

NAN = float("nan")
NOW = 1.7e9  # s: the clock of the servers that are asked stands still
FORWARD, ALIGNED = "monotonic=strict", "align=server"
FORM = "application/x-www-form-urlencoded"
DEEP = b"[" * 100_000
LONG = b"1" * 400


def f8(*values: float) -> bytes:
    return np.array(values, "<f8").tobytes()


def point(name: str, body: bytes, x: float = 1, y: float = 2, kind: str = JSON) -> Good:
    return Good(name, kind, body, {"ch1": ([x], [y])})


def no_point(name: str, body: bytes, code: str, words: str) -> Bad:
    return Bad(name, JSON, body, 400, code, words)


# How the first version took a point, and where this one differs.
ORIGIN: dict[str, list[Good | Bad]] = {
    "request": [
        point(f"a point as {kind or 'nothing'}", b'{"x":1,"y":2}', kind=kind)
        for kind in ("", JSON, FORM, "text/plain", "text/html", "application/xml", "image/png", "*/*")
    ],
    "values": [
        point("numbers as texts", b'{"x":"1","y":"2.0"}'),
        point("a text with spaces", b'{"x":" 1 ","y":"\\t2\\n"}'),
        point("a text with an underscore", b'{"x":"1_0","y":"2"}', x=10),
        point("a text of a power", b'{"x":"1e0","y":"+.2e1"}'),
    ],
    "missing key, bad value": [
        no_point(
            "no y", b'{"x":1}', "invalid_sample", "Invalid data format. Expected JSON with keys 'x' and 'y'."
        ),
        no_point("a word", b'{"x":1,"y":"high"}', "invalid_sample", "y is not a finite number"),
        no_point("null", b"null", "invalid_sample", "The body is null"),
        no_point("an array of numbers", b"[1]", "invalid_sample", "not an object"),
        no_point("no body", b"", "empty_body", "The body is empty"),
        no_point("broken", b'{"x":1', "bad_json", "Invalid data format"),
    ],
    "missing x": [point("no x", b'{"y":2}', x=NOW)],
    "NaN, Infinity": [
        no_point(f"{text} as {form}", b'{"x":1,"y":%b}' % body, code, words)
        for text in ("NaN", "Infinity", "-Infinity")
        for form, body, code, words in (
            ("number", text.encode(), "bad_json", "NaN and Infinity are not JSON"),
            ("text", b'"%b"' % text.encode(), "invalid_sample", "y is not a finite number"),
        )
    ],
    "true and false": [
        no_point("true as y", b'{"x":1,"y":true}', "invalid_sample", "y is true or false"),
        no_point("false as x", b'{"x":false,"y":1}', "invalid_sample", "x is true or false"),
    ],
    "UTF-16, huge numbers": [
        no_point("a point of UTF-16", '{"x":1,"y":2}'.encode("utf-16"), "not_utf8", "UTF-8"),
        no_point("a point beyond", b'{"x":1,"y":1.1e150}', "out_of_range", "beyond 1e150"),
        no_point("a point of 400 digits", b'{"x":1,"y":%b}' % LONG, "out_of_range", "beyond 1e150"),
    ],
    "duplicate keys, unknown keys": [
        point("y twice", b'{"x":1,"y":7,"y":2}'),
        point("keys of others", b'{"x":1,"y":2,"z":{"deep":[null,"3"]}}'),
    ],
    "picture": [
        Good(
            "a figure",
            JSON,
            b'[{"x":1,"y":0},{"x":0,"y":1},{"x":-1,"y":0}]',
            {"ch1": ([1, 0, -1], [0, 1, 0])},
        )
    ],
}
VALUES: dict[str, list[Good | Bad]] = {
    "x": [
        Good(
            "x of any kind",
            JSON,
            b'{"x":[-1e150,0,1e150],"y":[1,2,3]}',
            {"ch1": ([-1e150, 0, 1e150], [1, 2, 3])},
        ),
        Good("x in another unit", JSON, b'{"x":[1],"y":[2],"x_unit":"mm"}', {"ch1": ([1], [2])}),
    ],
    "x missing": [
        Good("x of a step", JSON, b'{"dt":0.5,"y":[1,2]}', {"ch1": ([NOW, NOW + 0.5], [1, 2])}),
        Good("x of a rate", JSON, b'{"rate":4,"y":[1,2]}', {"ch1": ([NOW, NOW + 0.25], [1, 2])}),
        Good(
            "one of each without x",
            JSON,
            b'[{"y":1,"channel":"a"},{"y":2,"channel":"b"}]',
            {"a": ([NOW], [1])},
        ),
        Bad("two points without x", JSON, b'{"y":[1,2]}', 400, "invalid_sample", "without x, dt or rate"),
    ],
    "float32 binary": [
        Good(
            "f4 with t0",
            RAW,
            np.array([1, 2], "<f4").tobytes(),
            {"ch1": ([5, 6], [1, 2])},
            "dtype=f4&t0=5&dt=1",
        ),
        Bad("f4 with x", RAW, b"\0" * 8, 400, "bad_parameter", "dtype=f8", "dtype=f4&channel=x,a"),
    ],
    "x goes backwards": [
        Good("x backwards", JSON, b'{"x":[3,2,1],"y":[1,2,3]}', {"ch1": ([3, 2, 1], [1, 2, 3])}),
        Good("x backwards in csv", CSV, b"x,a\n5,1\n4,2", {"a": ([5, 4], [1, 2])}),
    ],
    "monotonic=strict": [
        Good(
            "x forward",
            JSON,
            b'{"x":[1,1,2],"y":[1,2,3]}',
            {"ch1": ([1, 1, 2], [1, 2, 3])},
            "monotonic=strict",
        ),
        Bad(
            "x back",
            JSON,
            b'{"x":[1,3,2],"y":[1,2,3]}',
            400,
            "invalid_sample",
            "steps back",
            FORWARD,
            index=2,
        ),
        Bad("x back in csv", CSV, b"x,a\n5,1\n4,2", 400, "invalid_sample", "channel a", FORWARD, index=1),
        Bad(
            "x back in lines",
            INFLUX,
            b"m v=1 5\nm v=1 4",
            400,
            "invalid_sample",
            "steps back",
            FORWARD,
            index=1,
        ),
        Bad("an odd wish", JSON, b'{"y":1}', 400, "bad_parameter", "monotonic", "monotonic=yes"),
    ],
    "align=server": [
        Good(
            "a clock of its own", JSON, b'{"x":[5,7],"y":[1,2]}', {"ch1": ([NOW - 2, NOW], [1, 2])}, ALIGNED
        ),
        Good(
            "telegrams of 1970",
            PLOT,
            b"a:1000:1\nb:1500:2",
            {"a": ([NOW - 0.5], [1]), "b": ([NOW], [2])},
            ALIGNED,
        ),
        Good(
            "aligned steps",
            RAW,
            f8(1, 2),
            {"ch1": ([NOW - 1, NOW], [1, 2])},
            "dtype=f8&t0=9&dt=1&align=server",
        ),
        Bad("x of centuries", JSON, b'{"x":[-1e10,0],"y":[1,2]}', 400, "out_of_range", "centuries", ALIGNED),
        Bad("x in mm", JSON, b'{"x":[5],"y":[1],"x_unit":"mm"}', 400, "invalid_sample", "seconds", ALIGNED),
        Bad("aligned to others", JSON, b'{"y":1}', 400, "bad_parameter", "align", "align=moon"),
    ],
    "duplicate x": [Good("x twice", JSON, b'{"x":[1,1],"y":[2,3]}', {"ch1": ([1, 1], [2, 3])})],
    "NaN, Inf": [
        Good("a gap in JSON", JSON, b'{"dt":1,"t0":0,"y":[1,null]}', {"ch1": [1, NAN]}),
        Good("a gap in numbers", RAW, f8(1, NAN), {"ch1": [1, NAN]}, "dtype=f8&rate=1"),
        Good("a gap in csv", CSV, b"x,a\n0,nan\n1,2", {"a": [NAN, 2]}),
        Good("a gap in npy", NPY, npy([1.0, NAN]), {"ch1": [1, NAN]}, "rate=1"),
        Good("a gap in arrow", ARROW, arrow({"a": [1.5, None]}), {"a": [1.5, NAN]}, "rate=1"),
        Bad("null in a point", JSON, b'{"y":null}', 400, "invalid_sample", "y is null"),
        Bad("null in x", JSON, b'{"x":[null],"y":[1]}', 400, "invalid_sample", "x is null", index=0),
        Bad(
            "inf in numbers", RAW, f8(1, np.inf), 400, "invalid_sample", "finite", "dtype=f8&rate=1", index=1
        ),
        Bad("nan in x", RAW, f8(NAN, 1), 400, "invalid_sample", "x is", "dtype=f8&channel=x,a", index=0),
        Bad("inf in npy", NPY, npy([np.inf]), 400, "invalid_sample", "finite", "rate=1", index=0),
        Bad("inf in csv", CSV, b"x,a\n0,-inf", 400, "invalid_sample", "finite", line=2),
        Bad("nan in lines", INFLUX, b"m v=NaN 1", 400, "invalid_sample", "finite", line=1),
        Bad("nan in a telegram", PLOT, b"a:1:NaN", 400, "invalid_sample", "finite", line=1),
    ],
    "magnitude": [
        Good("the largest", JSON, b'{"x":1,"y":-1e150}', {"ch1": [-1e150]}),
        Bad("too large in JSON", JSON, b'{"dt":1,"y":[1e151]}', 400, "out_of_range", "beyond", index=0),
        Bad("too large on a line", LINES, b'{"y":1e151}', 400, "out_of_range", "beyond", line=1),
        Bad("too large in csv", CSV, b"x,a\n1e151,1", 400, "out_of_range", "x is beyond", line=2),
        Bad(
            "too large in numbers", RAW, f8(2e150), 400, "out_of_range", "beyond", "dtype=f8&rate=1", index=0
        ),
        Bad("too large in lines", INFLUX, b"m v=1e151 1", 400, "out_of_range", "beyond", line=1),
        Bad("too large in a telegram", PLOT, b"a:1:1e151", 400, "out_of_range", "beyond", line=1),
    ],
    "dt, rate": [
        Bad("no step", JSON, b'{"dt":0,"y":[1]}', 400, "invalid_sample", "dt is not above 0"),
        Bad("a step back", RAW, f8(1), 400, "invalid_sample", "rate is not above 0", "dtype=f8&rate=-1"),
        Bad("a step of nan", RAW, f8(1), 400, "bad_parameter", "dt", "dtype=f8&dt=nan"),
        Bad("no sample", JSON, b'{"dt":1,"y":[]}', 400, "invalid_sample", "at least one"),
        Bad("no channel", JSON, b'{"dt":1,"channels":{}}', 400, "invalid_sample", "at least one"),
        Bad(
            "other lengths",
            JSON,
            b'{"x":[1],"y":[1,2]}',
            400,
            "invalid_sample",
            "x has 1 samples, channel ch1 has 2",
        ),
    ],
    "channel when none is named": [
        Good("no name", JSON, b'{"y":[1],"dt":1}', {"ch1": [1]}),
        Good("no name in numbers", RAW, f8(1), {"ch1": [1]}, "dtype=f8&rate=1"),
        Good("the name null", JSON, b'{"y":1,"channel":null}', {"ch1": [1]}),
    ],
    "line protocol": [
        Good(
            "tags by their keys",
            INFLUX,
            b"room,place=lab,floor=2 temperature=21 1",
            {"room.temperature/2/lab": [21]},
        )
    ],
    "bool": [
        Bad(
            "true in a column", JSON, b'{"dt":1,"y":[true]}', 400, "invalid_sample", "true or false", index=0
        ),
        Bad("true in csv", CSV, b"x,a\n0,true", 400, "invalid_sample", "finite", line=2),
        Bad("true in lines", INFLUX, b"m v=true 1", 400, "invalid_sample", "finite", line=1),
        Bad("true in a telegram", PLOT, b"a:true", 400, "invalid_sample", "finite", line=1),
        Bad("true in npy", NPY, npy([True]), 400, "invalid_sample", "numbers", "rate=1"),
        Bad("true in arrow", ARROW, arrow({"a": [True]}), 400, "invalid_sample", "bool", "rate=1"),
    ],
    "numeric string": [
        Bad("a text in points", JSON, b'[{"x":1,"y":"2"}]', 400, "invalid_sample", "y is a text", index=0),
        Bad(
            "a text on a line",
            LINES,
            b'{"x":1,"y":2}\n{"x":2,"y":"3"}',
            400,
            "invalid_sample",
            "text",
            line=2,
        ),
        Bad("a text in a column", JSON, b'{"dt":1,"y":["2"]}', 400, "invalid_sample", "is a text", index=0),
        Bad("a text as dt", JSON, b'{"dt":"1","y":[2]}', 400, "invalid_sample", "dt is a text"),
        Bad("a text in arrow", ARROW, arrow({"a": ["2"]}), 400, "invalid_sample", "numbers", "rate=1"),
    ],
    "device clock skew": [
        Good("a clock of 1970", JSON, b'{"x":1,"x_unit":"s","y":2}', {"ch1": ([1], [2])}),
        Good("a clock of 2100", INFLUX, b"m v=1 4102444800000000000", {"m.v": ([4102444800], [1])}),
    ],
    "precision": [
        Good(f"precision {name}", INFLUX, b"m v=1 5%b" % zeros, {"m.v": ([5], [1])}, f"precision={name}")
        for name, zeros in (("s", b""), ("ms", b"0" * 3), ("us", b"0" * 6), ("ns", b"0" * 9), ("u", b"0" * 6))
    ]
    + [
        Good("precision of telegrams", PLOT, b"a:5:1", {"a": ([5], [1])}, "precision=s"),
        Bad("precision of days", PLOT, b"a:5:1", 400, "bad_parameter", "precision", "precision=d"),
    ],
}
PARSERS: dict[str, list[Good | Bad]] = {
    "NaN, Infinity": [no_point("NaN in a column", b'{"dt":1,"y":[NaN]}', "bad_json", "null is a gap")],
    "1e999": [no_point("1e999", b'{"y":1e999}', "out_of_range", "beyond 1e150")],
    "100 000 nested [": [
        no_point("100,000 brackets", DEEP, "bad_json", "not JSON"),
        no_point("100,000 brackets in a key", b'{"y":1,"z":' + DEEP[:99_900], "bad_json", "not JSON"),
        no_point("17 levels", b'{"y":1,"z":' + DEEP[:16] + b"]" * 16 + b"}", "bad_json", "16 levels"),
    ],
    "400-digit int": [no_point("400 digits", b'{"dt":1,"y":[%b]}' % LONG, "out_of_range", "beyond 1e150")],
    "true, null, text as x": [
        no_point(f"{text.decode()} as x", b'[{"x":%b,"y":1}]' % text, "invalid_sample", "sample 0: x is")
        for text in (b"true", b"null", b'"1"')
    ],
    "duplicate key": [Good("x twice in points", JSON, b'[{"x":9,"x":1,"y":2}]', {"ch1": ([1], [2])})],
    "invalid UTF-8": [
        no_point("Latin-1 in a skipped key", b'{"y":1,"\xe9":2}', "not_utf8", "UTF-8"),
        no_point("half a character", b'{"y":1,"z":"\xc3"}', "not_utf8", "UTF-8"),
    ],
    "lone surrogate": [no_point("a lone surrogate", b'{"y":1,"z":"\\ud800"}', "bad_json", "not JSON")],
}
TABLES = {"origin": ORIGIN, "values and time": VALUES, "parsers": PARSERS}
