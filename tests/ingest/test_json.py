"""JSON bodies and what they become."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malformed import MALFORMED

from app.ingest.batch import Limits, Point
from app.ingest.formats import FORMATS, decode
from app.memory.samples import Origin, Samples
from app.problems import Problem

NOW = 1_700_000_000_123_456_789
LIMITS = Limits()
PREFIX = "Invalid data format. Expected JSON with keys 'x' and 'y'."


def decoded(document: Any, limits: Limits = LIMITS) -> list[Samples]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decode("application/json", body, NOW, limits)


def refused(document: Any, limits: Limits = LIMITS) -> Problem:
    with pytest.raises(Problem) as caught:
        decoded(document, limits)
    return caught.value


def one(document: Any) -> Samples:
    (samples,) = decoded(document)
    return samples


def x(samples: Samples) -> list[float]:
    return [float(samples.base + offset) for offset in samples.offsets]


# The first version's contract, a single point


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ";;"],
)
def test_a_point_is_read_whatever_the_content_type(content_type: str) -> None:
    (samples,) = decode(content_type, b'{"x": 1, "y": 2}', NOW, LIMITS)
    assert (x(samples), samples.y.tolist(), samples.origin) == ([1], [2], Origin.DATA)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.3", 12.3), (" 7 ", 7), ("1_0", 10), ("-1e3", -1000), ("0", 0), ("+4", 4), ("1e150", 1e150)],
)
def test_a_text_that_float_reads_is_a_number_in_a_single_point(text: str, value: float) -> None:
    samples = one({"x": text, "y": text})
    assert (x(samples), samples.y.tolist()) == ([value], [value])


def test_a_point_is_told_from_a_batch_of_one() -> None:
    assert isinstance(decoded({"x": 1, "y": 2}), Point)
    assert not isinstance(decoded([{"x": 1, "y": 2}]), Point)
    assert not isinstance(decoded({"x": [1], "y": [2]}), Point)


def test_a_point_without_x_is_taken_at_the_time_of_receipt() -> None:
    samples = one({"y": 2})
    assert (samples.base, samples.offsets.tolist(), samples.origin) == (NOW, [0], Origin.CLOCK)
    assert samples.x_unit == "s"


def test_unknown_keys_are_ignored_and_the_last_of_two_equal_keys_wins() -> None:
    samples = one(b'{"x": 1, "y": 2, "id": [1, {"a": null}], "t0": "?", "y": 3}')
    assert (x(samples), samples.y.tolist()) == ([1], [3])


def test_a_point_may_name_channel_and_units() -> None:
    samples = one({"x": 1, "y": 2, "channel": "room.temperature/lab 1", "unit": "°C", "x_unit": "mm"})
    assert (samples.channel, samples.unit, samples.x_unit) == ("room.temperature/lab 1", "°C", "mm")


def test_without_a_name_the_channel_is_ch1_and_there_are_no_units() -> None:
    for document in ({"x": 1, "y": 2}, {"x": 1, "y": 2, "channel": None, "unit": None}):
        samples = one(document)
        assert (samples.channel, samples.unit, samples.x_unit) == ("ch1", None, None)


def test_names_and_units_are_in_unicode_normal_form_c() -> None:
    samples = one({"x": 1, "y": 2, "channel": "re\u0301seau", "unit": "\u2126"})
    assert (samples.channel, samples.unit) == ("r\u00e9seau", "\u03a9")


@pytest.mark.parametrize("name", ["a", "A-1_2.3:4/5", "é", "温度", "a" * 64, "ш 1", "हिन्दी"])
def test_names_of_letters_and_digits_of_any_script_are_good(name: str) -> None:
    assert one({"x": 1, "y": 2, "channel": name}).channel == name


@pytest.mark.parametrize("value", [1e150, -1e150, 0, -0.0, 5e-324, 2**53, 2**64 - 1, -(2**63)])
def test_the_whole_range_of_values_is_stored(value: float) -> None:
    samples = one({"x": value, "y": value})
    assert (x(samples), samples.y.tolist()) == ([float(value)], [float(value)])


def test_a_byte_order_mark_is_harmless() -> None:
    assert one(b'\xef\xbb\xbf{"x": 1, "y": 2}').y.tolist() == [2]


def test_sixteen_levels_are_read_also_where_texts_hold_brackets() -> None:
    nested = "[" * 15 + "]" * 15
    assert one(f'{{"x": 1, "y": 2, "z": {nested}}}'.encode()).y.tolist() == [2]
    assert one(f'{{"x": 1, "y": 2, "t": "{"[" * 40}", "z": {nested}}}'.encode()).y.tolist() == [2]


# Bodies that are refused


@pytest.mark.parametrize(
    ("body", "status", "code", "words"), [row[1:] for row in MALFORMED], ids=[r[0] for r in MALFORMED]
)
def test_a_malformed_body_is_refused_with_a_clear_message(
    body: bytes, status: int, code: str, words: str
) -> None:
    problem = refused(body)
    assert (problem.status, problem.code) == (status, code)
    assert words in problem.message
    assert problem.message.isascii()


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{", b"{}", b'{"x": 1, "y": []', b'{"x": "a", "y": 1}', b"[1"]
)
def test_what_could_be_a_single_point_is_refused_in_the_first_versions_words(body: bytes) -> None:
    assert refused(body).message.startswith(PREFIX + " ")


def test_no_raw_input_is_echoed() -> None:
    for body in (
        b'{"y": "<secret>"}',
        b"<secret>",
        b'[{"y": "<secret>"}]',
        b'{"y": 1, "channel": "<secret>"}',
    ):
        assert "secret" not in refused(body).message


# Arrays of points


def test_points_of_one_channel_become_one_block_in_order_of_arrival() -> None:
    samples = one([{"x": 3, "y": 1}, {"x": 1, "y": 2.5}, {"x": 2, "y": 3}])
    assert (x(samples), samples.y.tolist()) == ([3, 1, 2], [1, 2.5, 3])
    assert (samples.origin, samples.base, samples.step) == (Origin.DATA, 0.0, None)


def test_points_of_several_channels_are_sorted_out() -> None:
    points = [
        {"x": 1, "y": 10, "channel": "b"},
        {"x": 1, "y": 20},
        {"x": 2, "y": 11, "channel": "b", "unit": "V"},
        {"x": 2, "y": 21, "channel": "ch1", "unit": "A", "x_unit": "s"},
    ]
    b, ch1 = decoded(points)
    assert (b.channel, b.y.tolist(), b.unit, b.x_unit) == ("b", [10, 11], "V", None)
    assert (ch1.channel, ch1.y.tolist(), ch1.unit, ch1.x_unit) == ("ch1", [20, 21], "A", "s")


def test_one_point_of_each_channel_may_come_without_x() -> None:
    a, b = decoded([{"y": 1, "channel": "a"}, {"y": 2, "channel": "b"}])
    assert (a.origin, b.origin, a.base, b.base) == (Origin.CLOCK, Origin.CLOCK, NOW, NOW)


def test_a_point_without_x_among_points_with_x_keeps_its_place() -> None:
    first, middle, last = decoded([{"x": 1, "y": 1}, {"x": 2, "y": 2}, {"y": 3}, {"x": 4, "y": 4}])
    assert (first.y.tolist(), middle.y.tolist(), last.y.tolist()) == ([1, 2], [3], [4])
    assert [s.origin for s in (first, middle, last)] == [Origin.DATA, Origin.CLOCK, Origin.DATA]


def test_a_second_point_without_x_is_named_by_its_number() -> None:
    points = [{"y": 1}, {"y": 1, "channel": "b"}, {"x": 5, "y": 1}, {"y": 1, "channel": "b"}]
    problem = refused(points)
    assert problem.message.startswith("sample 3: more than one point of channel b without x")
    assert problem.faults[0].index == 3


def test_a_lone_unit_in_points_is_not_lost() -> None:
    assert one([{"y": 1, "unit": "V"}]).unit == "V"


# Columns


def test_columns_of_x_and_y() -> None:
    samples = one({"x": [1, 2.5], "y": [3, 4], "channel": "a", "unit": "V", "x_unit": "mm"})
    assert (x(samples), samples.y.tolist()) == ([1, 2.5], [3, 4])
    assert (samples.channel, samples.unit, samples.x_unit, samples.origin) == ("a", "V", "mm", Origin.DATA)


def test_columns_of_several_channels_share_x() -> None:
    a, b = decoded({"x": [1, 2], "channels": {"a": [3, 4], "b": [5, 6]}, "units": {"b": "A"}, "unit": "V"})
    assert (a.y.tolist(), b.y.tolist(), a.unit, b.unit) == ([3, 4], [5, 6], "V", "A")
    assert a.offsets is b.offsets


def test_t0_and_dt_give_x_in_seconds() -> None:
    samples = one({"t0": 1.7e9, "dt": 0.001, "y": [1, 2, 3]})
    assert (samples.base, samples.step, samples.x_unit) == (1.7e9, 0.001, "s")
    assert samples.offsets.tolist() == [0, 0.001, 0.002]
    assert samples.origin is Origin.DATA


def test_t0_and_rate_give_the_same_as_t0_and_dt() -> None:
    samples = one({"t0": 5, "rate": 3, "channels": {"a": [1, 2, 3, 4]}})
    assert samples.offsets.tolist() == [0, 1 / 3, 2 / 3, 1]
    assert samples.step == 1 / 3


def test_t0_may_have_another_unit_than_seconds() -> None:
    assert one({"t0": 0, "dt": 0.5, "y": [1], "x_unit": "mm"}).x_unit == "mm"


@pytest.mark.parametrize("step", [{"dt": 0.25}, {"rate": 4}])
def test_a_step_without_t0_goes_on_where_the_last_block_ended(step: dict[str, float]) -> None:
    samples = one({**step, "y": [1, 2]})
    assert (samples.origin, samples.base, samples.step, samples.x_unit) == (Origin.NEXT, NOW, 0.25, "s")
    assert samples.offsets.tolist() == [0, 0.25]


def test_one_value_in_a_column_without_x_is_taken_at_the_time_of_receipt() -> None:
    a, b = decoded({"channels": {"a": [1], "b": [2]}})
    assert (a.origin, b.base) == (Origin.CLOCK, NOW)


def test_null_in_a_column_of_y_is_a_gap() -> None:
    samples = one({"x": [1, 2, 3], "y": [1, None, 3]})
    assert np.isnan(samples.y).tolist() == [False, True, False]
    assert math.isnan(one({"dt": 1, "y": [None]}).y[0])


def test_the_first_bad_sample_of_all_columns_is_named_and_all_are_counted() -> None:
    a = [1.0] * 300 + ["x"] * 200
    b = [1.0] * 250 + [1e200] + [True] * 249
    problem = refused({"dt": 1, "channels": {"a": a, "b": b}})
    assert problem.message.startswith("sample 250: y of channel b is beyond 1e150")
    assert (problem.count, len(problem.faults)) == (450, 100)
    assert [fault.index for fault in problem.faults[:3]] == [250, 251, 252]
    assert {fault.channel for fault in problem.faults} == {"a", "b"}


# Limits


def test_more_samples_than_allowed_are_refused_whatever_the_form() -> None:
    limits = Limits(samples=3)
    forms: Sequence[Any] = [
        [{"x": i, "y": i} for i in range(4)],
        {"dt": 1, "y": [1, 2, 3, 4]},
        {"dt": 1, "channels": {"a": [1, 2], "b": [1, 2]}},
    ]
    for document in forms:
        problem = refused(document, limits)
        assert (problem.status, problem.code, problem.details["max"]) == (413, "too_many_points", 3)
    assert len(decoded({"dt": 1, "y": [1, 2, 3]}, limits)) == 1


def test_more_channels_than_allowed_are_refused_whatever_the_form() -> None:
    for n, good in ((64, True), (65, False)):
        forms: Sequence[Any] = [
            {"dt": 1, "channels": {f"c{i}": [1] for i in range(n)}},
            [{"y": 1, "channel": f"c{i}"} for i in range(n)],
        ]
        for document in forms:
            if good:
                assert len(decoded(document)) == n
            else:
                problem = refused(document)
                assert (problem.status, problem.code) == (413, "too_many_channels")


def test_json_is_a_registered_format() -> None:
    assert "application/json" in FORMATS


# Whatever comes, samples or a problem

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.none() | st.booleans()
KEYS = ["x", "y", "channel", "channels", "unit", "units", "x_unit", "t0", "dt", "rate"]
COLUMNS = st.lists(NUMBERS, max_size=4)
DOCUMENTS = st.dictionaries(
    st.sampled_from(KEYS),
    COLUMNS | NUMBERS | VALUES | st.dictionaries(st.sampled_from("ab<é"), COLUMNS),
    max_size=5,
)


def outcome(body: bytes) -> list[Samples] | Problem:
    try:
        return decode("", body, NOW, LIMITS)
    except Problem as problem:
        return problem


def sound(body: bytes) -> None:
    batch = outcome(body)
    if isinstance(batch, Problem):
        assert 400 <= batch.status < 500
        assert batch.message
        return
    assert batch
    for samples in batch:
        assert len(samples.offsets) == len(samples.y) >= 1
        assert np.isfinite(samples.offsets).all()
        assert not (np.abs(samples.y) > 1e150).any()
        assert samples.offsets.dtype == samples.y.dtype == np.float64
        assert isinstance(samples.base, int if samples.origin is not Origin.DATA else float)
        assert samples.origin is not Origin.NEXT or (samples.step or 0) > 0


@settings(max_examples=400, deadline=None)
@given(DOCUMENTS | st.lists(DOCUMENTS, max_size=4) | VALUES)
def test_any_document_becomes_samples_or_a_problem(document: Any) -> None:
    sound(json.dumps(document).encode())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_become_samples_or_a_problem(body: bytes) -> None:
    sound(body)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_damage_to_a_good_body_gives_samples_or_a_problem(data: st.DataObject) -> None:
    good = st.sampled_from(
        [
            b'{"x": 1.5, "y": "2", "channel": "a", "unit": "V"}',
            b'[{"x": 1, "y": 2}, {"y": 3, "channel": "b"}]',
            b'{"t0": 0, "dt": 0.001, "channels": {"a": [1, null], "b": [3e4, -4]}}',
        ]
    )
    body = bytearray(data.draw(good))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3)) or b"9"
    sound(bytes(body))
