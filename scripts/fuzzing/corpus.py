"""Good bodies, family by family, from which damaged ones are made."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass

import numpy as np
import orjson
import zstandard

from app.ingest.frames import BINARY, CLOSE, PING
from scripts.benches.sockets import MASK, masked


@dataclass(frozen=True)
class Seed:
    """A good body and how it is sent."""

    body: bytes
    kind: str = ""
    encoding: str = ""
    query: str = ""


def npy(array: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.save(made, array, allow_pickle=False)
    return made.getvalue()


def arrow(columns: dict[str, object]) -> bytes:
    import pyarrow as pa

    table, made = pa.table(columns), io.BytesIO()
    with pa.ipc.new_stream(made, table.schema) as stream:
        stream.write_table(table)
    return made.getvalue()


def arrows() -> list[Seed]:
    try:
        bodies = [
            arrow({"x": [0.0, 1.0, 2.0], "a": [1, 2, None], "b": [0.5, 1.5, 2.5]}),
            arrow({"time": np.array([10**18, 10**18 + 5], "datetime64[ns]"), "a": [1.0, 2.0]}),
        ]
    except ImportError:
        return []
    return [Seed(body, kind) for body in bodies for kind in ("application/vnd.apache.arrow.stream", "")]


NUMBERS = np.array([0.0, 1.5, 2.0, -3.25, 4.0, 5e-3], "<f8")
NAMED = np.array([(0.0, 1.5), (1.0, 2.5)], [("time", "<f8"), ("ch1", "<f4")])
POINTS = [{"x": 1, "y": 2.5, "channel": "a"}, {"x": 2, "y": -3, "unit": "V"}, {"y": 1, "channel": "b"}]
JSON = [
    b'{"x": 12.34, "y": "56.78"}',
    orjson.dumps(POINTS),
    b'{"t0": 0, "dt": 0.001, "channels": {"ch1": [0, 1, null], "ch2": [1, 0, -1]}, "units": {"ch1": "V"}}',
    b'{"x": [0, 1, 2], "y": [1, 2.5, -3e5], "channel": "a", "x_unit": "m"}',
    b'{"rate": 48000, "y": [1, 2, 3, 4]}',
]
CSV = [
    b"t,ch1 [V],ch2\n0,1,2\n0.5,3,\n1,nan,4\n",
    b"# made by\nx;a (mV)\n0,5;1\n1,5;2\n",
    b'"time","a"\r\n"1","2"\r\n2,3\r\n',
]
LINES = [
    b'{"x": 1, "y": 2}\n{"x": 2, "y": 3, "channel": "b"}\n',
    b'{"t0":0,"dt":1,"y":[1,2]}\n{"x":5,"y":1}\n\n{"y":1}',
    b'{"x":1,"y":2,"unit":"V"}\n{"y":"3"}\n{"x":3,"y":4,"channel":"a"}',
]
INFLUX = [
    b"m,host=a v=1.5 1700000000000000000\nm,host=b v=2i 1700000001000000000\n",
    b'my\\ m,a=b\\,c f="text, x",v=1 5\n# comment\nm v=1,w=2u',
    b"cpu,host=h1,cpu=c0 user=1.5,sys=2.5,idle=3 1\ncpu,host=h1,cpu=c1 user=2,sys=3,idle=4 2",
]
TELEPLOT = [
    "a:1500:2.5§V|np\n>b:1000:1;2000:2\nc:7|g".encode(),
    b"xy:1:2;3:4|xy\nxy:1:2:1700000000000|xy\n",
    b"a:1500:2.5\n>b:1501:-3\na:1502:1e3\n",
]
RAW = [
    Seed(NUMBERS.tobytes(), "application/octet-stream", query="dtype=f8&channel=x,a"),
    Seed(
        NUMBERS.astype("<f4").tobytes(), "application/octet-stream", query="dtype=f4&rate=10&t0=0&channel=a,b"
    ),
    Seed(NUMBERS.astype("<i2").tobytes(), "", query="dtype=i2&dt=0.1&unit=V"),
]
NPY = [npy(NUMBERS), npy(NUMBERS.astype("<f4").reshape(3, 2)), npy(NAMED), npy(NUMBERS.astype(">i4"))]


def texts(bodies: list[bytes], kind: str, query: str = "") -> list[Seed]:
    """Each body under its own type, under none, and with its good samples wanted."""
    wanted = "&".join(filter(None, [query, "on_error=skip"]))
    return [
        seed
        for body in bodies
        for seed in (Seed(body, kind, query=query), Seed(body, query=query), Seed(body, kind, query=wanted))
    ]


PACKED = [Seed(gzip.compress(body), encoding="gzip") for body in (*JSON, *CSV)] + [
    Seed(zstandard.compress(body), encoding="zstd") for body in (*JSON, *INFLUX)
]
# What comes before a body: frames of a WebSocket, requests with heads.
FRAMES = [
    masked(JSON[0]) + masked(b"", PING) + masked(LINES[0], BINARY),
    bytes((0x01, 0x83)) + MASK + b"abc" + bytes((0x80, 0x82)) + MASK + b"de" + masked(b"\x03\xe8bye", CLOSE),
    masked(CSV[0] * 4) + masked(JSON[4], BINARY),
]


def post(*lines: str, body: bytes = b"", path: str = "/data HTTP/1.1") -> bytes:
    return "\r\n".join([f"POST {path}", *lines, "", ""]).encode() + body


SIZED = "Content-Length: 5"
CHUNKS = b"3\r\na\n1\r\n2\r\n\n2\r\n0\r\n\r\n"
HEADS = [
    post("Host: localhost:8080", "Content-Type: application/json", SIZED, body=b'{"y":'),
    post("Host: a", "Transfer-Encoding: chunked", body=CHUNKS, path="/data?rate=5&channel=a HTTP/1.1"),
    post(
        "X-Source-Id: a", "X-Seq: 1", "Authorization: Bearer x", SIZED, body=b"12345", path="/data HTTP/1.0"
    ),
    post("Host: [::1]", "Connection: close, x", "Expect: 100-continue", SIZED, body=b"12345"),
]
FAMILIES: dict[str, list[Seed]] = {
    "json": texts(JSON, "application/json"),
    "lines": texts(LINES, "application/x-ndjson"),
    "csv": texts(CSV, "text/csv", "rate=5") + texts(CSV, "text/csv"),
    "raw": RAW + [Seed(s.body, s.kind, s.encoding, s.query + "&on_error=skip") for s in RAW],
    "npy": [Seed(body, kind, query="rate=100") for body in NPY for kind in ("application/x-npy", "")],
    "arrow": arrows(),
    "teleplot": texts(TELEPLOT, "text/x-teleplot"),
    "influx": texts(INFLUX, "text/x-influx"),
    "packed": PACKED,
    "frames": [Seed(body) for body in FRAMES],
    "heads": [Seed(body) for body in HEADS],
}
