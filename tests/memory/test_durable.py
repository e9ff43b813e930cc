"""A memory in a folder is after a crash what it was before, whatever came and whenever it was cut off."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.ingest.bus import Local, Mark
from app.ingest.sequences import Numbered, Sequences
from app.memory import durable, journal, mapped, ring_files, shelf, state
from app.memory.durable import Durable
from app.memory.memory import ChannelLimit, Memory
from app.memory.record import Record
from app.memory.samples import Origin, Samples
from app.memory.shelf import Taken
from tests.conftest import wait_until

POINTS = 1000
Change = Callable[[Memory], Any]
folders = count()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals so short that there are many states."""
    monkeypatch.setattr(shelf, "MOST_ENTRIES", 23)
    monkeypatch.setattr(journal, "SIZE", 1 << 16)


def crashed(path: Path) -> Path:
    """The files as they would be found if the process ended now."""
    twin = path.parent / f"crashed-{next(folders)}"
    shutil.copytree(path, twin)
    return twin


def told(record: Record) -> dict[str, Any]:
    """All that can be seen of a record."""
    facts, arrays = state.facts(record)
    first = record.first
    facts = {name: facts[name] for name in facts.keys() - {"capacity", "limit", "gaps", "steps"}}
    facts |= {"gaps": record.gaps, "unit": record.unit, "steps": record.steps()}
    starts = record.gap_starts(first, record.total).tolist()
    segments, at = [], first
    while at < record.total:
        segments.append(record.segment(at))
        at = segments[-1].stop
    columns = {
        "x": record.x(first, record.total), "offsets": record.offsets(first, record.total),
        "y": record.y(first, record.total), "newest": arrays["newest"],
    }  # fmt: skip
    return facts | {name: column.tobytes() for name, column in columns.items()} | {
        "starts": starts, "segments": segments,
    }  # fmt: skip


def numbered(channel: str, start: int, stop: int, kind: type = np.float32) -> Samples:
    """Samples that are their own numbers."""
    numbers = np.arange(float(start), stop)
    return Samples(channel, 0.0, numbers, numbers.astype(kind), Origin.DATA)


def same(one: Memory, other: Memory) -> None:
    assert list(one.records) == list(other.records)
    assert (one.accepted, one.created) == (other.accepted, other.created)
    for name, record in one.records.items():
        assert told(record) == told(other.records[name]), name


def block(rng: random.Random, channel: str) -> Samples:
    """Any samples that a sender might send."""
    n = rng.choice((1, 1, 1, 2, 7, 40, 300, 1500))
    values = np.array([rng.gauss(0, 1) for _ in range(n)])
    if rng.random() < 0.1:
        values[rng.randrange(n)] = np.nan
    y = values.astype(np.float32) if rng.random() < 0.5 and channel != "d" else values
    unit = rng.choice((None, "V", "°C"))
    start, step = rng.choice((0.0, 1e9, -5.0)) + rng.randrange(100), rng.choice((0.1, 1e-3, 1e6))
    kind = rng.randrange(5)
    if kind == 0:
        return Samples(channel, start, np.arange(n) * step, y, Origin.DATA, step, unit)
    if kind == 1:
        now = 1_700_000_000_000_000_000 + rng.randrange(10**12)
        return Samples(channel, now, np.arange(n) * step, y, Origin.NEXT, step, unit)
    if kind == 2:
        now = 1_700_000_000_000_000_000 + rng.randrange(10**12)
        return Samples(channel, now, np.zeros(1), y[:1], Origin.CLOCK, None, unit)
    offsets = np.cumsum([rng.expovariate(1) for _ in range(n)])
    if kind == 3:
        offsets = np.array([rng.gauss(0, 1) for _ in range(n)])  # a figure, if there are enough
    return Samples(channel, start, offsets, y, Origin.DATA, None, unit, "m")


def change(rng: random.Random) -> Change:
    """Something that happens to a memory."""
    chance, name = rng.random(), rng.choice("abcd")
    if chance < 0.02:
        return lambda memory: memory.delete(name)
    if chance < 0.025:
        return lambda memory: memory.clear()
    if chance < 0.07:
        label = rng.choice(("one", "other"))
        return lambda memory: memory.say(name, label=label, probe=10.0, named="mV")
    batch = [block(rng, rng.choice("abcd")) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    now, missing = 1.7e9 + rng.random(), rng.choice((None, None, 0, 2, -1))
    return lambda memory: memory.append(batch, now, missing)


@pytest.mark.parametrize("seed", range(12))
def test_whenever_it_crashes_all_is_there_and_goes_on_as_before(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    kept, twin = Durable(tmp_path / "rings", POINTS), Memory(POINTS)
    for _ in range(6):
        for _ in range(rng.randrange(1, 60)):
            happens = change(rng)
            happens(kept)
            happens(twin)
        same(kept, twin)
        kept = Durable(crashed(kept._shelf.folder), POINTS)
        assert not kept.trouble
        same(kept, twin)


def test_a_folder_that_was_closed_is_there_at_once(tmp_path: Path) -> None:
    rng, twin = random.Random(1), Memory(POINTS)
    kept = Durable(tmp_path, POINTS)
    for _ in range(50):
        happens = change(rng)
        happens(kept)
        happens(twin)
    kept.close()
    again = Durable(tmp_path, POINTS)
    assert again.replayed == 0
    same(again, twin)


def filled(folder: Path, n: int = 5000, channels: str = "ab") -> Durable:
    """A memory whose rings have wrapped; sample k of any channel has value k."""
    kept = Durable(folder, POINTS)
    for k in range(0, n, 100):
        numbers = np.arange(k, k + 100.0)
        kept.append([Samples(c, 0.0, numbers, numbers, Origin.DATA) for c in channels], 1.0)
    return kept


class Cut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", ["journal", "first ring", "second ring", "between"])
def test_a_batch_over_several_channels_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    kept = filled(tmp_path / "rings")
    numbers = np.arange(5000.0, 5300.0)
    batch = [Samples(c, 0.0, numbers, numbers, Origin.DATA) for c in "ab"]
    whole = Record.append

    def cut(record: Record, samples: Samples, now: float) -> Any:
        if at == "between" and record.name == "a":
            return whole(record, samples, now)
        if (at, record.name) in (("first ring", "a"), ("second ring", "b")):
            record._y.write(5000, numbers[:150])  # half of it
            raise Cut
        if at == "between":
            raise Cut
        return whole(record, samples, now)

    def torn(_: journal.Journal, kind: int, pieces: Sequence[Any]) -> bool:
        data, at = kept._shelf.journal.data, kept._shelf.journal.at
        data[at + 24 : at + 24 + 500] = b"".join(pieces)[:500]
        raise Cut

    monkeypatch.setattr(Record, "append", cut)
    if at == "journal":
        monkeypatch.setattr(journal.Journal, "append", torn)
    with pytest.raises(Cut):
        kept.append(batch, 2.0)
    monkeypatch.undo()
    again = Durable(crashed(tmp_path / "rings"), POINTS)
    total = 5000 if at == "journal" else 5300
    for record in again.records.values():
        assert (record.first, record.total) == (total - POINTS, total)
        assert record.y(0, total).tolist() == list(range(total - POINTS, total))
        assert record.x(0, total).tolist() == list(range(total - POINTS, total))


@pytest.mark.parametrize("torn", ["state", "journal begins", "rings move"])
def test_a_crash_while_the_state_is_written_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: str
) -> None:
    kept = filled(tmp_path / "rings", 2000, "a")
    newest = tmp_path / "rings" / f"state-{(kept._shelf.generation + 1) % 2}"

    def cut(*_: Any) -> Any:
        if torn == "state":
            newest.write_bytes(newest.read_bytes()[:777])
        raise Cut

    if torn == "rings move":
        monkeypatch.setattr(Durable, "checkpoint", cut)
        numbers = np.arange(3.0)
        narrow = numbers.astype(np.float32)
        kept.append([Samples("b", 0.0, numbers, narrow, Origin.DATA)], 1.0)
        kept.append([Samples("b", 3.0, numbers, numbers, Origin.DATA)], 1.0)
        with pytest.raises(Cut):
            kept.append([Samples("b", 6.0, numbers, numbers, Origin.DATA)], 1.0)
    else:
        monkeypatch.setattr(shelf, "begun", cut)
        with pytest.raises(Cut):
            kept.checkpoint()
    monkeypatch.undo()
    again = Durable(crashed(tmp_path / "rings"), POINTS)
    assert again.records["a"].y(0, 2000).tolist() == list(range(1000, 2000))
    if torn == "rings move":
        assert again.records["b"].y(0, 6).tolist() == [0, 1, 2] * 2


@pytest.mark.parametrize("points", [100, 999, 2000, 100_000])
def test_another_number_of_points_keeps_what_fits(tmp_path: Path, points: int) -> None:
    filled(tmp_path / "rings")
    again = Durable(crashed(tmp_path / "rings"), points)
    for record in again.records.values():
        first = 5000 - min(points, POINTS)
        assert (record.first, record.total) == (first, 5000)
        assert record.y(0, 5000).tolist() == list(range(first, 5000))
    numbers = np.arange(5000.0, 9000.0)
    again.append([Samples("a", 0.0, numbers, numbers, Origin.DATA)], 1.0)
    first = max(9000 - points, 5000 - POINTS)
    assert again.records["a"].y(0, 9000).tolist() == list(range(first, 9000))
    again = Durable(crashed(again._shelf.folder), points)
    assert again.records["a"].y(0, 9000).tolist() == list(range(first, 9000))


def test_a_smaller_budget_keeps_what_fits(tmp_path: Path) -> None:
    kept = Durable(tmp_path / "rings", 100_000)
    numbers = np.arange(50_000.0)
    kept.append([Samples(c, 0.0, numbers, numbers, Origin.DATA) for c in "ab"], 1.0)
    again = Durable(crashed(tmp_path / "rings"), 100_000, 2 * 18 * 1600)
    for record in again.records.values():
        assert record.y(0, 50_000).tolist() == list(range(50_000 - 1600, 50_000))


def believed(memory: Memory, names: str = "ab") -> None:
    """All that is there is right, or a gap."""
    for record in memory.records.values():
        assert record.name in names
        assert record.total <= 5000
        y = record.y(0, record.total)
        numbers = np.arange(record.first, record.total)
        assert (np.isnan(y) | (y == numbers)).all()
        x = record.x(0, record.total)
        assert (np.isnan(y) | (x == numbers)).all()


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_lead_to_gaps_and_never_to_wrong_values(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    filled(tmp_path / "rings").close()
    twin = crashed(tmp_path / "rings")
    for _ in range(rng.choice((1, 1, 3))):
        path = rng.choice(sorted(path for path in twin.iterdir() if path.stat().st_size))
        data = bytearray(path.read_bytes())
        if rng.random() < 0.3:
            data = data[: rng.randrange(len(data))]
        else:
            at = rng.randrange(min(len(data), 20_000))
            data[at : at + rng.choice((1, 8, 4096))] = rng.randbytes(rng.choice((1, 8, 4096)))
        path.write_bytes(data)
    again = Durable(twin, POINTS)
    believed(again)
    assert again.append([Samples("z", 0.0, np.zeros(1), np.ones(1), Origin.DATA)], 1.0)[0].stop >= 1


def test_files_of_something_else_are_put_aside_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("state-0", "state-1", "journal-0", "journal-1"):
        (tmp_path / name).write_bytes(b"My diary. " * 100)
    kept = Durable(tmp_path, POINTS)
    assert not kept.records
    assert not kept.trouble
    assert (tmp_path / "state-0.bad").read_bytes().startswith(b"My diary.")
    assert "state-0 cannot be used" in caplog.text


def test_lost_rings_cost_their_channel_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(tmp_path / "rings").close()
    twin = crashed(tmp_path / "rings")
    min(twin.glob("channel-1-*.ring"), key=lambda path: path.stat().st_size).unlink()
    for path in twin.glob("channel-1-*.ring"):
        path.unlink()
    again = Durable(twin, POINTS)
    assert list(again.records) == ["b"]
    assert "'a' are lost" in caplog.text
    believed(again)


def test_a_ring_that_cannot_be_opened_costs_its_channel_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled(tmp_path / "rings").close()
    twin = crashed(tmp_path / "rings")
    for path in twin.glob("channel-1-*.ring"):
        path.unlink()
        path.mkdir()
    again = Durable(twin, POINTS)
    assert (list(again.records), again.durability, again.dropped) == (["b"], "file", POINTS)
    assert "cannot be used" in caplog.text
    believed(again)


def test_where_no_file_can_be_opened_nothing_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path / "rings").close()
    twin = crashed(tmp_path / "rings")
    before = sorted(path.name for path in twin.iterdir())

    def opened(_: Path) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as scarce:
        scarce.setattr(ring_files, "opened", opened)
        with pytest.raises(OSError, match="Too many open files"):
            Durable(twin, POINTS)
    assert sorted(path.name for path in twin.iterdir()) == before
    believed(Durable(crashed(twin), POINTS))


def test_a_sparse_copy_on_a_full_disk_stops_nothing_but_durability(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Durable(tmp_path / "rings", 100_000)
    kept.append([numbered("a", 0, 3000)], 1.0)
    kept.append([numbered("a", 3000, 3001)], 1.0)
    twin = crashed(tmp_path / "rings")
    for path in twin.glob("*.ring"):
        content = path.read_bytes().rstrip(b"\0")
        path.write_bytes(content)
        os.truncate(path, 4096 + 4096 * 16)

    def allocate(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "posix_fallocate", allocate)
        again = Durable(twin, 100_000)
        again.append([numbered("a", 3001, 3010)], 2.0)
        assert again.durability == "memory"
        assert again.records["a"].y(0, 3010).tolist() == list(range(3010))
        assert Durable(crashed(twin), 100_000).records["a"].total == 3010
    again.tend()
    assert again.durability == "file"
    assert Durable(crashed(twin), 100_000).records["a"].y(0, 3010).tolist() == list(range(3010))


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    kept = Durable(tmp_path, POINTS)
    with pytest.raises(Taken):
        Durable(tmp_path, POINTS)
    kept.close()
    Durable(tmp_path, POINTS)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Tells whether the disk is full."""
    real = mapped.made
    disk = [False]

    def made(path: Path, size: int) -> Any:
        if disk[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, size)

    monkeypatch.setattr(ring_files, "made", made)
    monkeypatch.setattr(journal, "made", made)

    def becomes(now: bool) -> None:
        disk[0] = now

    return becomes


def test_a_full_disk_stops_nothing_but_durability(
    tmp_path: Path, full: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    kept = filled(tmp_path / "rings", 1000, "a")
    full(True)
    numbers = np.arange(100.0)
    kept.append([Samples("b", 0.0, numbers, numbers, Origin.DATA)], 1.0)
    assert (kept.durability, caplog.text.count("No space left")) == ("memory", 1)
    assert "No space left" in kept.trouble
    assert kept.records["b"].y(0, 100).tolist() == numbers.tolist()
    kept.tend()
    assert kept.trouble
    full(False)
    kept.tend()
    assert (kept.durability, kept.trouble) == ("file", "")
    again = Durable(crashed(tmp_path / "rings"), POINTS)
    assert again.records["b"].y(0, 100).tolist() == numbers.tolist()


def test_a_disk_that_is_full_from_the_start_leaves_memory(
    tmp_path: Path, full: Callable[[bool], None]
) -> None:
    full(True)
    kept = Durable(tmp_path, POINTS)
    kept.append([Samples("b", 0.0, np.zeros(1), np.ones(1), Origin.DATA)], 1.0)
    assert kept.durability == "memory"
    full(False)
    kept.tend()
    assert kept.durability == "file"


MORE = {  # samples that there are, and then
    "a ring grows": (4000, numbered("a", 4000, 5000)),
    "a ring is widened": (4000, numbered("a", 4000, 4001, np.float64)),
    "a channel more makes all smaller": (90_000, numbered("b", 0, 1)),
}
ROOM = 18 * 100_000  # bytes


@pytest.mark.parametrize("name", MORE)
def test_a_full_disk_takes_nothing_that_was_kept(
    tmp_path: Path, full: Callable[[bool], None], name: str
) -> None:
    n, more = MORE[name]
    kept = Durable(tmp_path / "rings", 100_000, ROOM)
    kept.append([numbered("a", 0, n)], 1.0)
    kept.say("a", label="Pump")
    kept.checkpoint()
    assert kept.durability == "file"
    full(True)
    kept.append([more], 2.0)
    assert kept.durability == "memory"
    kept.say("a", label="Fan")  # for as long as the journal has room
    full(False)
    again = Durable(crashed(tmp_path / "rings"), 100_000, ROOM)
    same(kept, again)
    assert again.records["a"].label == "Fan"


@pytest.mark.parametrize("blocks", [3, 300])
def test_a_ring_without_a_file_takes_nothing_from_the_others(
    tmp_path: Path, full: Callable[[bool], None], blocks: int
) -> None:
    """Also over a start with a full disk; once the journal is used up, it is that ring alone that is lost."""
    kept = Durable(tmp_path / "rings", 2000)
    kept.append([numbered("a", 0, 2000), numbered("b", 0, 100)], 1.0)
    kept.checkpoint()
    full(True)
    kept.append([numbered("c", 0, 100)], 2.0)
    folder = crashed(tmp_path / "rings")
    again = Durable(folder, 2000)
    assert (again.durability, list(again.records)) == ("memory", ["a", "b", "c"])
    for k in range(blocks):
        again.append([numbered("a", 2000 + 200 * k, 2200 + 200 * k)], 3.0)
    again.close()
    full(False)
    third = Durable(folder, 2000)
    total = 2000 + 200 * blocks
    assert third.records["a"].y(0, total).tolist() == list(range(total - 2000, total))
    assert third.records["b"].total == 100
    assert ("c" in third.records) == (blocks == 3)
    assert third.dropped == (0 if blocks == 3 else 100)


@pytest.fixture
def scarce(full: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Tells whether there is room for rings neither on the disk nor in memory."""
    real = ring_files.in_memory
    memory = [False]

    def in_memory(*asked: Any) -> Any:
        if memory[0]:
            raise MemoryError
        return real(*asked)

    monkeypatch.setattr(ring_files, "in_memory", in_memory)

    def becomes(now: bool) -> None:
        full(now)
        memory[0] = now

    return becomes


REFUSED = {
    "a channel is made": [numbered("a", 10, 20), numbered("b", 0, 10)],
    "a ring grows": [numbered("a", 10, 5000)],
    "a ring is widened": [numbered("a", 10, 20, np.float64)],
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("again", [True, False])
def test_a_batch_for_which_there_was_no_memory_is_there_only_if_it_was_sent_again(
    tmp_path: Path, scarce: Callable[[bool], None], name: str, again: bool
) -> None:
    kept, batch = Durable(tmp_path / "rings", 100_000), REFUSED[name]
    kept.append([numbered("a", 0, 10)], 1.0)
    scarce(True)
    for _ in range(2):
        with pytest.raises(MemoryError):
            kept.append(batch, 2.0, 3)
    scarce(False)
    assert (list(kept.records), kept.records["a"].total, kept.accepted) == (["a"], 10, 10)
    assert (kept.durability, kept._rings.homeless) == ("file", False)
    if again:
        kept.append(batch, 3.0, 0)
    for checkpoint in (False, True):
        if checkpoint:
            kept.checkpoint()
        found = Durable(crashed(tmp_path / "rings"), 100_000)
        same(kept, found)
        assert found.dropped == 0
    assert kept.records["a"].total == 10 + (len(batch[0]) if again else 0)
    generation = kept._shelf.generation
    kept.append([numbered("c", 0, 1)], 4.0)
    kept.append([numbered("c", 1, 5000)], 4.0)
    kept.append([numbered("c", 5000, 5001)], 4.0)
    assert kept._shelf.generation > generation


def test_a_batch_that_fails_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Durable(tmp_path / "rings", POINTS)
    kept.append([numbered("a", 0, 10)], 1.0)

    def fail(*_: Any) -> Any:
        raise ValueError("a fault of ours")

    with monkeypatch.context() as faulty:
        faulty.setattr(Record, "append", fail)
        with pytest.raises(ValueError, match="a fault of ours"):
            kept.append([numbered("a", 10, 20)], 2.0)
    same(kept, Durable(crashed(tmp_path / "rings"), POINTS))


@pytest.mark.parametrize("error", [MemoryError(), ValueError("a fault of ours")])
def test_where_no_state_can_be_made_nobody_is_told_that_samples_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    kept = Durable(tmp_path / "rings", POINTS)

    def fail(*_: Any) -> Any:
        raise error

    with monkeypatch.context() as scarce:
        scarce.setattr(durable, "contained", fail)
        told, n = "file", 0
        while told == "file":  # until the journal is used up
            acknowledged = n
            kept.append([numbered("a", 100 * n, 100 * (n + 1))], 1.0)
            told, n = kept.durability, n + 1
            found = Durable(crashed(tmp_path / "rings"), POINTS)
        assert found.records["a"].total >= 100 * acknowledged
        assert (str(error) or "no memory") in kept.trouble
        for _ in range(1000):
            kept.append([numbered("a", 100 * n, 100 * (n + 1))], 1.0)
            n += 1
        assert kept._shelf.journal is None
        kept.tend()
        assert kept.durability == "memory"
    kept.tend()
    assert kept.durability == "file"
    same(kept, Durable(crashed(tmp_path / "rings"), POINTS))


def test_a_state_that_cannot_be_made_for_want_of_memory_leaves_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tries = Durable(tmp_path / "rings", POINTS), []

    def fail(*_: Any) -> Any:
        tries.append(1)
        raise MemoryError

    with monkeypatch.context() as scarce:
        scarce.setattr(durable, "contained", fail)
        for n in range(100):
            kept.append([numbered("a", n, n + 1)], 1.0)
        assert len(tries) == 1  # and not at each batch
        same(kept, Durable(crashed(tmp_path / "rings"), POINTS))


def test_rings_for_which_there_is_no_memory_are_tried_again_later(
    tmp_path: Path, full: Callable[[bool], None], scarce: Callable[[bool], None]
) -> None:
    kept = Durable(tmp_path / "rings", POINTS)
    full(True)
    kept.append([numbered("a", 0, 10)], 1.0)
    scarce(True)
    kept.tend()
    assert kept.durability == "memory"
    scarce(False)
    kept.tend()
    assert kept.durability == "file"
    same(kept, Durable(crashed(tmp_path / "rings"), POINTS))


def test_another_number_of_points_on_a_full_disk_takes_nothing(
    tmp_path: Path, full: Callable[[bool], None]
) -> None:
    kept = Durable(tmp_path / "rings", 100_000)
    kept.append([numbered("a", 0, 90_000)], 1.0)
    kept.close()
    full(True)
    again = Durable(tmp_path / "rings", 50_000)
    assert (again.durability, again.records["a"].total) == ("memory", 90_000)
    assert "No space left" in again.trouble
    full(False)
    third = Durable(crashed(tmp_path / "rings"), 50_000)
    assert third.records["a"].y(0, 90_000).tolist() == list(range(40_000, 90_000))


def test_what_was_overwritten_before_the_last_crash_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes that nobody tells of any more, twice: the ring itself knows how far it was written."""
    kept = Durable(tmp_path / "rings", 2000)
    kept.append([numbered("a", 0, 2000)], 1.0)
    kept.checkpoint()

    def put(shelf: shelf.Shelf, *_: Any) -> None:
        shelf.journal = None
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(shelf.Shelf, "put", put)
        kept.checkpoint()
        kept.append([numbered("a", 2000, 3500)], 2.0)
        folder = crashed(tmp_path / "rings")
        Durable(folder, 2000).append([numbered("a", 2000, 2010)], 3.0)
    record = Durable(crashed(folder), 2000).records["a"]
    y = record.y(record.first, record.total)
    assert np.array_equal(y, np.arange(record.first, record.total))


def test_a_request_is_known_after_a_crash_whenever_the_state_is_written(tmp_path: Path) -> None:
    """The rings move with some of them."""
    known = Sequences()
    kept = Durable(tmp_path / "rings", 100_000, guest=known)
    for k in range(40):
        request = Numbered(("", "sender", ""), k, counts=True)
        mark = Mark(request, k.to_bytes(16, "little"), plain=False)
        Local(kept, known).put([numbered("a", 1000 * k, 1000 * (k + 1))], 1.0, mark)
        again = Sequences()
        Durable(crashed(tmp_path / "rings"), 100_000, guest=again)
        assert again.known(request, mark.content) is not None
        assert again.missing(Numbered(("", "sender", ""), k + 1, counts=True)) == 0


def test_numbers_of_requests_beyond_all_measure_are_no_trouble(tmp_path: Path) -> None:
    kept = Durable(tmp_path / "rings", POINTS)
    for _ in range(3):
        kept.append([numbered("a", 0, 1)], 1.0, missing=(1 << 64) - 2)
    kept.close()
    assert Durable(tmp_path / "rings", POINTS).records["a"].lost == (1 << 53) - 1


def test_an_entry_that_no_journal_has_room_for_gets_a_larger_one(tmp_path: Path) -> None:
    kept = Durable(tmp_path / "rings", 100_000)
    y = np.random.default_rng(0).normal(size=50_000)
    kept.append([Samples("a", 0.0, np.arange(50_000) * 0.3, y, Origin.DATA)], 1.0)
    assert max(path.stat().st_size for path in (tmp_path / "rings").glob("journal-*")) > 800_000
    again = Durable(crashed(tmp_path / "rings"), 100_000)
    assert again.records["a"].y(0, 50_000).tolist() == y.tolist()


def test_files_that_nobody_uses_any_more_are_deleted(tmp_path: Path) -> None:
    kept = filled(tmp_path, 5000, "ab")
    kept.delete("a")
    for _ in range(2):
        kept.checkpoint()
    assert len(list(tmp_path.glob("*.ring"))) == 1
    (tmp_path / "channel-9-9.ring").write_bytes(b"left over")
    kept.close()
    Durable(tmp_path, POINTS)
    assert len(list(tmp_path.glob("*.ring"))) == 1


def test_a_channel_too_many_is_written_nowhere(tmp_path: Path) -> None:
    kept = Durable(tmp_path / "rings", POINTS, max_channels=1)
    one = Samples("a", 0.0, np.zeros(1), np.ones(1), Origin.DATA)
    kept.append([one], 1.0)
    with pytest.raises(ChannelLimit):
        kept.append([Samples("b", 0.0, np.zeros(1), np.ones(1), Origin.DATA)], 1.0)
    again = Durable(crashed(tmp_path / "rings"), POINTS, max_channels=9)
    assert (list(again.records), again.records["a"].total) == (["a"], 1)


class Visitor:
    """Something that is kept with the samples."""

    def __init__(self) -> None:
        self.known: list[bytes] = []

    def packed(self) -> bytes:
        return b"of others"

    def restore(self, beside: bytes, notes: list[bytes]) -> None:
        self.known = [beside, *notes]


def test_notes_and_what_others_keep_come_back(tmp_path: Path) -> None:
    kept = Durable(tmp_path / "rings", POINTS, guest=Visitor())
    one = Samples("a", 0.0, np.zeros(1), np.ones(1), Origin.DATA)
    for k in range(5):
        kept.append([one], 1.0, 0, b"note %d" % k)
    visitor = Visitor()
    Durable(crashed(tmp_path / "rings"), POINTS, guest=visitor)
    assert visitor.known == [b"of others", *(b"note %d" % k for k in range(5))]


def test_a_change_that_cannot_be_made_again_does_not_keep_the_scope_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = filled(tmp_path / "rings", 1000, "a")
    kept._write(durable.SAY, [b"no JSON"])
    kept.append([Samples("a", 0.0, np.array([1000.0]), np.array([1000.0]), Origin.DATA)], 1.0)
    again = Durable(crashed(tmp_path / "rings"), POINTS)
    assert again.records["a"].y(0, 1001)[-1] == 1000
    assert "cannot be made again" in caplog.text


def killed(folder: Path, told: int) -> None:
    """A child that appends for ever, and tells after each batch how far it is."""
    kept = Durable(folder, POINTS)
    for k in count():
        numbers = np.arange(50.0 * k, 50.0 * (k + 1))
        kept.append([Samples(c, 0.0, numbers, numbers, Origin.DATA) for c in "ab"], 1.0)
        os.write(told, b"%d\n" % (50 * (k + 1)))


@pytest.mark.parametrize("seed", range(5))
def test_kill_9_loses_nothing_that_was_told(tmp_path: Path, seed: int) -> None:
    """More of it, through the server: tests/faults."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            killed(tmp_path, writing)
        finally:
            os._exit(1)
    os.close(writing)
    heard = b""
    least = random.Random(seed).randrange(20_000, 60_000)
    while int(heard.split(b"\n")[-2] if heard.count(b"\n") else 0) < least:
        heard = heard[-100:] + os.read(reading, 4096)
    os.kill(child, 9)
    os.waitpid(child, 0)
    while more := os.read(reading, 1 << 16):
        heard += more
    os.close(reading)
    acknowledged = int(heard.split(b"\n")[-2])
    again = wait_until(lambda: Durable(tmp_path, POINTS))
    totals = {record.total for record in again.records.values()}
    assert len(totals) == 1
    assert acknowledged <= min(totals) <= acknowledged + 50
    for record in again.records.values():
        assert record.y(0, record.total).tolist() == list(range(record.total - POINTS, record.total))


def test_without_its_journal_nothing_newer_stands_for_older(tmp_path: Path) -> None:
    kept = filled(tmp_path / "rings", 2000, "a")
    kept.checkpoint()
    for k in range(2000, 2500, 50):
        numbers = np.arange(k, k + 50.0)
        kept.append([Samples("a", 0.0, numbers, numbers, Origin.DATA)], 1.0)
    twin = crashed(tmp_path / "rings")
    for path in twin.glob("journal-*"):
        path.write_bytes(bytes(path.stat().st_size))
    again = Durable(twin, POINTS)
    believed(again)
    record = again.records["a"]
    assert record.total == 2000
    assert np.isfinite(record.y(0, 2000)).sum() >= 2000 - (2500 - kept.records["a"].capacity)
