import math
from collections.abc import Callable

import maths_oracles as oracles
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.expression import Expression, ExpressionError, parse

NAN = math.nan
X = np.array([0.0, 1.0, 2.5, 3.0, 4.0])
VALUES = {
    "ch1": np.array([1.0, -2.0, 0.0, NAN, 4.0]),
    "ch2": np.array([0.5, 3.0, 0.0, 1.0, -4.0]),
    "coil 2": np.arange(5, dtype=np.float32),
    "µV": np.arange(5) * 10,
    "t": np.full(5, 7.0),
    "a.b-c": np.full(5, 8.0),
}


def value(text: str, breaks: tuple[int, ...] = ()) -> list[float]:
    return parse(text).of(X, VALUES, breaks).tolist()


Sum = tuple[str, Callable[[float, float, float], float]]  # text, the same for one sample: ch1, ch2, t


def quotient(a: float, b: float) -> float:
    return NAN if b == 0 else a / b


def pair(sign: str, of: Callable[[float, float], float]) -> Callable[[tuple[Sum, Sum]], Sum]:
    return lambda two: (f"({two[0][0]} {sign} {two[1][0]})", lambda *v: of(two[0][1](*v), two[1][1](*v)))


def call(name: str, of: Callable[[float], float]) -> Callable[[Sum], Sum]:
    return lambda one: (f"({name}({one[0]}))", lambda *v: of(one[1](*v)))


def told(truth: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: NAN if math.isnan(a) or math.isnan(b) else float(truth(a, b))


LEAVES: list[Sum] = [
    ("ch1", lambda *v: v[0]),
    ("ch2", lambda *v: v[1]),
    ("t", lambda *v: v[2]),
    ("2", lambda *_: 2.0),
    ("0.25", lambda *_: 0.25),
    ("pi", lambda *_: math.pi),
]
PAIRS = [
    pair("+", lambda a, b: a + b),
    pair("-", lambda a, b: a - b),
    pair("*", lambda a, b: a * b),
    pair("/", quotient),
    pair("<", told(lambda a, b: a < b)),
    pair(">=", told(lambda a, b: a >= b)),
    pair("==", told(lambda a, b: a == b)),
    pair("and", told(lambda a, b: bool(a) and bool(b))),
    pair("or", told(lambda a, b: bool(a) or bool(b))),
]
CALLS = [
    call("-", lambda a: -a),
    call("abs", abs),
    call("sin", lambda a: math.sin(a) if math.isfinite(a) else NAN),
    call("arctan", math.atan),
    call("not", lambda a: NAN if math.isnan(a) else float(not a)),
]


def grown(smaller: st.SearchStrategy[Sum]) -> st.SearchStrategy[Sum]:
    pairs = [st.tuples(smaller, smaller).map(each) for each in PAIRS]
    return st.one_of(*pairs, *[smaller.map(each) for each in CALLS])


@given(st.recursive(st.sampled_from(LEAVES), grown, max_leaves=12))
def test_expressions_are_worked_out_as_sample_by_sample(made: Sum) -> None:
    text, of = made
    if len(text) > 500:
        return
    samples = zip(VALUES["ch1"], VALUES["ch2"], X, strict=True)
    expected = np.array([of(float(a), float(b), float(t)) for a, b, t in samples])
    expected[~np.isfinite(expected)] = NAN
    np.testing.assert_allclose(value(text), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ch2 ** 2", [0.25, 9, 0, 1, 16]),
        ("ch2 // 2", [0, 1, 0, 0, -2]),
        ("ch2 % 3", [0.5, 0, 0, 1, 2]),
        ("ch2 % 0", [NAN] * 5),
        ("-2 ** 2", [-4] * 5),
        ("1 < ch2 < 3.5", [0, 1, 0, 0, 0]),
        ("ch2 != 0 and 1 / ch2 > 0", [1, 1, NAN, 1, 0]),
        ("where(ch2 == 0, 0, 1 / ch2)", [2, 1 / 3, 0, 1, -0.25]),
        ("where(ch1 > 0, 1, 2)", [1, 2, 2, NAN, 1]),
        ("clip(ch2, -1, 1)", [0.5, 1, 0, 1, -1]),
        ("minimum(ch2, 1)", [0.5, 1, 0, 1, -4]),
        ("maximum(ch1, ch2)", [1, 3, 0, NAN, 4]),
        ("hypot(3, 4) + round(2.6) + floor(2.6) + ceil(2.4) + sign(-3)", [12] * 5),
        ("log(e) + log10(100) + log2(8) + exp(0) + sqrt(16)", [11] * 5),
        ("arctan2(1, 1) * 4 - pi", [0] * 5),
        ("sinh(0) + cosh(0) + tanh(0) + tan(0) + cos(0) + arcsin(0) + arccos(1)", [2] * 5),
        ("sqrt(ch2)", [math.sqrt(0.5), math.sqrt(3), 0, 1, NAN]),
        ("1 / (1 + exp(-1000 * ch2))", [1, 1, 0.5, 1, 0]),
        ("10 ** 400", [NAN] * 5),
        ("9 ** 9 ** 9 ** 9", [NAN] * 5),
        ('ch("coil 2") * 2', [0, 2, 4, 6, 8]),
        ("ch(\"t\") + ch('a.b-c')", [15] * 5),
        ("µV / 10", [0, 1, 2, 3, 4]),
        ("  ch2 +\n\t 1 ", [1.5, 4, 1, 2, -3]),
        ("t", X.tolist()),
    ],
)
def test_expressions_mean_what_they_say(text, expected) -> None:
    np.testing.assert_allclose(value(text), expected, atol=1e-12)


@pytest.mark.parametrize("breaks", [(), (2,)])
def test_d_and_integral_go_by_x_and_stop_at_gaps(breaks) -> None:
    for name, of in {"d": oracles.derivative, "integral": oracles.integral}.items():
        np.testing.assert_allclose(value(f"{name}(ch1)", breaks), of(X, VALUES["ch1"], breaks))


def test_names_are_the_channels_in_the_order_of_their_use() -> None:
    assert parse('ch2 + sin(ch1) * ch("coil 2") - ch2 + t + e').names == ("ch2", "ch1", "coil 2")
    assert parse("1").names == ()


def test_an_expression_gives_a_float_for_every_sample_and_changes_nothing() -> None:
    before = VALUES["ch2"].copy()
    for text in ("1", "t", "ch2", "d(ch2)", "ch2 > 0", 'ch("coil 2")'):
        found = parse(text).of(X, VALUES)
        assert (found.dtype, found.shape) == (np.float64, (5,))
        found[:] = -1
    assert VALUES["ch2"].tolist() == before.tolist()
    assert X.tolist() == [0, 1, 2.5, 3, 4]
    assert parse("ch1 + d(ch1) + lowpass(ch1, 1)").of(np.empty(0), {"ch1": np.empty(0)}).tolist() == []


def test_expressions_of_one_text_are_equal() -> None:
    assert parse("ch1") == parse("ch1")
    assert len({parse("ch1"), parse("ch1"), parse("ch2")}) == 2
    assert isinstance(parse("ch1"), Expression)


def test_a_channel_that_is_not_there_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"no channel 'ch9' \(at character 8\)"):
        parse(" ch1 + ch9").of(X, {"ch1": X})
    with pytest.raises(ValueError, match="'ch1' do not go with"):
        parse("ch1").of(X, {"ch1": X[:3]})


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "write an expression", 0),
        (" \n", "write an expression", 0),
        ("ch1 +", "does not read", 5),
        ("coil 2", 'ch("its name")', 5),
        ("ch1 + + * 2", "does not read", 8),
        ("ch1 ^ 2", "**, not ^", 0),
        ("ch1 & ch2", "write and", 0),
        ("ch1 | ch2", "write or", 0),
        ("~ch1", "write not", 0),
        ("1 if ch1 else 2", "write where(", 0),
        ("  ch1 + qqqq(ch2)", "the functions are sin", 8),
        ("  ch1 + sqrrt(ch2)", "there is no function sqrrt; did you mean sqrt?", 8),
        ("mean(ch1)", "a signal goes on, its mean does not", 0),
        ("lowpass(ch1, ch2)", "the cut-off of lowpass is a number", 13),
        ("lowpass(ch1, -1)", "it must be above 0", 0),
        ("1 + sin", "sin is a function", 4),
        ("sin(1, 2)", "sin takes 1 arguments, not 2", 0),
        ("clip(ch1)", "clip takes 3 arguments, not 1", 0),
        ("d()", "d takes 1 arguments, not 0", 0),
        ("µµ + ch2.real", "a name has no dot", 5),
        ("ch1 is 1", "compare with", 0),
        ("ch1 in ch2", "compare with", 0),
        ("1e999", "too large", 0),
        ("9" * 400, "too large", 0),
        ("ch(ch1)", "with quotes", 0),
        ("'ch1'", "only numbers", 0),
        ("ch1 + 'a'", "only numbers", 6),
    ],
)
def test_errors_say_where_and_what_would_be_right(text, reason, position) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert reason in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value).endswith(f"(at character {position + 1})")
