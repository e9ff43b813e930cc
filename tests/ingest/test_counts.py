"""Whatever was received was stored, rejected or a duplicate: bodies and samples."""

from __future__ import annotations

from typing import Any

import pytest

from app.config import Config
from app.ingest.answer import Answer
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.texts import Token, digest

TOKEN = Config(write_tokens=(Token(digest("t"), frozenset({"a"})),))


def block(name: str) -> bytes:
    return b'{"t0":0,"dt":1,"channels":{"%b":[1,2,3]}}' % name.encode()


def sent(receiver: Receiver, body: bytes, query: str = "", **headers: str) -> int:
    """The status of the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    said = receiver.received(named, body, 1, query)
    assert isinstance(said, Answer)
    return said.status


@pytest.mark.parametrize(
    ("config", "name", "query", "status"),
    [
        (Config(max_channels=1), "b", "", 422),
        (TOKEN, "b", "", 403),
        (Config(rate_channels=1), "b", "", 429),
        (Config(), "a", "monotonic=strict", 400),
    ],
)
def test_samples_that_were_read_and_are_not_taken_are_rejected(
    config: Config, name: str, query: str, status: int
) -> None:
    receiver = Receiver(Memory(1000, max_channels=config.max_channels), config)
    assert sent(receiver, block("a"), X_Api_Key="t") == 200
    assert sent(receiver, block(name), query, X_Api_Key="t") == status
    assert receiver.counts.samples == {("json", "stored"): 3, ("json", "rejected"): 3}
    assert receiver.counts.batches == {("json", "stored"): 1, ("json", "rejected"): 1}


def test_samples_for_which_there_is_no_memory_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    def append(*_: Any) -> None:
        raise MemoryError

    receiver = Receiver(Memory(1000), Config())
    monkeypatch.setattr(receiver.memory, "append", append)
    assert sent(receiver, block("a")) == 503
    assert receiver.counts.samples == {("json", "rejected"): 3}
    assert receiver.counts.batches == {("json", "rejected"): 1}


def test_bad_rows_that_come_again_are_rejected_again() -> None:
    receiver = Receiver(Memory(1000), Config())
    rows = b'{"x":1,"y":1}\n{"x":2,"y":"q"}\n{"x":3,"y":3}'
    named = {"Content_Type": "application/x-ndjson", "X_Seq": "1", "X_Source_Id": "s"}
    assert [sent(receiver, rows, "on_error=skip", **named) for _ in range(2)] == [200, 200]
    assert receiver.counts.samples == {
        ("ndjson", "stored"): 2,
        ("ndjson", "duplicate"): 2,
        ("ndjson", "rejected"): 2,
    }
