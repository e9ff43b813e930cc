"""Frames as bytes, and back."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import orjson
import pytest
from frames import Beam, Viewer, received, through, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.feed.wire import Malformed, decode, following, full, regular
from app.memory.samples import Float64s
from app.scope.frame import Frame, Kind
from app.scope.raster import Raster

VALUES = st.floats(-1e150, 1e150, allow_nan=False) | st.just(float("nan"))
YS = st.integers(0, 70).flatmap(lambda n: arrays(np.float64, n, elements=VALUES))
X0S = st.sampled_from([0.0, -5.5, 1.7e9, 1e150])
EPS = 2.0**-24


def close(found: Float64s, wanted: Float64s) -> None:
    """Equal but for what float32 rounds off a trace up to 64 times its height from its origin."""
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    if np.isfinite(wanted).any():
        height = np.nanmax(wanted) - np.nanmin(wanted)
        bound = 128 * EPS * height + 4 * np.spacing(np.nanmax(np.abs(wanted)))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=bound)


@given(YS, X0S, st.booleans())
def test_a_trace_arrives_as_it_was(y: Float64s, x0: float, envelope: bool) -> None:
    x = np.arange(len(y)) // (2 if envelope else 1) * 0.01
    sent = trace(x, y, x0=x0)
    (found,) = through(sent)
    close(found.y, y)
    np.testing.assert_allclose(found.x, x, rtol=EPS, atol=0)
    np.testing.assert_array_equal(found.dots, sent.dots)
    assert (found.about["x0"], found.ends) == (x0, sent.ends)


@given(
    YS.flatmap(lambda y: st.tuples(st.just(y), arrays(np.float64, len(y), elements=st.floats(-1e150, 1e150))))
)
def test_irregular_x_arrives_as_exact_as_float32(columns: tuple[Float64s, Float64s]) -> None:
    y, x = columns[0], np.sort(columns[1])
    (found,) = through(trace(x, y))
    most = np.abs(x).max(initial=0)
    np.testing.assert_allclose(found.x, x, rtol=0, atol=EPS * most)


@given(
    arrays(np.float64, 50, elements=st.floats(-1e150, 1e150)), YS.filter(lambda y: len(y) == 50) | st.none()
)
@settings(max_examples=50)
def test_a_figure_arrives_as_it_was(x: Float64s, y: Float64s | None) -> None:
    sent = trace(x, np.cos(x) if y is None else y, kind=Kind.XY)
    (found,) = through(sent)
    close(found.about["x0"] + found.x, x)
    assert found.about["kind"] == "xy"


def test_values_of_float32_near_zero_arrive_bit_for_bit() -> None:
    y = np.random.default_rng(1).normal(size=1000).astype(np.float32).astype(np.float64)
    (found,) = through(trace(np.arange(1000.0), y))
    np.testing.assert_array_equal(found.y, y)


def test_a_ripple_on_a_huge_offset_keeps_its_shape() -> None:
    ripple = np.sin(np.arange(1000) / 20) * 1e-3
    (found,) = through(trace(np.arange(1000.0), 1e6 + ripple))
    np.testing.assert_allclose(found.y - 1e6, ripple, rtol=0, atol=3e-10)
    assert found.about["y0"] == pytest.approx(1e6)


def test_a_constant_arrives_exactly() -> None:
    (found,) = through(trace(np.arange(5.0), np.full(5, 0.1)))
    assert set(found.y) == {0.1}


@pytest.mark.parametrize("size", [1e-140, 1e-40, 1e38, 1e149])
def test_values_beyond_float32_arrive(size: float) -> None:
    y = np.sin(np.arange(100)) * size
    (found,) = through(trace(np.arange(100.0) * size, y))
    np.testing.assert_allclose(found.y, y, rtol=0, atol=EPS * size)
    np.testing.assert_allclose(found.x, np.arange(100) * size, rtol=1e-9)
    assert "scale" in found.about


@pytest.mark.parametrize("x", [[], [3.0], [3.0, 3.0], [1.0, 2.0], [1.0, 1.0, 2.0, 2.0], [0.0] * 8])
def test_short_x_is_regular(x: list[float]) -> None:
    found = regular(np.array(x))
    assert found is not None
    first, step, repeat = found
    assert [first + step * (i // repeat) for i in range(len(x))] == x


@pytest.mark.parametrize(
    "x", [[1.0, 2.0, 4.0], [1.0, 1.0, 2.0, 2.5], [1.0, 1.0, 2.0], [1.0, 2.0, 3.0001, 4.0]]
)
def test_x_that_a_step_does_not_tell_is_a_column(x: list[float]) -> None:
    assert regular(np.array(x)) is None


def test_a_message_is_aligned_and_little_endian() -> None:
    message = full(Beam().show(trace(np.array([0.0, 1.0, 5.0]), np.array([1.0, np.nan, -2.0]))))
    magic, length = struct.unpack_from("<4sI", message)
    assert (magic, length % 8) == (b"WOF1", 0)
    header = orjson.loads(message[8 : 8 + length])
    columns = np.frombuffer(message, "<f4", 6, 8 + length)
    np.testing.assert_array_equal(columns, np.array([0, 1, 5, 1, np.nan, -2], "<f4"))
    assert (header["traces"][0]["n"], header["traces"][0]["x"], header["traces"][0]["dots"]) == (3, None, 2)
    assert len(message) == 8 + length + 4 * 8


def test_a_header_says_what_belongs_to_a_trace() -> None:
    beam = Beam()
    found = received(full(beam.show(trace(np.arange(3.0), np.ones(3)), at=5.25, lamp="ROLL")))
    assert (found.id, found.view, found.at, found.lead) == (1, 1, 5.25, "ch1")
    assert found.readouts == {"lamp": "ROLL"}
    about = found.traces[0].about
    assert (about["label"], about["unit"], about["limits"], about["ground"]) == (
        "µ",
        "V",
        [-1, 1],
        [0.5, "1▸"],
    )


def test_no_trace_is_a_frame_too() -> None:
    found = received(full(Beam().frame(Frame(), {"lamp": "WAIT"})))
    assert (found.traces, found.at, found.lead) == ({}, None, "")


def rolling(n: int, steps: list[int], *, envelope: bool) -> list[tuple[Float64s, Float64s]]:
    """x and y of screens of n columns, each some columns further than the last."""
    columns = n + sum(steps)
    y = np.random.default_rng(n).normal(size=columns)
    y[columns // 3] = np.nan
    found, at = [], 0
    for step in steps:
        at += step
        index = np.repeat(np.arange(at, at + n), 2) if envelope else np.arange(at, at + n)
        found.append(((index + 0.5) * 0.01, y[index] + (np.arange(len(index)) % 2 if envelope else 0)))
    return found


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.sampled_from([100, 400]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_follows_adds_up_to_full_frames(steps: list[int], n: int, envelope: bool) -> None:
    beam, viewer = Beam(), Viewer()
    for x, y in rolling(n, steps, envelope=envelope):
        found = beam.show(trace(x, y, x0=7.0))
        seen, whole = viewer.take(found).traces[0], received(full(found)).traces[0]
        np.testing.assert_array_equal(seen.y, whole.y)
        np.testing.assert_allclose(seen.x, whole.x, rtol=2**-28)
        np.testing.assert_array_equal(seen.dots, whole.dots)
        assert seen.ends == whole.ends
    assert viewer.followed == len(steps) - 1


def test_a_chain_of_hundreds_is_exact_and_short() -> None:
    beam, viewer = Beam(), Viewer()
    screens = rolling(1000, [3] * 500, envelope=True)
    for x, y in screens:
        found = beam.show(trace(x, y))
        seen, whole = viewer.take(found).traces[0], received(full(found)).traces[0]
        np.testing.assert_array_equal(seen.y, whole.y)
        np.testing.assert_allclose(seen.x, whole.x, rtol=2**-28)
    assert viewer.followed == 499
    assert viewer.bytes / 500 < 350


def test_a_figure_goes_on_by_its_samples() -> None:
    angle = np.arange(1500) / 50
    beam, viewer = Beam(), Viewer()
    for at in range(0, 400, 10):
        x, y = np.cos(angle[at : at + 1000]), np.sin(3 * angle[at : at + 1000])
        viewer.take(beam.show(trace(x, y, kind=Kind.XY, start=at)))
        assert viewer.frame is not None
        close(viewer.frame.traces[0].x + viewer.frame.traces[0].about["x0"], x)
        close(viewer.frame.traces[0].y, y)
    assert viewer.followed == 39


def test_only_readouts_that_changed_follow() -> None:
    beam, shown = Beam(), trace(np.arange(100.0), np.ones(100))
    viewer = Viewer()
    viewer.take(beam.show(shown, lamp="ROLL", rate="1"))
    found = beam.show(shown, lamp="ROLL", rate="2")
    delta = following(found)
    assert delta is not None
    assert b"ROLL" not in delta
    assert viewer.take(found).readouts == {"lamp": "ROLL", "rate": "2"}
    assert b"readouts" not in (following(beam.show(shown, lamp="ROLL", rate="2")) or b"")


def test_what_follows_another_frame_is_not_for_this_viewer() -> None:
    beam, shown = Beam(), trace(np.arange(1000.0), np.ones(1000))
    first = received(full(beam.show(shown)))
    beam.show(shown)
    third = following(beam.show(shown))
    assert third is not None
    assert decode(third, first) is None
    assert decode(third, None) is None


MESSAGES: list[bytes] = []


def messages() -> list[bytes]:
    """A full frame and one that goes on from it."""
    if not MESSAGES:
        beam = Beam()
        for x, y in rolling(100, [0, 3], envelope=True):
            found = beam.show(trace(x, y), lamp="ROLL")
            MESSAGES.append(following(found) or full(found))
    return MESSAGES


def digest(data: bytes) -> None:
    """A frame, nothing, or Malformed."""
    last = decode(messages()[0])
    try:
        decode(data, last)
        decode(data)
    except Malformed:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_malformed(data: bytes) -> None:
    digest(data)
    digest(b"WOF1" + data)


@given(
    st.integers(0, 1),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
    st.integers(0, 3000),
)
@settings(max_examples=500)
def test_a_damaged_frame_is_a_frame_or_malformed(which: int, damage: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(messages()[which])
    for at, value in damage:
        data[at % len(data)] = value
    digest(bytes(data[: len(data) - cut % 50]))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.integers(0, 1), st.data())
@settings(max_examples=500)
def test_a_header_with_anything_in_it_is_a_frame_or_malformed(which: int, data: st.DataObject) -> None:
    message = messages()[which]
    length = struct.unpack_from("<I", message, 4)[0]
    header = orjson.loads(message[8 : 8 + length])
    place = header["traces"][0] if data.draw(st.booleans()) else header
    key = data.draw(st.sampled_from([*place, "scale"]))
    if data.draw(st.booleans()):
        place[key] = data.draw(JSON)
    else:
        place.pop(key, None)
    text = orjson.dumps(header, default=str, option=orjson.OPT_NON_STR_KEYS)
    digest(struct.pack("<4sI", b"WOF1", len(text)) + text + message[8 + length :])


def test_an_image_arrives_as_it_was_and_is_sent_but_once() -> None:
    values = np.random.default_rng(5).uniform(-90, 5, (7, 3))
    values[2] = np.nan
    raster = Raster.of(values, -80.0, 0.0, "dBV")
    line = trace(np.arange(7) / 2, np.full(7, np.nan), kind=Kind.IMAGE)
    line = replace(line, image=raster)
    beam, viewer = Beam(), Viewer()
    first = viewer.take(beam.show(line, lamp="AUTO"))
    again = viewer.take(beam.show(line, lamp="ROLL"))
    for found in (first, again):
        image = found.traces[0].image
        assert image is not None
        np.testing.assert_array_equal(image.levels, raster.levels)
        assert (image.low, image.high, image.unit) == (-80, 0, "dBV")
    assert viewer.followed == 1
    other = replace(line, image=Raster.of(values + 1, -80.0, 0.0, "dBV"))
    viewer.take(beam.show(other, trace(np.arange(3.0), np.arange(3.0))))
    assert viewer.followed == 1
    assert viewer.frame is not None
    np.testing.assert_array_equal(viewer.frame.traces[1].y, np.arange(3.0))
