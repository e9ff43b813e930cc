"""The file of a pin: everything comes back as it was, and nothing else is believed."""

from __future__ import annotations

import random
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import orjson
import pytest
import xxhash

from app.memory.memory import Memory
from app.memory.record import Record
from app.memory.samples import Origin, Samples
from app.scope.autoset import Autoset
from app.scope.capture import Capture
from app.scope.frame import Frame
from app.scope.link import recall
from app.scope.measuring import measured
from app.scope.scope import Scope
from app.scope.search import Searches
from app.store import pin_file
from app.store.kept import Damaged, Newer
from app.store.pins import Pins
from app.store.shapes import SHAPES, WORDS, made, told
from app.store.shelf import Folder
from tests.scope.signals import NOW, send, streamed

ID = 7
X = np.arange(3000) / 1000


def waves() -> Memory:
    """Two waves, one of them with a gap, a figure, and one by the server's clock in single precision."""
    memory = streamed(1000.0, 3.0, lambda x: np.sin(2 * np.pi * 5 * x))
    y = np.where(np.abs(X - 1.5) < 0.1, np.nan, np.cos(2 * np.pi * 5 * X))
    send(memory, "ch2", X, y, NOW + 3)
    send(memory, "figure", np.sin(7 * X), np.sin(9 * X), NOW + 3)
    narrow = np.sin(2 * np.pi * 3 * X).astype(np.float32)
    clock = Samples("clock", 1_700_000_000_123_456_789, X, narrow, Origin.CLOCK, unit="V")
    memory.append([clock], NOW + 3)
    memory.say("ch1", probe=10.0, named="A", label="current")
    return memory


def stopped(memory: Memory, knobs: dict[str, str]) -> Scope:
    scope = Scope()
    assert recall(scope, {name: [value] for name, value in knobs.items()}) == []
    scope.settle(memory)
    scope.follow(memory, Autoset().update(memory.records.values(), memory.version))
    scope.stop(memory, None, Searches())
    return scope


def captured(**knobs: str) -> Capture:
    capture = stopped(waves(), {name.replace("_", "."): value for name, value in knobs.items()}).capture
    assert capture is not None
    return capture


def data(capture: Capture, note: str = "a note: ü") -> bytes:
    return b"".join(pin_file.written(ID, NOW, note, "tb=0.1", capture))


def plain(capture: Capture) -> tuple[Any, list[Any]]:
    """All of it as JSON and arrays, but for the serials."""
    arrays: list[Any] = []
    words = told((capture.frame, capture.slots, capture.whole), arrays)
    return without_serials(words), arrays


def without_serials(words: Any) -> Any:
    if isinstance(words, list):
        if len(words) == 2 and words[0] == "serial":
            return ["serial", 0]
        return [without_serials(each) for each in words]
    if isinstance(words, dict):
        return {key: 0 if key == "serial" else without_serials(each) for key, each in words.items()}
    return words


SCREENS: list[dict[str, str]] = [
    {},
    {"tb": "2m"},
    {"off": "figure", "zoom": "100m", "tb": "10m"},
    {"display": "fft"},
    {"display": "spectrogram"},
    {"display": "xy"},
    {"acq": "average:16", "tb": "20m"},
    {"acq": "envelope:16", "tb": "20m"},
    {"acq": "high-resolution"},
    {"t_mode": "normal", "t_level": "5", "m": "ch1:frequency", "gate": "0.2,0.8"},
    {"at": "1.5", "tb": "10m"},
]


@pytest.mark.parametrize("knobs", SCREENS, ids=lambda knobs: "&".join(knobs.values()) or "untouched")
def test_everything_comes_back(knobs: dict[str, str]) -> None:
    capture = captured(**knobs)
    found = pin_file.read(ID, data(capture))
    assert (found["time"], found["note"], found["query"]) == (NOW, "a note: ü", "tb=0.1")
    (words, arrays), (was, old) = plain(found["capture"]), plain(capture)
    assert words == was
    for array, one in zip(arrays, old, strict=True):
        assert array.dtype == one.dtype
        np.testing.assert_array_equal(array, one)


def test_knobs_and_measurements_are_those_of_the_pin_that_was_written() -> None:
    memory, empty = waves(), Memory(1000)
    capture = stopped(memory, {"tb": "100m"}).capture
    assert capture is not None
    pictures, readings = [], []
    for one in (capture, pin_file.read(ID, data(capture))["capture"]):
        scope = Scope()
        scope.hold(empty, one)
        for name, value in {"tb": "20m", "delay": "30m", "m": "ch1:rms"}.items():
            recall(scope, {name: [value]})
        drawn = scope.frame(empty, Searches())
        pictures.append({trace.channel: trace.y for trace in drawn.traces.values()})
        taken = measured(drawn, scope.view(), lambda name, scope=scope: scope.source(empty, name))  # type: ignore[misc]
        readings.append(taken.taken[0].reading)
    assert pictures[0].keys() == pictures[1].keys() >= {"ch1", "ch2", "clock"}
    for name, y in pictures[0].items():
        np.testing.assert_array_equal(y, pictures[1][name])
    assert readings[0] == readings[1]
    assert readings[0].value == pytest.approx(10 / np.sqrt(2), rel=0.05)


def test_nanoseconds_are_kept() -> None:
    found = pin_file.read(ID, data(captured()))["capture"]
    record = next(each for each in found.slots.values() if each.name == "clock")
    assert record.segment().base == 1_700_000_000_123_456_789
    assert record.y(record.first, record.total).dtype == np.float32


def test_what_comes_from_a_file_is_never_taken_for_a_channel_that_is_received() -> None:
    memory = waves()
    capture = stopped(memory, {}).capture
    assert capture is not None
    once = pin_file.read(ID, data(capture))["capture"]
    again = pin_file.read(ID, data(once))["capture"]
    serials = [{r.name: r.serial for r in each.slots.values()} for each in (capture, once, again)]
    assert serials[1] == serials[2]
    assert set(serials[0].values()).isdisjoint(serials[1].values())
    assert len(set(serials[1].values())) == len(serials[1])
    for trace in once.frame.traces.values():
        assert trace.serial == serials[1][trace.channel]


def test_every_shape_that_a_frame_can_hold_is_known() -> None:
    found, wanted = set(), [Frame, Capture]
    while wanted:
        shape = wanted.pop()
        for hint in get_type_hints(shape).values():
            wanted += [each for each in parts(hint) if each not in found]
            found |= set(parts(hint))
    assert {each for each in found if is_dataclass(each)} == set(SHAPES.values())
    assert {each for each in found if issubclass(each, StrEnum)} == set(WORDS.values())


def parts(hint: object) -> list[type]:
    """The classes of ours in a type, but for records, which are packed."""
    inside = [each for part in get_args(hint) for each in parts(part)]
    ours = isinstance(hint, type) and hint.__module__.startswith("app.") and hint is not Record
    return [*inside, hint] if ours else inside  # type: ignore[list-item]


# what is not believed


def test_a_torn_file_is_damaged_wherever_it_ends() -> None:
    whole = data(captured(tb="2m"))
    random.seed(1)
    for end in (0, 1, 8, 39, 40, *random.sample(range(41, len(whole)), 60), len(whole) - 1):
        with pytest.raises(Damaged):
            pin_file.read(ID, whole[:end])
    with pytest.raises(Damaged):
        pin_file.read(ID, whole + b" ")


def test_a_file_with_a_bit_that_fell_over_is_damaged() -> None:
    whole = data(captured(tb="2m"))
    random.seed(2)
    for at in (*range(0, 40, 3), *random.sample(range(40, len(whole)), 60)):
        broken = bytearray(whole)
        broken[at] ^= 1 << random.randrange(8)
        with pytest.raises((Damaged, Newer)):
            pin_file.read(ID, bytes(broken))


@pytest.mark.parametrize(
    "words",
    [
        {},
        [],
        {
            "id": 1,
            "time": 0.0,
            "note": "",
            "query": "",
            "whole": True,
            "frame": None,
            "slots": None,
            "arrays": [],
        },
        {"id": 1, "frame": {"is": "Popen", "has": {"args": "true"}}, "slots": {"map": []}, "arrays": []},
        {"id": 1, "frame": {"array": 5}, "slots": {"map": []}, "arrays": [["<f8", [1 << 60]]]},
        {"id": 1, "frame": {"array": 0}, "slots": {"map": []}, "arrays": [["|O", [1]]]},
        {"id": 1, "frame": {"is": "Frame", "has": {}}, "slots": {"map": [[0, {"record": 5}]]}, "arrays": []},
    ],
)
def test_a_file_with_a_good_checksum_and_other_contents_is_damaged(words: object) -> None:
    header = pin_file.padded(orjson.dumps(words))
    digest = xxhash.xxh3_128(header).digest()
    head = pin_file.HEAD.pack(pin_file.MAGIC, pin_file.VERSION, len(header), 0, digest)
    with pytest.raises(Damaged):
        pin_file.read(ID, head + header)


def test_a_later_version_is_told_from_damage() -> None:
    whole = data(captured())
    magic, version, *rest = pin_file.HEAD.unpack_from(whole)
    later = pin_file.HEAD.pack(magic, version + 1, *rest) + whole[pin_file.HEAD.size :]
    with pytest.raises(Newer, match="version 2"):
        pin_file.read(ID, later)


def test_a_file_that_was_copied_has_the_number_of_its_name_and_serials_of_its_own(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.pin").write_bytes(data(captured()))
    kept = Pins(shelf=Folder(tmp_path, "pin")).kept.things
    assert {number: pin.id for number, pin in kept.items()} == {1: 1, 2: 2}
    one, two = ({record.serial for record in kept[n].capture.slots.values()} for n in (1, 2))
    assert one.isdisjoint(two)


def test_what_a_later_version_has_no_more_is_left_out() -> None:
    capture = captured(tb="2m")
    has = {field.name: getattr(capture.frame, field.name) for field in fields(capture.frame)}
    arrays: list[Any] = []
    words = told(capture.frame, arrays)
    words["has"]["gone"] = 5
    assert made(words, arrays).span == has["span"]
    with pytest.raises(TypeError, match="cannot be kept"):
        told(replace(capture, whole=object()), [])  # type: ignore[arg-type]
