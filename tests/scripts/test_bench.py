"""scripts/bench at its smallest: every row runs and gives figures. How fast they are is not judged here."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from scripts.benches.__main__ import ALONE, main
from scripts.benches.bodies import BODIES, mark
from scripts.benches.running import has_nginx
from scripts.benches.screen import NEAR, latency
from scripts.benches.shared import has_redis
from scripts.benches.table import FULL, QUICK, Row, WrongError, percentile

PROJECT = Path(__file__).resolve().parents[2]
BENCH = [str(PROJECT / "scripts" / "bench")]
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?|\binf\b|\bnan\b")
PARTS = (
    "single-point POST, 4 connections",
    "JSON columns (t0 and dt)",
    "float32, ",
    "line protocol, ",
    "single points over one WebSocket",
    "JSON columns (x and y)",
    "Memory.append with pyramid, batches of 10,000",
    "Memory.append in files, batches of 10,000",
    "single-point POST with SCOPE_DATA",
    "changes in the journal, after a kill",
    "frame of 20,000 samples, regular x",
    "frame of 20,000 samples, irregular x",
    "malformed bodies",
    "10 writers of 20,000 samples",
    "loop lag while 1 MiB bodies arrive: JSON,",
    "loop lag while 1 MiB bodies arrive: JSON lines",
    "loop lag while 1 MiB bodies arrive: CSV",
    "loop lag while 1 MiB bodies arrive: line protocol",
    "loop lag while 1 MiB bodies arrive: teleplot",
    "read back",
    "single-point POST, 2 tabs",
    "resident memory",
    "server per viewer-frame",
    "straight to the app",
    "8 measurements and a spectrum on",
    "8 measurements on, one of them sees the spectrum",
    "full tabs",
    "distinct views",
    "roll at 1 s/div",
    "tabs open at once",
    "stop reading: gap of the others",
    "stop reading: single-point POST",
    "stop reading: resident memory",
    "GET /, a page",
    "GET /watch",
)


@pytest.fixture(scope="module")
def printed() -> list[list[str]]:
    """The cells of the table, without its head."""
    run = subprocess.run(
        [*BENCH, "--quick"], capture_output=True, text=True, timeout=300, cwd="/", check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    head, _, *rows = (cells(line) for line in run.stdout.splitlines())
    assert head == ["what", "result", "beside it", "ratio", "budget", "verdict"]
    return rows


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


@pytest.mark.parametrize("part", PARTS)
def test_every_row_is_there(printed: list[list[str]], part: str) -> None:
    assert [row[0] for row in printed if part in row[0]]


@pytest.mark.skipif(not has_nginx(), reason="nginx is not installed")
def test_watchers_come_through_nginx_too(printed: list[list[str]]) -> None:
    assert [row[0] for row in printed if "through nginx" in row[0]]


@pytest.mark.skipif(not has_redis(), reason="redis-server is not installed")
@pytest.mark.parametrize(
    "part",
    [
        "read from Redis at the start",
        "single-point POST through Redis",
        "seen by a viewer of another",
        "two processes that share a Redis",
    ],
)
def test_rows_of_several_processes_are_there(printed: list[list[str]], part: str) -> None:
    assert [row[0] for row in printed if part in row[0]]


def test_every_row_gives_finite_figures(printed: list[list[str]]) -> None:
    for _, result, beside, ratio, *_ in printed:
        assert numbers(result), result
        assert all(math.isfinite(n) for text in (result, beside, ratio) for n in numbers(text))


def test_no_sample_was_lost_and_every_malformed_body_refused(printed: list[list[str]]) -> None:
    (exact,) = (row for row in printed if "read back" in row[0])
    assert exact[1].startswith("0 lost, 0 twice")
    (malformed,) = (row for row in printed if "malformed" in row[0])
    assert numbers(malformed[0])[0] == numbers(malformed[1])[0]
    assert malformed[1].endswith("channels as before")


def test_a_row_that_does_not_exist_is_named() -> None:
    run = subprocess.run([*BENCH, "frames"], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert "no row frames" in run.stderr


def test_a_verdict_needs_a_budget_and_full_size() -> None:
    assert Row("a", "1").cells(FULL)[-1] == "-"
    assert Row("a", "1", held=True).cells(FULL)[-1] == "ok"
    assert Row("a", "1", held=False).cells(FULL)[-1] == "MISSED"
    assert Row("a", "1", held=False).cells(QUICK)[-1] == "-"
    assert Row("a", "why", failed=True).cells(QUICK)[-1] == "FAILED"


def test_a_row_that_cannot_be_measured_says_why_and_the_others_follow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_size: object) -> Iterator[Row]:
        yield Row("begun", "1")
        raise WrongError("frame 7 came twice")

    def sound(_size: object) -> Iterator[Row]:
        yield Row("sound", "1")

    monkeypatch.setitem(ALONE, "exact", broken)
    monkeypatch.setitem(ALONE, "malformed", sound)
    assert main(["--quick", "exact", "malformed"]) == 1
    printed = [cells(line) for line in capsys.readouterr().out.splitlines()[2:]]
    assert [(row[0], row[-1]) for row in printed] == [("begun", "-"), ("exact", "FAILED"), ("sound", "-")]
    assert "frame 7 came twice" in printed[1][1]


def test_bodies_join_each_other_and_differ() -> None:
    for kind, n, rate in (("swept", 180, 6000), ("noise", 180, 6000), ("rolled", 40, 1000)):
        bodies = [json.loads(body) for body in BODIES[kind](range(24, 27))]
        assert [body["t0"] for body in bodies] == [k * n / rate for k in range(24, 27)]
        assert all(len(y) == n for body in bodies for y in body["channels"].values())
        assert len({tuple(body["channels"]["ch1"]) for body in bodies}) == 3
    first, second = (json.loads(body) for body in BODIES["million"](range(2)))
    assert second["t0"] - first["t0"] == len(first["channels"]["fast"]) * first["dt"] == 0.01


def test_marks_are_far_from_each_other() -> None:
    marks = sorted(mark(n) for n in range(1000))
    assert min(b - a for a, b in pairwise(marks)) > 2 * NEAR


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile(list(range(1, 101)), 0.99) == 99
    assert percentile([7.0], 0.99) == 7.0
    with pytest.raises(WrongError):
        percentile([], 0.5)


def test_a_point_that_was_skipped_counts_until_a_later_one_is_drawn() -> None:
    seen = [(150.0, 0.2 + NEAR / 2), (340.0, 0.4)]
    assert latency(seen, [0.2, 0.3, 0.4], [100.0, 200.0, 300.0]) == [50, 140, 40]
