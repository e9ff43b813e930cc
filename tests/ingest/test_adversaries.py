"""Texts that are made to be read slowly are not."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from app.ingest.batch import Limits
from app.ingest.formats import decode
from app.problems import Problem

LONG = 200_000
TEXTS = {
    "a row of numbers that ends in a letter": ("", b"x;a\n0,5" + b";111111,5" * 20 + b";1111q\n1,5;2\n"),
    "a long row that does": ("", b"x;a\n0" + b",111111" * 400 + b"q\n1,5\n"),
    "a cell of digits": ("text/csv", b"x,a\n1," + b"1" * LONG + b"q\n"),
    "a name of spaces": ("text/csv", b"x," + b" " * LONG + b"b\n1,2\n"),
    "a name of brackets": ("text/csv", b"x," + b"[" * LONG + b"\n1,2\n"),
    "telegrams of digits": ("text/x-teleplot", b"a:" + b"1" * LONG + b"q\n"),
    "telegrams of digits, by their looks": ("", b"a:" + b"1" * LONG + b"q\n"),
    "colons": ("", b"a" + b":1" * LONG + b"q\n"),
    "lines of digits": ("text/x-influx", b"a v=" + b"1" * LONG + b"q\n"),
    "lines of backslashes": ("text/x-influx", b"a\\" * LONG + b" v=1\n"),
    "lines of quotes": ("text/x-influx", b'a v="' + b'\\"' * LONG + b"\n"),
    "a string of digits": ("", b'{"y":"' + b"1" * LONG + b'q"}'),
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_read_or_refused_at_once(name: str) -> None:
    kind, body = TEXTS[name]
    began = time.process_time()
    with suppress(Problem):
        decode(kind, body, 10**18, Limits(), {})
    assert time.process_time() - began < 1.0
