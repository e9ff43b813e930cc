"""What people keep, over the death of the process: kill -9, and a restart on the same folder."""

from __future__ import annotations

import io
import json
import math
import signal
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from tests.conftest import wait_until
from tests.process import Server

X = [n / 1000 for n in range(3000)]


def accepting(server: Server) -> bool:
    try:
        return server.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


def launched(folder: Path) -> Server:
    """A process that takes requests, and has no pages yet."""
    server = Server(settings={"SCOPE_DATA": str(folder)})
    server.launch()
    wait_until(lambda: accepting(server), 60, 0.05)
    return server


def killed(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)


def listed(server: Server, path: str) -> Any:
    status, body = server.ask("GET", path)
    assert status == 200, body
    return json.loads(body)


def test_a_recording_survives_kill_9_up_to_its_last_block(tmp_path: Path) -> None:
    server = launched(tmp_path)
    for format in ("arrow", "csv"):
        assert server.ask("POST", "/recordings", {"format": format})[0] == 200
    server.columns(X, ch1=[math.sin(20 * x) for x in X])
    wait_until(lambda: {told["samples"] for told in listed(server, "/recordings")} == {len(X)})
    assert all(told["ended"] is None for told in listed(server, "/recordings"))
    killed(server)
    for format, number in (("arrow", 1), ("csv", 2)):
        with (tmp_path / "recordings" / f"{number}.{format}").open("ab") as file:
            file.write(b"\xff\xff\xff\xff\x10\0\0\0half")

    again = launched(tmp_path)
    try:
        wait_until(lambda: all(told["ended"] is not None for told in listed(again, "/recordings")))
        for told in listed(again, "/recordings"):
            assert (told["why"], told["samples"]) == ("crash", len(X))
            assert again.ask("POST", f"/recordings/{told['id']}/stop?format=parquet")[0] == 200
        data = again.ask("GET", "/recordings/1")[1]
        assert pa.ipc.open_stream(data).read_all().column("x").to_pylist() == X
        assert again.ask("GET", "/recordings/2")[1].count(b"\n") == len(X) + 1
        assert again.ask("POST", "/recordings", {"format": "arrow"})[0] == 200
        again.columns(X, ch1=X)
    finally:
        assert again.stop() == 0
    data = (tmp_path / "recordings" / "3.arrow").read_bytes()
    assert pa.ipc.open_stream(data).read_all().num_rows == len(X)
    assert json.loads((tmp_path / "recordings" / "3.json").read_bytes())["why"] == "shutdown"


def glass(server: Server) -> bytes:
    """The picture of a pin without its readouts, which also tell of live channels."""
    picture = Image.open(io.BytesIO(server.ask("GET", "/pins/1.png")[1]))
    return picture.crop((40, 60, 1200, 600)).tobytes()


def test_pins_survive_kill_9_whole(tmp_path: Path) -> None:
    server = launched(tmp_path)
    server.columns(X, ch1=[math.sin(20 * x) for x in X], units={"ch1": "V"})
    for note in ("one", "two"):
        status, answer = server.ask("POST", "/pins?tb=50m", {"note": note})
        assert (status, json.loads(answer)["note"]) == (200, note)
    files = ["/pins/1.csv?rate=full", "/pins/1.csv?tb=5m&display=fft&rate=drawn", "/pins/1.png?thumb=1"]
    before, told = [server.ask("GET", path) for path in files], listed(server, "/pins")
    picture = glass(server)
    assert server.ask("DELETE", "/pins/2")[0] == 200
    assert server.ask("POST", "/setups?tb=200m", {"name": "slow"})[0] == 200
    killed(server)
    whole = tmp_path / "pins" / "1.pin"
    (tmp_path / "pins" / "5.pin").write_bytes(whole.read_bytes()[:-100])

    again = launched(tmp_path)
    try:
        assert listed(again, "/pins") == told[1:]
        assert (tmp_path / "pins" / "5.pin.bad").exists()
        for path, (status, body) in zip(files, before, strict=True):
            assert (status, again.ask("GET", path)) == (200, (status, body))
        assert glass(again) == picture
        again.columns(X, ch2=[math.sin(20 * x) for x in X])
        reference = again.ask("GET", "/screen.csv?on=%401:ch1&rate=full")[1].decode()
        assert "@1:ch1 [V]" in reference.splitlines()[0]
        assert len(reference.splitlines()) > 100
        assert json.loads(again.ask("POST", "/pins", {})[1])["id"] == 6
        assert [(kit["name"], kit["query"]) for kit in listed(again, "/setups")] == [("slow", "tb=0.2")]
    finally:
        assert again.stop() == 0
