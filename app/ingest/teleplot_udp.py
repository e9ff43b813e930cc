"""Teleplot's telegrams over UDP: nothing is answered, and what cannot be read is counted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.ingest.batch import Asked
from app.ingest.receiver import Receiver
from app.ingest.teleplot import teleplot_samples
from app.memory.samples import Samples
from app.problems import Problem

TOLD_EVERY = 60.0  # s

log = logging.getLogger(__name__)


class Telegrams(asyncio.DatagramProtocol):
    """What comes to the port.

    clock    nanoseconds since 1970
    refused  telegrams that could not be stored
    reading  long ones that are being read
    """

    def __init__(self, receiver: Receiver, clock: Callable[[], int] = time.time_ns) -> None:
        self.receiver, self.clock = receiver, clock
        self.refused = 0
        self.reading: set[asyncio.Task[None]] = set()
        self._told = float("-inf")

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - anybody may send
        asked = Asked(self.clock(), self.receiver.limits)
        if self.receiver.turns.needs(teleplot_samples, len(data)):
            task = asyncio.ensure_future(self.in_turn(data, asked))
            self.reading.add(task)
            task.add_done_callback(self.reading.discard)
            return
        with self.watched():
            self.store(teleplot_samples(data, asked), data, asked)

    async def in_turn(self, data: bytes, asked: Asked) -> None:
        """A long telegram, which is read in steps."""
        with self.watched():
            self.store(await self.receiver.turns.read(teleplot_samples, data, asked), data, asked)

    def store(self, batch: list[Samples], data: bytes, asked: Asked) -> None:
        self.receiver.offer(batch, asked.now / 1e9, self.refuse, "teleplot", len(data))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count what cannot be stored."""
        try:
            yield
        except Problem as problem:
            self.receiver.counts.refused(problem)
            self.refuse(problem)
        except Exception:
            log.exception("teleplot: a telegram failed")

    def refuse(self, problem: Problem) -> None:
        self.refused += 1
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            log.warning("teleplot: %d telegrams not stored; the last one: %s", self.refused, problem.message)


async def listening(bind: str, port: int, receiver: Receiver) -> None:
    """Take telegrams for as long as the task lives; where the port cannot be had, the log says so."""
    loop = asyncio.get_running_loop()
    try:
        made = loop.create_datagram_endpoint(lambda: Telegrams(receiver), local_addr=(bind, port))
        transport, _ = await made
    except OSError as error:
        log.error("teleplot: cannot listen on UDP port %d: %s", port, error.strerror or error)
        return
    try:
        await asyncio.Event().wait()
    finally:
        transport.close()
