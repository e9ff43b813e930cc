"""What scripts/send_data.py sends besides waves, against a live server."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import Served, serving
from test_send_data import SCRIPT, run, send_data, sources, started

from app.config import load
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.store import writing
from app.store.block import taken

RATE = 8000


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served


def recording(path: Path, values: Any, width: int) -> Path:
    """A WAV file; values (n, channels) between -1 and 1."""
    full = 1 << (8 * width - 1)
    whole = np.clip(np.round(values * full), -full, full - 1).astype("<i8") + (128 if width == 1 else 0)
    frames = whole.reshape(-1).view("u1").reshape(-1, 8)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(values.shape[1])
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(frames)
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_recording_arrives_as_it_was(scope: Served, tmp_path: Path, width: int) -> None:
    t = np.arange(4001) / RATE
    values = np.stack([np.sin(2 * np.pi * 50 * t), np.where(t < 0.25, -1.0, 0.5)], axis=1)
    printed = run(scope, str(recording(tmp_path / "two.wav", values, width)), "--fast", "--unit", "FS")
    assert list(scope.memory.records) == ["left", "right"]
    for k, record in enumerate(scope.memory.records.values()):
        assert (record.total, record.unit, record.x_unit, record.gaps) == (4001, "FS", "s", 0)
        np.testing.assert_allclose(record.x(0, 4001), t, atol=1e-9)
        np.testing.assert_allclose(record.y(0, 4001), values[:, k], atol=1.1 / (1 << (8 * width - 1)))
    assert "two.wav: sent 4001 samples" in printed


def test_a_recording_is_played_in_its_own_time(scope: Served, tmp_path: Path) -> None:
    begun = time.monotonic()
    run(scope, str(recording(tmp_path / "one.wav", np.zeros((RATE, 1)), 2)))
    assert time.monotonic() - begun > 1
    assert scope.memory.records["ch1"].total == RATE


CSV = [
    ("time,a,b b\n0.5,1,2\n0.6,,3\n0.7,5,4\n", {"a": [1, None, 5], "b b": [2, 3, 4]}, [0.5, 0.6, 0.7]),
    ("a;b\n1;2\n3;4\n", {"a": [1, 3], "b": [2, 4]}, [0, 0.01]),
    ("1\t2\n3\t4\n", {"ch1": [1, 3], "ch2": [2, 4]}, [0, 0.01]),
    ("y\n1\n2\n\n3\n", {"y": [1, 2, 3]}, [0, 0.01, 0.02]),
    ("\ufeffx,y\n1,nan\n2,3\n", {"y": [None, 3]}, [1, 2]),
]


@pytest.mark.parametrize(("text", "columns", "x"), CSV)
def test_a_table_arrives_as_it_was(
    scope: Served, tmp_path: Path, text: str, columns: dict[str, list[float | None]], x: list[float]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    run(scope, str(path), "--fast", "--rate", "100")
    assert list(scope.memory.records) == list(columns)
    for name, values in columns.items():
        record = scope.memory.records[name]
        np.testing.assert_allclose(record.x(0, len(x)), x)
        np.testing.assert_array_equal(record.y(0, len(x)), np.array(values, float))


@pytest.mark.parametrize(("name", "content", "words"), [
    ("none.wav", b"RIFFxxxx", "is no WAV file"),
    ("words.csv", b"a,b\n1,two\n", "is no CSV file"),
    (
        "recording.csv",
        b"channel,n,x,y,time,clock,gap,unit,x_unit\na,0,zero,1,2026-11-30T12:00:00Z,0,0,,\n",
        "is no recording",
    ),
    ("uneven.csv", b"a,b\n1,2\n3\n", "is no CSV file"),
])  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    process = started("http://127.0.0.1:9/data", str(path))
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert words in printed
    assert "Traceback" not in printed


def test_a_file_that_is_not_there_is_one_sentence() -> None:
    process = started("http://127.0.0.1:9/data", "/no/such.csv")
    assert "No such file" in process.communicate(timeout=20)[0]
    assert process.returncode == 1


def test_lines_have_the_time_at_which_they_come(scope: Served) -> None:
    lines = "21.5\ntemp 22\nroom air -1e3\n\nvolts,amps\n1,2\n3,4\nnot a number at all\n7,8,9\n"
    command = [sys.executable, str(SCRIPT), "--url", f"http://127.0.0.1:{scope.port}/data", "-"]
    before = time.time()
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=20)
    assert (done.returncode, "Left out" in done.stderr) == (0, True)
    found = {name: record.y(0, record.total).tolist() for name, record in scope.memory.records.items()}
    assert found.pop("ch1") == [21.5, 7]
    assert found == {
        "temp": [22],
        "room air": [-1000],
        "volts": [1, 3],
        "amps": [2, 4],
        "ch2": [8],
        "ch3": [9],
    }
    assert before <= scope.memory.records["temp"].x(0, 1)[0] <= time.time()


def test_lines_that_come_at_once_go_together() -> None:
    blocks = list(sources.line_blocks(io.StringIO("1\n" * 1000), None, lambda: 5.0))
    assert sum(block.n for block in blocks) == 1000
    assert len(blocks) < 20


def test_the_load_of_this_machine_is_two_percentages(scope: Served) -> None:
    run(scope, "--system", "--rate", "20", "--count", "3")
    assert list(scope.memory.records) == ["cpu", "memory"]
    for record in scope.memory.records.values():
        assert (record.total, record.unit) == (3, "%")
        assert all(0 <= value <= 100 for value in record.y(0, 3))


def test_a_token_opens_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(load([], {"SCOPE_WRITE_TOKENS": "write-token-1"})) as scope:
        process = started(f"http://127.0.0.1:{scope.port}/data", "--wave", "sine", "--count", "10")
        assert "401" in process.communicate(timeout=20)[0]
        assert process.returncode == 1
        run(scope, "--wave", "sine", "--count", "10", "--token", "write-token-1")
        monkeypatch.setenv("SCOPE_TOKEN", "write-token-1")
        run(scope, "--wave", "sine", "--count", "10")
        assert scope.memory.records["ch1"].total == 20


def test_the_same_number_goes_with_the_same_bytes() -> None:
    probe = send_data.Probe("http://127.0.0.1:9/data")
    sent: list[tuple[bytes, str]] = []
    answers = iter([503, 200, 200])

    def post(body: bytes, query: object, **headers: str) -> Any:
        sent.append((body, headers["X-Seq"]))
        made = send_data.requests.Response()
        made.status_code = next(answers)
        return made

    probe.post = post
    probe.send(b"a")
    probe.send(b"b")
    assert sent == [(b"a", "1"), (b"a", "1"), (b"b", "2")]


def test_the_bar_says_how_far_it_is() -> None:
    progress = send_data.Progress("a.wav")
    progress.bar, progress.n = True, 500
    assert progress.line(0.5).startswith("\r[" + "#" * 15 + "." * 15 + "]  50% a.wav: 500 samples, ")


def test_the_head_of_a_column_may_name_its_unit() -> None:
    rows = iter([["t [ms]", "temp [°C]", "ch 2"], ["0", "21.5", "1"]])
    table = sources.Table.of(rows, 1000.0, None)
    assert json.loads(table.body(0, [[0.0], [21.5], [1.0]])) == {
        "channels": {"temp": [21.5], "ch 2": [1.0]},
        "units": {"temp": "°C"},
        "x_unit": "ms",
        "x": [0.0],
    }


def test_a_recording_of_the_scope_is_sent_as_it_was(scope: Served, tmp_path: Path) -> None:
    memory, x = Memory(10_000), np.arange(6000) / 1000
    memory.append([Samples("wave", 0.0, x, np.sin(x), Origin.DATA, None, "V", "s")], 1e9)
    memory.append([Samples("-sum", 0.0, x, np.where(x > 5, np.nan, x), Origin.DATA)], 1e9)
    blocks = [taken(record, 0, 6000, (0, 10**9)) for record in memory.records.values()]
    path, table = tmp_path / "recording-1.csv", writing.Table()
    path.write_bytes(table.begin() + table.block(blocks))
    printed = run(scope, str(path), "--fast")
    for name, record in memory.records.items():
        twin = scope.memory.records[name]
        np.testing.assert_array_equal(twin.x(0, 6000), record.x(0, 6000))
        np.testing.assert_array_equal(twin.y(0, 6000), record.y(0, 6000))
        assert (twin.total, twin.unit, twin.x_unit) == (6000, record.unit, record.x_unit)
    assert "recording-1.csv: sent 12000 samples" in printed
