"""What is listened to without being asked: an MQTT broker, teleplot's telegrams; by one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

from app.chassis.lasting import Work
from app.config import Config
from app.ingest import teleplot_udp
from app.ingest.receiver import Receiver
from app.system.place import Place

LOOK = 0.1  # s between two looks whether the place is taken
LET_GO = 1.0  # s that the process that was there before has to end it


def listeners(config: Config, receiver: Receiver, place: Place | None) -> Iterator[Work]:
    """What goes on from when the process has its place until it leaves it."""
    if config.mqtt is not None:
        from app.ingest.mqtt import Subscription  # here, as its library is there for those who want it

        yield partial(alone, place, Subscription(config.mqtt, receiver).run)
    if config.teleplot_udp is not None:
        listening = partial(teleplot_udp.listening, config.bind, config.teleplot_udp, receiver)
        yield partial(alone, place, listening)


async def alone(place: Place | None, work: Work) -> None:
    """Do what another process does until this one has its place."""
    if place is not None and place.held:
        while not place.taken:
            await asyncio.sleep(LOOK)
        await asyncio.sleep(LET_GO)
    await work()
