"""scripts/send_data.py, as a process of its own against a live server."""

from __future__ import annotations

import http.server
import importlib.util
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from serving import Served, serving

from app.config import Config
from tests.conftest import wait_until

SCRIPT = Path(__file__).parents[2] / "scripts" / "send_data.py"


def module() -> Any:
    sys.path.insert(0, str(SCRIPT.parent))  # as Python does for a script
    spec = importlib.util.spec_from_file_location("send_data", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["send_data"] = made
    spec.loader.exec_module(made)
    return made


send_data = module()
waves: Any = importlib.import_module("waves")
sources: Any = importlib.import_module("sources")


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served


def started(url: str, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), "--url", url, *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(scope: Served, *flags: str) -> str:
    """What the script prints, from start to its own end."""
    process = started(f"http://127.0.0.1:{scope.port}/data", *flags)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0, printed
    return printed


def test_without_flags_it_sends_random_points_as_the_first_version_did(scope: Served) -> None:
    printed = run(scope, "--count", "3", "--rate", "50", "--mean", "100", "--std", "0.001")
    record = scope.memory.records["ch1"]
    assert record.x(0, 3).tolist() == [0, 1, 2]
    assert np.abs(record.y(0, 3) - 100).max() < 0.1
    assert len(re.findall(r"^Sent data point: x=\d, y=\d+\.\d+$", printed, re.MULTILINE)) == 3
    assert printed.count("Response: {'status': 'success'}") == 3


def test_its_defaults_are_those_of_the_first_version() -> None:
    args = send_data.arguments([])
    assert (args.url, args.mean, args.std) == ("http://localhost:8080/data", 0, 20)
    assert (args.wave, args.rate, send_data.POINT_RATE) == (None, None, 5)


def test_it_goes_on_after_an_error_and_stops_on_ctrl_c() -> None:
    process = started("http://127.0.0.1:9/data", "--rate", "50")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=10)
    assert all(line.startswith("Error sending data: ") for line in lines[1:])
    assert rest.strip().endswith("Stopped.")
    assert process.returncode == 0


def test_blocks_of_a_wave_join_without_gaps(scope: Served) -> None:
    flags = ["--wave", "square", "--channels", "4", "--batch", "100", "--rate", "20000", "--count", "2050"]
    printed = run(scope, *flags, "--unit", "V", "--amplitude", "2", "--mean", "1", "--frequency", "100")
    assert list(scope.memory.records) == ["ch1", "ch2", "ch3", "ch4"]
    for record in scope.memory.records.values():
        assert (record.total, record.unit, record.x_unit, record.gaps) == (2050, "V", "s", 0)
        np.testing.assert_allclose(record.x(0, 2050), np.arange(2050) / 20000, rtol=1e-12)
        assert set(record.y(0, 2050).tolist()) == {-1, 3}
    first, third = scope.memory.records["ch1"], scope.memory.records["ch3"]
    np.testing.assert_array_equal(first.y(0, 2050) - 1, 1 - third.y(0, 2050))  # half a period later
    assert "square: sent 2050 samples" in printed


def test_the_real_rate_is_the_one_that_was_asked_for(scope: Served) -> None:
    begun = time.monotonic()
    printed = run(scope, "--wave", "sine", "--rate", "1000", "--count", "1200", "--batch", "20")
    assert time.monotonic() - begun > 1.15
    rates = [float(rate) for rate in re.findall(r"([\d.]+) samples/s", printed)]
    assert len(rates) >= 2
    assert all(900 < rate <= 1100 for rate in rates)


def test_a_lissajous_is_a_figure(scope: Served) -> None:
    run(scope, "--wave", "lissajous", "--rate", "5000", "--count", "1000", "--frequency", "30")
    record = scope.memory.records["ch1"]
    assert record.total == 1000
    assert record.figure


@pytest.mark.parametrize("wave", send_data.WAVES)
def test_every_wave_stays_within_its_amplitude(wave: str) -> None:
    shape = send_data.WAVES[wave]
    values = [shape(i / 400) for i in range(20_000)]
    if wave == "noise":
        assert 0.9 < float(np.std(values)) < 1.1
    else:
        assert min(values) == pytest.approx(-1, abs=1e-2)
        assert max(values) == pytest.approx(1, abs=1e-2)


def test_the_waves_have_their_shapes() -> None:
    quarters = [0, 0.25, 0.5, 0.75]
    assert [waves.square(p) for p in quarters] == [1, 1, -1, -1]
    assert [waves.triangle(p) for p in quarters] == [0, 1, 0, -1]
    assert [round(waves.sine(p), 12) for p in quarters] == [0, 1, 0, -1]


def test_what_the_server_will_never_take_ends_it_with_its_words(scope: Served) -> None:
    process = started(
        f"http://127.0.0.1:{scope.port}/data", "--wave", "sine", "--batch", "100001", "--rate", "1e9"
    )
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "413" in printed


@contextmanager
def answering(answers: list[tuple[int, dict[str, str]]]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers in turn, then success; and the bodies it has got."""
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers = answers.pop(0) if answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_sends_the_same_bytes_again_after_errors_that_pass() -> None:
    answers = [(status, {}) for status in (503, 429, 502)] + [(503, {"Retry-After": "1"})]
    with answering(answers) as (url, got):
        begun = time.monotonic()
        process = started(url, "--wave", "noise", "--count", "10", "--batch", "10")
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert len(got) == 5
    assert len(set(got)) == 1
    assert len(orjson.loads(got[0])["channels"]["ch1"]) == 10
    assert time.monotonic() - begun > 1
    assert printed.count("Error sending data: ") == 4


def test_it_waits_for_a_server_that_is_not_there_yet() -> None:
    process = started("http://127.0.0.1:9/data", "--wave", "sine", "--count", "10")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert lines[1].startswith("Error sending data: ")
    assert lines[2].startswith("Error sending data: ")


def test_pauses_grow_to_ten_seconds() -> None:
    longest = send_data.waits()
    assert [round(next(longest), 1) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_a_slow_server_is_reported() -> None:
    with serving(Config()) as scope:
        process = started(
            f"http://127.0.0.1:{scope.port}/data", "--wave", "sine", "--rate", "1e8", "--batch", "500"
        )
        assert process.stdout is not None
        lines: list[str] = []
        wait_until(lambda: "cannot keep up" in (lines.append(process.stdout.readline()) or lines[-1]))  # type: ignore[union-attr, func-returns-value]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
