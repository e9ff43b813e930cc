"""What a process says of itself is what its words mean, also when something is amiss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from app.chassis.durability import Keeping
from app.chassis.metrics import Sessions
from app.chassis.vitals import Vitals
from app.config import Config
from app.feed.feed import Feed
from app.ingest.receiver import Receiver
from app.ingest.redis_memory import SharedMemory
from app.ingest.sequences import Numbered
from app.memory.durable import Durable
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples


class Asked(AsyncHTTPTestCase):
    """The addresses that tell, of a memory in a folder that the test gives."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> Iterator[None]:
        self.memory = Durable(tmp_path, 1000)
        yield
        self.memory.close()

    def get_app(self) -> Application:
        self.receiver = Receiver(self.memory, Config())
        self.feed = Feed(self.memory, 100)
        self.keeping = Keeping(self.memory, self.feed.notices)
        self.vitals = Vitals(self.receiver, self.feed, Sessions)
        return Application(self.vitals.routes())

    def told(self, path: str, wanted: int = 200) -> Any:
        answer = self.fetch(path)
        assert answer.code == wanted
        return orjson.loads(answer.body)

    def engines(self) -> dict[str, set[str]]:
        """The values of the label, by the name of the figure."""
        found: dict[str, set[str]] = {}
        for family in families(self.fetch("/metrics").body.decode()):
            for sample in family.samples:
                if "engine" in sample.labels:
                    found.setdefault(family.name, set()).add(sample.labels["engine"])
        return found

    def test_senders_that_went_silent_are_forgotten_though_none_that_numbers_its_requests_comes(self) -> None:
        now, sequences = [0.0], self.receiver.sequences
        sequences.clock = lambda: now[0]
        sequences.note(Numbered(("", "a", ""), 1, counts=True), bytes(16), plain=True)
        self.vitals.beat()
        assert len(sequences.sources) == 1
        now[0] = 7200.0
        self.vitals.beat()
        assert not sequences.sources

    def fill_the_disk(self) -> None:
        self.memory.trouble = "the disk is full"
        self.keeping.tell(self.memory)

    def test_a_full_disk_is_a_warning_and_requests_still_come(self) -> None:
        assert self.told("/readyz")["checks"]["recordings_disk"] == "pass"
        assert self.told("/status.json")["checks"]["recordings_disk"] is True
        self.fill_the_disk()
        ready, status = self.told("/readyz"), self.told("/status.json")
        assert (ready["status"], ready["checks"]["recordings_disk"]) == ("pass", "warn")
        assert ready["durability"] == "memory"
        assert (status["status"], status["checks"]["recordings_disk"]) == ("pass", False)

    def test_a_recording_that_the_disk_has_ended_is_a_warning(self) -> None:
        self.feed.notices["recording"] = "Recording 1 has ended: the disk is full."
        assert self.told("/readyz")["checks"]["recordings_disk"] == "warn"

    def test_a_check_that_fails_is_503_beside_a_warning(self) -> None:
        self.fill_the_disk()
        self.vitals.checks["store"] = lambda: False
        ready = self.told("/readyz", 503)
        assert (ready["status"], ready["checks"]["store"]) == ("fail", "fail")

    def test_the_engine_stays_what_it_is_when_the_disk_is_full(self) -> None:
        before = self.engines()
        self.fill_the_disk()
        assert self.engines() == before
        assert set().union(*before.values()) == {"file"}

    def test_what_was_kept_or_played_is_not_what_was_sent(self) -> None:
        x = np.arange(10.0)
        self.memory.append([Samples("before the start", 0.0, x, x, Origin.DATA)], 1.7e9)
        self.receiver.play([Samples("played", 0.0, x, x, Origin.DATA)], 1.7e9)
        coming = self.told("/status.json")["in"]
        assert (coming["samples"], coming["bodies"]) == (0, 0)
        body = b'[{"x":1,"y":1},{"x":2,"y":2}]'
        self.receiver.received({}, body, 1_700_000_000_000_000_000)
        coming = self.told("/status.json")["in"]
        assert (coming["samples"], coming["bodies"]) == (2, 1)


def test_each_memory_knows_what_it_is_meant_to_be() -> None:
    assert (Memory(10).engine, SharedMemory(10).engine, Durable.engine) == ("memory", "stream", "file")
