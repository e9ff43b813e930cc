"""What people already have, as real programs against the real server: curl in a shell, NumPy with requests.

InfluxDB's client is in test_influx, mosquitto in test_mqtt, a browser's fetch in ui/test_locked.
"""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
import requests
import zstandard

from tests.conftest import wait_until
from tests.process import Server

Y = np.sin(np.arange(5000) / 50)
NPY, RAW = "application/x-npy", "application/octet-stream"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    made = Server(settings={"SCOPE_POINTS": "20000"})
    made.launch()
    wait_until(lambda: answers(made), 60)
    yield made
    assert made.stop() == 0


def answers(server: Server) -> bool:
    try:
        return server.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


@pytest.fixture
def server(running: Server) -> Server:
    """The server with an empty memory."""
    running.ask("DELETE", "/data")
    return running


def read(server: Server, channel: str) -> tuple[list[float], list[float]]:
    body = server.ask("GET", f"/data?channel={channel}&n=all")[1]
    found = orjson.loads(body)["channels"][channel]
    return found["x"], found["y"]


# curl


def in_shell(script: str, server: Server) -> str:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    told = {"PATH": "/usr/bin:/bin", "URL": server.url.rstrip("/")}
    run = subprocess.run(
        ["bash", "-euc", script], env=told, capture_output=True, text=True, timeout=60, check=True
    )
    return run.stdout


def test_a_shell_loop_with_curl_is_a_probe(server: Server) -> None:
    loop = 'for i in 1 2 3 4 5; do curl -sS "$URL/data" -d "{\\"x\\": $i, \\"y\\": \\"$((i * i))\\"}"; done'
    assert in_shell(loop, server) == '{"status":"success"}' * 5
    assert read(server, "ch1") == ([1, 2, 3, 4, 5], [1, 4, 9, 16, 25])


def test_curl_carries_what_a_pipe_holds_while_it_comes(server: Server) -> None:
    piped = 'for i in {0..999}; do echo "{\\"x\\": $i, \\"y\\": $i, \\"channel\\": \\"pipe\\"}"; done'
    told = in_shell(
        f'{piped} | curl -sS -T - -X POST "$URL/data" -H "Content-Type: application/x-ndjson"', server
    )
    assert orjson.loads(told)["accepted"] == 1000
    assert read(server, "pipe")[1] == list(range(1000))


def test_curl_hears_what_is_wrong(server: Server) -> None:
    script = 'curl -sS -w "\\n%{http_code} %{content_type}" "$URL/data" -d "{\\"x\\": 1, \\"y\\": null}"'
    body, told = in_shell(script, server).splitlines()
    assert told == "400 application/json"
    assert orjson.loads(body)["message"].startswith(
        "Invalid data format. Expected JSON with keys 'x' and 'y'."
    )
    assert server.ask("GET", "/channels")[1] == b"[]"


# NumPy and requests


def npy(array: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.save(made, array)
    return made.getvalue()


def arrow(**columns: np.ndarray) -> bytes:
    table, made = pa.table(columns), io.BytesIO()
    with pa.ipc.new_stream(made, table.schema) as stream:
        stream.write_table(table)
    return made.getvalue()


STEPS = {"t0": "0", "rate": "1000", "channel": "np"}
NAMED = np.rec.fromarrays([np.arange(5000) / 1000, Y], names="t,np")
SENT = {
    "npy": (NPY, npy(Y), STEPS),
    "npy of names": (NPY, npy(NAMED), {}),
    "f8": (RAW, Y.astype("<f8").tobytes(), {"dtype": "f8", **STEPS}),
    "f4": (RAW, Y.astype("<f4").tobytes(), {"dtype": "f4", **STEPS}),
    "arrow": (ARROW, arrow(t=np.arange(5000) / 1000, np=Y), {}),
}


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
def test_an_array_goes_by_requests_and_comes_back(server: Server, name: str, encoding: str) -> None:
    kind, body, query = SENT[name]
    packed = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[encoding](body)
    headers = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
    answer = requests.post(server.url + "data", data=packed, params=query, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["accepted"]) == (200, len(Y))
    back = requests.get(
        server.url + "data", params={"channel": "np", "n": "all", "format": "npy"}, timeout=30
    )
    found = np.load(io.BytesIO(back.content))
    np.testing.assert_allclose(found["np"], Y, atol=1e-7 if name == "f4" else 0)
    np.testing.assert_allclose(found["x"], np.arange(5000) / 1000)


def test_requests_sends_json_and_text_as_it_does_by_itself(server: Server) -> None:
    url = server.url + "data"
    assert requests.post(url, json={"x": 1, "y": 2}, timeout=30).json() == {"status": "success"}
    assert requests.post(url, json={"dt": 1, "y": Y.tolist(), "channel": "j"}, timeout=30).json()[
        "accepted"
    ] == len(Y)
    assert requests.post(url, data="x,c\n0,1\n1,2\n", timeout=30).json()["accepted"] == 2
    refused = requests.post(url, data={"x": 1, "y": 2}, timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_json")
    assert [channel["name"] for channel in requests.get(server.url + "channels", timeout=30).json()] == [
        "ch1",
        "j",
        "c",
    ]


# the README


README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
BLOCKS = [block for block in PYTHON if "localhost:8080" in block]


class Enough(Exception):  # noqa: N818 - it is none
    """An endless sender has sent three times."""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_what_the_readme_shows_in_python_works(
    server: Server, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise Enough

    monkeypatch.setattr(time, "sleep", sleep)
    known: dict[str, object] = {}
    try:
        exec(block.replace("localhost:8080", f"localhost:{server.port}"), known)
    except Enough:
        assert "while True" in block
    total = sum(channel["total"] for channel in orjson.loads(server.ask("GET", "/channels")[1]))
    assert total == {0: 1, 3: 3}[len(pauses)] if "numpy" not in known else 1000
    if "numpy" in known:
        np.testing.assert_array_equal(known["sine"], np.sin(np.arange(1000) / 50))


def test_the_readme_shows_python_for_each_way_in() -> None:
    assert len(BLOCKS) == 3
