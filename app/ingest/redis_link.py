"""A connection to Redis: how it is made, what the keys are called, and in what ways it fails."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from app.texts import Store

T = TypeVar("T")
STREAM = "{scope}"  # the other keys begin with it; the braces keep them together in a cluster
TOTALS, FACTS = STREAM + ":totals", STREAM + ":facts"
SCRIPT = (Path(__file__).parent / "redis_append.lua").read_text("utf-8")
CONNECTED, CALLED = 1.0, 2.0  # s that a connection and a call may take
HELD_UP = 0.1  # s more, as it may have been the loop that was late
SOONEST, LATEST = 0.1, 1.0  # s before another attempt
FAILURES = (RedisError, OSError, TimeoutError)
START = b"0-0"  # before the first entry
DOWN = "The picture is stale: Redis does not answer, and samples are refused until it does."
VOLATILE = "Redis writes no append-only file: what it holds ends with it (appendonly yes would keep it)."


def connection(place: Store) -> Redis:
    """A client with one connection and no second attempts: whether a batch was stored must be known.

    How long a call may take is for `within` to say: redis-py would make a task of each half of it.
    """
    client = Redis(
        host=place.host, port=place.port, db=place.db, username=place.user or None,
        password=place.password or None, ssl=place.secure, protocol=2,
        socket_connect_timeout=CONNECTED, socket_timeout=None, retry=Retry(NoBackoff(), 0),
        max_connections=2,
    )  # fmt: skip
    client.set_response_callback("XREAD", raw)
    return client


def raw(response: Any, **_: Any) -> Any:
    """As it came: redis-py would make a dict of an entry, whose fields may be there twice."""
    return response


async def asked(client: Redis, *words: Any, seconds: float = CALLED) -> Any:
    """The answer to a command.

    TimeoutError  it takes too long
    """
    return await within(seconds, client.execute_command(*words))  # type: ignore[no-untyped-call]


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns, or TimeoutError.

    When the process is held up, what came in time is still to be read when the time is over.
    """
    task = asyncio.ensure_future(work)
    try:
        for left in (seconds, HELD_UP):
            if (await asyncio.wait({task}, timeout=left))[0]:
                return task.result()
        raise TimeoutError(f"no answer within {seconds:.1f} s")
    finally:
        task.cancel()


async def hang_up(client: Redis) -> None:
    """Close the connection, without waiting for an answer."""
    await client.connection_pool.disconnect()


async def keeps(client: Redis) -> bool:
    """Whether what is in Redis outlives it: it writes an append-only file, as far as it says."""
    try:
        return b"aof_enabled:1" in await info(client)
    except ResponseError:  # this user may not ask
        pass
    try:
        told = await asked(client, "CONFIG", "GET", "appendonly")
    except ResponseError:
        return False
    return b"yes" in (told.values() if isinstance(told, dict) else told) or "yes" in told


async def info(client: Redis) -> bytes:
    client.set_response_callback("INFO", raw)
    return bytes(await asked(client, "INFO", "persistence"))


def pause() -> float:
    """s until another attempt, not the same for all processes."""
    return random.uniform(SOONEST, LATEST)


def later(one: bytes, other: bytes) -> bool:
    """Whether an entry's id is later than another's."""
    return numbers(one) > numbers(other)


def numbers(id: bytes) -> tuple[int, int]:
    ms, _, n = id.partition(b"-")
    return int(ms), int(n or 0)


def told(log: logging.Logger, what: str, error: Exception) -> None:
    """Say what fails; of a bug all that is known."""
    known = isinstance(error, FAILURES)
    log.warning(
        "Redis: %s: %s; trying again", what, error or type(error).__name__, exc_info=None if known else error
    )
