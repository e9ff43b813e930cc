"""Samples from a real broker."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest

from app.config import Config
from app.ingest import mqtt
from app.ingest.mqtt import Subscription
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.texts import Broker
from tests.conftest import wait_until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Mosquitto:
    """A broker on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = int(found.getsockname()[1])
        self.settings = folder / "mosquitto.conf"
        self.settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.settings)], stderr=subprocess.DEVNULL)
        wait_until(self.listens)

    def listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def publish(self, topic: str, *payloads: bytes) -> None:
        async def send() -> None:
            async with aiomqtt.Client("127.0.0.1", self.port) as client:
                for payload in payloads:
                    await client.publish(topic, payload, qos=1)

        asyncio.run(send())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    made = Mosquitto(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def listening(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Subscription]]:
    """Starts a subscription in a thread of its own."""
    monkeypatch.setattr(mqtt, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(mqtt, "LONGEST_WAIT", 0.2)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    tasks: list[asyncio.Task[None]] = []

    def start() -> Subscription:
        receiver = Receiver(Memory(1000), Config(max_body=1000))
        place = Broker("127.0.0.1", broker.port, "lab/#")
        made = Subscription(place, receiver, lambda: 1_700_000_000_000_000_000)
        thread.start()
        loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(made.run())))
        return made

    yield start
    loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
    wait_until(lambda: all(task.done() for task in tasks))
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def heard(broker: Mosquitto, made: Subscription) -> bool:
    """Whether what is published arrives; a broker forgets what nobody listens to."""
    broker.publish("lab/ready", b"1")
    return "lab/ready" in made.receiver.memory.records


def test_what_is_published_is_stored(broker: Mosquitto, listening: Callable[[], Subscription]) -> None:
    broker.start()
    made = listening()
    records = made.receiver.memory.records
    wait_until(lambda: heard(broker, made))
    broker.publish("lab/oven/temp", b"21.5", b" -1e3\n", b'{"x": 5, "y": 6, "unit": "K"}')
    broker.publish(
        "lab/other", b'[{"x": 1, "y": 2, "channel": "own"}]', b'{"dt": 1, "channels": {"ch1": [1], "b": [2]}}'
    )
    wait_until(lambda: "b" in records)
    assert set(records) == {"lab/ready", "lab/oven/temp", "own", "ch1", "b"}
    oven = records["lab/oven/temp"]
    assert oven.y(0, 3).tolist() == [21.5, -1000, 6]
    assert (oven.x(0, 1).tolist(), oven.unit) == ([1_700_000_000.0], "K")


def test_what_cannot_be_read_changes_nothing_and_is_told_once(
    broker: Mosquitto, listening: Callable[[], Subscription], caplog: pytest.LogCaptureFixture
) -> None:
    broker.start()
    made = listening()
    wait_until(lambda: heard(broker, made))
    accepted = made.receiver.memory.accepted
    bad = [b"", b"{", b"\xff", b'{"y": "nan"}', b"1.2.3", b" " * 2000, b'{"y": 1, "channel": "<b>"}']
    broker.publish("lab/x", *bad)
    wait_until(lambda: made.refused == len(bad))
    broker.publish("lab/sp%ace$/ä" + "x" * 80, b"1")
    wait_until(lambda: made.receiver.memory.accepted == accepted + 1)
    assert len([r for r in caplog.records if "not stored" in r.getMessage()]) == 1


def test_a_broker_that_comes_late_or_again_is_found(
    broker: Mosquitto, listening: Callable[[], Subscription], caplog: pytest.LogCaptureFixture
) -> None:
    made = listening()
    wait_until(lambda: "no connection" in caplog.text)
    broker.start()
    wait_until(lambda: heard(broker, made))
    broker.stop()
    wait_until(lambda: caplog.text.count("no connection") == 2)
    broker.start()
    made.receiver.memory.clear()
    wait_until(lambda: heard(broker, made))
