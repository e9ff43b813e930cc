import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.expression import ExpressionError, parse

X = np.array([0.0, 1.0, 2.5, 3.0, 4.0])
VALUES = {"ch1": np.array([1.0, -2.0, 0.0, np.nan, 4.0])}


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "ch1.__class__",
    "ch1.tofile('x')",
    "ch1[0]",
    "ch1[:, None]",
    "lambda: 1",
    "(lambda: 1)()",
    "[ch1 for ch1 in ch2]",
    "{1: 2}",
    "{1, 2}",
    "(1, 2)",
    "[1] * 10",
    "(x for x in ch1)",
    "(y := 1)",
    "await ch1",
    "yield ch1",
    "f'{ch1}'",
    "b'abc'",
    "'a' * 1000000000",
    "ch(b'ch1')",
    "ch(f'ch1')",
    "ch('a', 'b')",
    "ch(name='ch1')",
    "ch(*ch1)",
    "sin(*ch1)",
    "sin(**ch1)",
    "sin(x=1)",
    "sin(ch1, out=ch1)",
    "sin(1)(2)",
    "sin.reduce(ch1)",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "print(1)",
    "np.sin(1)",
    "True",
    "None",
    "...",
    "1j",
    "ch1 @ ch2",
    "1 << 1000000000",
    "*ch1",
    "x = 1",
    "import os",
    "1; 2",
    "ch1\nimport os",
    "\0",
    "\ud800",
    "(" * 499,
    "(" * 150 + "1" + ")" * 150 + "(",
    "-" * 499 + "1",
    "not " * 120 + "1",
    "1" + "+1" * 240,
    "2" + "**2" * 150,
    "abs(" * 99 + "1" + ")" * 99,
    "ch1" + ".a" * 200,
    "ch1" + "[0]" * 150,
    "lambda:" * 70 + "1",
    "[" * 499,
    "{" * 499,
    "1" * 501,
    "ch1 " + "#" * 600,
    "0x" + "f" * 490,
    "max(" + "1," * 240 + "1)",
    "1" + "<1" * 240,
    "1 or " * 99 + "1 or 1 or " * 99 + "1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_refused(text) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert 0 <= caught.value.position <= len(text)


@given(st.text(max_size=120) | st.text("ch12 +-*/%<>=!()[]{}.,:'\"\\\n\0eE_xj~^&|@", max_size=120))
def test_whatever_is_typed_either_works_or_is_an_expression_error(text: str) -> None:
    position = 0
    try:
        expression = parse(text)
        assert expression.of(X, {name: X for name in expression.names}).shape == (5,)
    except ExpressionError as error:
        position = error.position
    assert 0 <= position <= len(text)


def test_warnings_about_what_is_typed_do_not_reach_the_log(recwarn: pytest.WarningsRecorder) -> None:
    for text in ("1if ch1 else 2", r'ch("\d")', "1 is 1", "0x1for x in y"):
        with pytest.raises(ExpressionError):
            parse(text).of(X, VALUES)
    assert parse("1 / (ch1 - ch1) + log(-1) + 10.0 ** 999").of(X, VALUES).shape == (5,)
    assert not recwarn.list


def test_the_largest_expressions_take_memory_for_their_depth_only() -> None:
    n = 100_000
    x = np.arange(n) / n
    text = "+".join(["(" + "+".join(["t*t"] * 8) + ")"] * 6)
    tracemalloc.start()
    try:
        parse(text).of(x, {})
        assert tracemalloc.get_traced_memory()[1] < 30 * 8 * n
    finally:
        tracemalloc.stop()


def test_nested_comparisons_are_worked_out_once_each() -> None:
    text = "ch1"
    for _ in range(27):
        text = f"0<({text})<2"
    assert parse(text).of(X, VALUES).shape == (5,)
