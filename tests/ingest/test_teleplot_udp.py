"""Teleplot's telegrams over UDP."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from app.config import Config
from app.ingest.receiver import Receiver
from app.ingest.teleplot_udp import Telegrams, listening
from app.memory.memory import Memory

SENDER = ("127.0.0.1", 1)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_telegram_is_stored_and_nonsense_changes_nothing() -> None:
    async def run(memory: Memory) -> None:
        port = free_port()
        task = asyncio.create_task(listening("127.0.0.1", port, Receiver(memory, Config())))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(100):  # the first ones may come before anybody listens
                for telegram in (b"\xff\x00", b"a:1000:2\nb:1000:3|np", b"a:"):
                    sender.sendto(telegram, ("127.0.0.1", port))
                await asyncio.sleep(0.01)
                if memory.accepted:
                    break
        task.cancel()

    memory = Memory(1000)
    asyncio.run(run(memory))
    assert set(memory.records) == {"a", "b"}
    assert memory.records["a"].x(0, 1).tolist() == [1.0]


def test_what_cannot_be_read_is_counted_and_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    memory = Memory(1000)
    telegrams = Telegrams(Receiver(memory, Config()), lambda: 0)
    for _ in range(3):
        telegrams.datagram_received(b"nothing", SENDER)
    telegrams.datagram_received(b"a:5", SENDER)
    assert (telegrams.refused, len(caplog.records), memory.accepted) == (3, 1, 1)


def test_a_long_telegram_is_read_in_steps() -> None:
    async def run() -> None:
        memory = Memory(10_000)
        telegrams = Telegrams(Receiver(memory, Config()), lambda: 0)
        telegrams.datagram_received(b"a:1000:2|np\n" * 2000, SENDER)
        telegrams.datagram_received(b"z\n" * 20_000, SENDER)
        telegrams.datagram_received(b"b:1000:2", SENDER)
        assert list(memory.records) == ["b"]
        await asyncio.gather(*telegrams.reading)
        assert (memory.records["a"].total, telegrams.refused) == (2000, 1)

    asyncio.run(run())


def test_a_port_that_is_taken_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        asyncio.run(listening("127.0.0.1", port, Receiver(Memory(10), Config())))
    assert f"UDP port {port}" in caplog.text
