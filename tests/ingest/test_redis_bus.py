"""Whatever holds of a memory of one's own holds of one that is shared by a stream in Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import test_handler
import test_sequences
from serving import Served
from shared import joined

from tests.redis_server import RedisServer, needs_redis, redis_server

pytestmark = needs_redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis"), "--appendonly", "no") as server:
        yield server  # what it holds does not outlive it, and answers say so


@pytest.fixture(autouse=True)
def empty(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")


@pytest.fixture
def scope(redis: RedisServer) -> Iterator[Served]:
    with joined(redis) as shared:
        yield shared.served
        assert [record.getMessage() for record in shared.served.logged] == []


@pytest.fixture
def small(redis: RedisServer) -> Iterator[Served]:
    with joined(redis, test_handler.SMALL) as shared:
        yield shared.served


@pytest.fixture
def serve(redis: RedisServer) -> Callable[..., Any]:
    @contextmanager
    def served(*given: Any) -> Iterator[Served]:
        with joined(redis, *given) as shared:
            yield shared.served

    return served


OTHERWISE = "test_a_bug_in_the_memory_is_answered_with_500_and_a_number"
for module in (test_handler, test_sequences):
    found = {name: test for name, test in vars(module).items() if name.startswith("test_")}
    globals().update({name: test for name, test in found.items() if name != OTHERWISE})


def test_a_bug_in_the_memory_does_not_keep_back_what_follows(redis: RedisServer) -> None:
    with joined(redis) as shared, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared.memory, "append", lambda *_: 1 / 0)
        assert shared.served.post({"x": 1, "y": 2})[0] == 200  # it is in the stream
        patch.undo()
        assert shared.served.post({"x": 2, "y": 3})[0] == 200
        assert shared.y() == [3]
    (record,) = shared.served.logged
    assert record.getMessage() == "a batch in the stream failed"
