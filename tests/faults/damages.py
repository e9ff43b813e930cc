"""Ring files that a lost machine left damaged: nothing is invented or crashes, and what is gone is a gap."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import orjson

from tests.faults.checker import check
from tests.faults.driver import Load, accepting
from tests.faults.places import App
from tests.faults.reading import ask
from tests.faults.running import Result, Run
from tests.faults.values import Values
from tests.process import ROOT, free_port

POINTS = "10000"
FILL = 3.0  # s of samples; rings are full and overwritten then
RATE = 200.0
REFUSED_WITHIN = 60.0  # s

Damage = Callable[[random.Random, Path, Path], None]


def flip(rng: random.Random, path: Path, _: Path) -> None:
    """Some bits are others."""
    data = bytearray(path.read_bytes())
    for _n in range(rng.choice((1, 1, 8, 100))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(rng: random.Random, path: Path, _: Path) -> None:
    """The end is missing."""
    with path.open("r+b") as file:
        file.truncate(rng.randrange(path.stat().st_size))


def stale(rng: random.Random, path: Path, older: Path) -> None:
    """Some pages are those of a moment before: the newer ones had not reached the disk."""
    before = older.read_bytes() if older.exists() else b""
    data = bytearray(path.read_bytes())
    for _n in range(rng.choice((1, 4, 30))):
        at = rng.randrange(len(data)) & ~4095
        page = before[at : at + 4096].ljust(4096, b"\0")
        data[at : at + 4096] = page[: len(data) - at]
    path.write_bytes(data)


def other_version(rng: random.Random, path: Path, _: Path) -> None:
    """A version that nobody knows."""
    with path.open("r+b") as file:
        file.write(b"OSCRING9")


def foreign(rng: random.Random, path: Path, _: Path) -> None:
    """Something else has its name."""
    path.write_bytes(rng.randbytes(rng.choice((0, 1, 100, 5000))))


def gone(rng: random.Random, path: Path, _: Path) -> None:
    path.unlink()


DAMAGES: list[Damage] = [flip, flip, flip, truncate, stale, stale, other_version, foreign, gone]


async def damages(run: Run) -> Result:
    """So many damaged copies of a folder; and a second process that wants the same one."""
    result = Result(
        "damaged files: bits flipped, cut off, stale pages, other versions, foreign, missing", run.n
    )
    older, newer = run.folder / "older", run.folder / "newer"
    await filled(run, result, older, newer)
    whole = await started(run, result, "nothing")
    if whole is None:
        return result
    missing = [await one(run, result, whole, older, newer) for _ in run.rounds()]
    run.history.close()
    n = sum(map(len, whole.values()))
    result.acknowledged, result.samples = run.history.acknowledged, run.history.samples
    result.more.append(
        f"of {n:,} samples none missing {missing.count(0)} times, all {missing.count(n)} times"
    )
    return result


async def filled(run: Run, result: Result, older: Path, newer: Path) -> None:
    """Two states of a folder, when a process was killed and a moment before; and a second writer."""
    app = placed(run)
    try:
        app.launch()
        await accepting(app.port)
        async with Load(app.port, run.history, run.seed, rate=RATE):
            await asyncio.sleep(FILL)
            await asyncio.to_thread(shutil.copytree, run.folder / "data", older)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(second, run, result)
        app.kill()
        shutil.copytree(run.folder / "data", newer)
    finally:
        app.end()


def second(run: Run, result: Result) -> None:
    """Another process on the same folder: it says so and ends."""
    ended = subprocess.run(
        [sys.executable, "-m", "app", "--bind", "127.0.0.1", "--port", str(free_port())],
        cwd=ROOT,
        env=placed(run).environment(),
        capture_output=True,
        text=True,
        timeout=REFUSED_WITHIN,
        check=False,
    )
    result.require(ended.returncode == 1, f"a second process on the folder ended with {ended.returncode}")
    said = ended.stderr.strip().splitlines()
    result.require(said and "Traceback" not in ended.stderr, f"a second process said {said[-1:]}")


async def one(run: Run, result: Result, whole: dict[str, Values], older: Path, newer: Path) -> int:
    """Damage one file of a copy and start on it; how many samples were missing.

    whole  what an undamaged folder gives
    """
    copy = run.folder / "data"
    shutil.rmtree(copy)
    shutil.copytree(newer, copy)
    path = run.rng.choice(sorted(path for path in copy.rglob("*") if path.is_file() and path.stat().st_size))
    damage = run.rng.choice(DAMAGES)
    damage(run.rng, path, older / path.relative_to(copy))
    what = f"{damage.__name__} of {path.relative_to(copy)}"
    run.history.mark(what)
    found = await started(run, result, what)
    if found is None:
        return 0
    for name, held in found.items():
        strange = held[~np.isin(held, whole[name])]
        result.require(not len(strange), f"{what}: {len(strange)} samples of {name} that were not there")
    wrong = [breach for breach in check(run.history, found, since=float("inf")) if breach.rule != "torn"]
    result.require(not wrong, f"{what}: {'; '.join(map(str, wrong))}")
    return sum(len(held) - len(found.get(name, ())) for name, held in whole.items())


async def started(run: Run, result: Result, what: str) -> dict[str, Values] | None:
    """What an app has that starts on the folder; it takes samples, and ends in order."""
    app = placed(run)
    try:
        app.launch()
        result.back.append(await accepting(app.port))
        found = await asyncio.to_thread(lambda: dict(channels(app.port)))
        result.require(app.stop() == 0, f"{what}: it did not end in order")
        result.require("Traceback" not in app.log.read_text(errors="replace"), f"{what}: a traceback")
        return found
    except TimeoutError:
        result.wrong.append(f"{what}: it does not come back: {app.log.read_text(errors='replace')[-500:]}")
        return None
    finally:
        app.end()
        app.log.unlink(missing_ok=True)


def placed(run: Run) -> App:
    return App(settings={"SCOPE_DATA": str(run.folder / "data"), "SCOPE_POINTS": POINTS}, folder=run.folder)


def channels(port: int) -> Iterator[tuple[str, Values]]:
    """What each channel holds, without its gaps."""
    for known in orjson.loads(ask(port, "GET", "/channels")[1]):
        name = known["name"]
        if name == "probe":
            continue
        y = orjson.loads(ask(port, "GET", f"/data?channel={name}&n=all")[1])["channels"][name]["y"]
        yield name, np.array([value for value in y if value is not None], np.float64).astype(np.int64)
