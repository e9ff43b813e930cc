"""Samples from an MQTT broker: what is published is read as the body of a POST."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from aiomqtt import Client, MqttError

from app.ingest.batch import Asked
from app.ingest.fields import channel_name
from app.ingest.formats import decoder
from app.ingest.intake import too_large
from app.ingest.query import NONE
from app.ingest.receiver import Receiver
from app.memory.samples import Samples
from app.problems import Problem, shown
from app.texts import Broker

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # s
WAITING = 10_000  # messages
TURN = 64  # messages before others have theirs
TOLD_EVERY = 60.0  # s
USUAL = "ch1"  # the channel of samples that name none
NUMBER = re.compile(rb"\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*")
UNFIT = re.compile(r"[^\w.:/ -]")  # for a channel's name
LONGEST_NAME = 64

log = logging.getLogger(__name__)


class Subscription:
    """What a broker publishes, for as long as the process lives.

    clock    nanoseconds since 1970
    refused  messages that could not be stored
    """

    def __init__(self, broker: Broker, receiver: Receiver, clock: Callable[[], int] = time.time_ns) -> None:
        self.broker, self.receiver, self.clock = broker, receiver, clock
        self.refused = 0
        self._told = float("-inf")

    async def run(self) -> None:
        """Listen; when the broker cannot be reached, try again after growing pauses."""
        wait, reached = FIRST_WAIT, True
        while True:
            try:
                async with self.client() as client:
                    await client.subscribe(self.broker.topic, qos=1)
                    wait, reached = FIRST_WAIT, True
                    await self.listen(client)
            except MqttError as error:
                if reached:
                    log.warning("MQTT: no connection to %s: %s; trying again", self.broker.host, error)
                reached = False
            await asyncio.sleep(random.uniform(wait / 2, wait))
            wait = min(LONGEST_WAIT, 2 * wait)

    def client(self) -> Client:
        broker = self.broker
        return Client(
            broker.host,
            broker.port,
            username=broker.user or None,
            password=broker.password or None,
            tls_context=ssl.create_default_context() if broker.secure else None,
            max_queued_incoming_messages=WAITING,
        )

    async def listen(self, client: Client) -> None:
        n = 0
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                await self.take(str(message.topic), message.payload)
            n += 1
            if n % TURN == 0:
                await asyncio.sleep(0)

    async def take(self, topic: str, payload: bytes) -> None:
        """Store a message; one that cannot be stored is counted, and told of now and then."""
        try:
            await self.store(topic, payload)
        except Problem as problem:
            self.receiver.counts.refused(problem)
            self.refuse(topic, problem.message)
        except Exception:
            log.exception("MQTT: a message failed")

    async def store(self, topic: str, payload: bytes) -> None:
        """
        Problem  these are not samples that can be stored
        """
        if len(payload) > self.receiver.config.max_body:
            raise too_large(self.receiver.config.max_body)
        now = self.clock()
        body = b'{"y":"%b"}' % payload.strip() if NUMBER.fullmatch(payload) else payload
        read, asked = decoder("", body, NONE), Asked(now, self.receiver.limits)
        turns = self.receiver.turns
        batch = await turns.read(read, body, asked) if turns.needs(read, len(body)) else read(body, asked)
        if {samples.channel for samples in batch} == {USUAL} and USUAL.encode() not in payload:
            batch = [named(samples, topic) for samples in batch]
        self.receiver.offer(batch, now / 1e9, partial(self.unstored, topic), "mqtt", len(payload))

    def unstored(self, topic: str, problem: Problem) -> None:
        self.refuse(topic, problem.message)

    def refuse(self, topic: str, why: str) -> None:
        self.refused += 1
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            log.warning(
                "MQTT: %d messages not stored; the last one, of %s: %s", self.refused, shown(topic), why
            )


def named(samples: Samples, topic: str) -> Samples:
    """The samples as those of the channel that has the name of a topic.

    Problem  bad_channel_name
    """
    name = UNFIT.sub("_", topic).strip("/ ")[-LONGEST_NAME:].strip("/ ")
    return replace(samples, channel=channel_name(name))
