"""Ten writers at full speed, a format each: what was received is stored, rejected or a duplicate, exactly."""

from __future__ import annotations

import gzip
import http.client
import io
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import orjson

from app.ingest.frames import BINARY, framed
from scripts.benches.running import LISTENING, Server, app
from scripts.benches.sockets import HANDSHAKE, masked
from scripts.benches.table import Row, Size, WrongError

BATCH = 1000  # samples
AGAIN, BAD, OTHER = (
    7,
    11,
    13,
)  # of so many batches one comes twice, is bad before, or has its number used again
COUNTED = re.compile(rb'osc_ingest_(batches|samples)_total\{format="\w+",result="(\w+)"\} (\S+)')
Body = Callable[[str, np.ndarray], bytes]


def points(name: str, ys: np.ndarray) -> bytes:
    return b"[%b]" % b",".join(b'{"x":%d,"y":%d,"channel":"%b"}' % (y, y, name.encode()) for y in ys)


def lines(name: str, ys: np.ndarray) -> bytes:
    return points(name, ys)[1:-1].replace(b"},{", b"}\n{")


def columns(name: str, ys: np.ndarray) -> bytes:
    return orjson.dumps({"t0": int(ys[0]), "dt": 1, "channels": {name: ys.tolist()}})


def packed(name: str, ys: np.ndarray) -> bytes:
    return gzip.compress(columns(name, ys), 1)


def csv(name: str, ys: np.ndarray) -> bytes:
    return b"x,%b\n" % name.encode() + b"\n".join(b"%d,%d" % (y, y) for y in ys)


def floats(_: str, ys: np.ndarray) -> bytes:
    return ys.astype("<f4").tobytes()


def npy(_: str, ys: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.save(made, np.column_stack([ys, ys]).astype("<f8"))
    return made.getvalue()


def telegrams(name: str, ys: np.ndarray) -> bytes:
    return b"\n".join(b"%b:%d:%d" % (name.encode(), y * 1000, y) for y in ys)


def influx(name: str, ys: np.ndarray) -> bytes:
    measurement, _, key = name.encode().partition(b".")
    return b"\n".join(b"%b %b=%d %d" % (measurement, key, y, y * 10**9) for y in ys)


@dataclass(frozen=True)
class Form:
    """How a writer writes.

    spoil  what makes a body a bad one, as it is replaced
    """

    body: Body
    kind: str
    spoil: tuple[bytes, bytes]
    query: str = ""
    encoding: str = ""


OCTETS, NPY = "application/octet-stream", "application/x-npy"
JSON_BAD = (b"]", b',"z"]')
FORMS = {
    "points": Form(points, "application/json", (b'"y":', b'"z":')),
    "lines": Form(lines, "application/x-ndjson", (b'"y":', b'"z":')),
    "columns": Form(columns, "application/json", JSON_BAD),
    "packed": Form(packed, "application/json", (b"", b""), encoding="gzip"),
    "csv": Form(csv, "text/csv", (b"\n", b"\nz")),
    "f4": Form(
        lambda _, ys: ys.astype("<f4").tobytes(), OCTETS, (b"", b""), "dtype=f4&t0={t0}&dt=1&channel=f4"
    ),
    "npy": Form(npy, NPY, (b"", b""), "channel=x,npy"),
    "teleplot": Form(telegrams, "text/x-teleplot", (b"\n", b"\nz\n")),
    "m.influx": Form(influx, "text/x-influx", (b"\n", b"\nz\n")),
    "socket": Form(columns, "", JSON_BAD),
}


@dataclass
class Writer:
    """One of the ten: what it sends, and what it was told."""

    name: str
    form: Form
    n: int  # samples
    sent: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
        """What is to become of each, and the query, headers and body of its request."""
        for k, at in enumerate(range(0, self.n, BATCH)):
            ys = np.arange(at, at + BATCH)
            body = self.form.body(self.name, ys)
            query = self.form.query.format(t0=at)
            numbered = {"X-Source-Id": self.name, "X-Seq": str(k)}
            if k % BAD == 0:
                yield "rejected", query, {}, self.bad(body)
            yield "stored", query, numbered, body
            if k % AGAIN == 0:
                yield "duplicate", query, numbered, body
            if k % OTHER == 0:
                yield "rejected", query, numbered, self.bad(body)

    def bad(self, body: bytes) -> bytes:
        """The same number of samples, of which something is wrong."""
        there, instead = self.form.spoil
        return body.replace(there, instead, 1) if there else body[:-1]

    def run(self, port: int) -> None:
        try:
            (self.over_socket if self.name == "socket" else self.over_http)(port)
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(f"{self.name}: {error!r}")

    def over_http(self, port: int) -> None:
        given = {"Content-Type": self.form.kind}
        if self.form.encoding:
            given["Content-Encoding"] = self.form.encoding
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            for fate, query, headers, body in self.batches():
                connection.request("POST", f"/data?{query}", body, given | headers)
                response = connection.getresponse()
                self.note(fate, response.status, orjson.loads(response.read()))

    def note(self, fate: str, status: int, answer: dict[str, object]) -> None:
        """Heed an answer."""
        self.sent[fate] += 1
        became = ("duplicate" if answer.get("duplicate") else "stored") if status == 200 else "rejected"
        if became != fate or (fate == "stored" and answer["accepted"] != BATCH):
            self.wrong.append(f"{self.name}: {fate} was answered {status} {answer}")

    def over_socket(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(HANDSHAKE)
            told = connection.makefile("rb")
            while told.readline().strip():
                pass
            for fate, _, headers, body in self.batches():
                if fate == "duplicate" or (fate == "rejected" and headers):
                    continue  # messages have no numbers of the sender
                connection.sendall(masked(body, BINARY))
                answer = orjson.loads(message(told))
                self.sent[fate] += 1
                if ("ack" in answer) != (fate == "stored"):
                    self.wrong.append(f"socket: {fate} was answered {answer}")


def message(told: io.BufferedReader) -> bytes:
    """The next message of the server."""
    size = told.read(2)[1]
    return told.read(int.from_bytes(told.read(2)) if size == len(framed(0, b"")) + 124 else size)


def writers(size: Size) -> Iterator[Row]:
    """Ten writers; some of their batches come twice, and some are bad."""
    made = [Writer(name, form, size.written) for name, form in FORMS.items()]
    with app("--scope-points", str(size.written), ready=LISTENING) as running:
        threads = [threading.Thread(target=writer.run, args=(running.port,)) for writer in made]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        sent = sum((writer.sent for writer in made), Counter())
        wrong = [text for writer in made for text in writer.wrong] + differences(running, sent, size.written)
    if wrong:
        raise WrongError("; ".join(wrong[:3]))
    total = sent.total() * BATCH
    yield Row(
        f"{len(made)} writers of {size.written:,} samples, a format each, at full speed",
        " + ".join(f"{sent[fate] * BATCH:,} {fate}" for fate in ("stored", "rejected", "duplicate")),
        f"{total:,} sent, in {seconds:.0f} s",
        1.0,
        "every one, once",
        held=True,
    )


def differences(running: Server, sent: Counter[str], n: int) -> list[str]:
    """Where the server's figures, or what is read back, differ from what was sent."""
    counted: Counter[tuple[str, str]] = Counter()
    for what, result, value in COUNTED.findall(running.ask("GET", "/metrics")[1]):
        counted[what.decode(), result.decode()] += round(float(value))
    found = [
        f"{fate}: {sent[fate]} batches were sent, {counted['batches', fate]} counted"
        for fate in ("stored", "rejected", "duplicate")
        if counted["batches", fate] != sent[fate]
    ]
    found += [
        f"{counted['samples', fate]} samples counted as {fate}"
        for fate in ("stored", "duplicate")
        if counted["samples", fate] != sent[fate] * BATCH
    ]
    if (totals := running.totals()) != dict.fromkeys(FORMS, n):
        found.append(f"channels hold {totals}")
    return found + [f"{name} reads back otherwise" for name in FORMS if not whole(running, name, n)]


def whole(running: Server, name: str, n: int) -> bool:
    """Whether every sample of a channel is there once, in order."""
    status, body = running.ask("GET", f"/data?channel={name}&n=all&format=npy")
    if status != 200:
        return False
    back = np.load(io.BytesIO(body))
    return bool(np.array_equal(back[name], np.arange(n)) and np.array_equal(back["x"], np.arange(n)))
