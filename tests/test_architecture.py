"""Conventions that a tool of its own does not hold."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import param
import pytest

import app.scope

ROOT = Path(__file__).parents[1]
LONGEST = 330  # lines: about 300 is the aim
KNOBS = sorted(
    {
        member
        for module in pkgutil.iter_modules(app.scope.__path__, "app.scope.")
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        if issubclass(member, param.Parameterized) and member.__module__.startswith("app.scope.")
    },
    key=lambda found: found.__name__,
)


def parameters(knobs: type[param.Parameterized]) -> dict[str, param.Parameter]:
    return {name: found for name, found in knobs.param.objects().items() if name != "name"}


def test_the_instrument_has_knobs() -> None:
    assert {knobs.__name__ for knobs in KNOBS} >= {"Channel", "Scope", "Timebase"}


@pytest.mark.parametrize("knobs", KNOBS)
def test_every_knob_has_a_doc_of_one_sentence(knobs: type[param.Parameterized]) -> None:
    for name, knob in parameters(knobs).items():
        doc = (knob.doc or "").strip()
        assert doc, f"{knobs.__name__}.{name} has no doc"
        assert doc[0].isupper() or not doc[0].isalpha() or doc[0] in "xy", f"{knobs.__name__}.{name}: {doc}"
        assert doc.endswith("."), f"{knobs.__name__}.{name}: {doc}"
        assert doc.count(". ") == 0, f"{knobs.__name__}.{name}: one sentence"


@pytest.mark.parametrize("knobs", KNOBS)
def test_every_number_has_bounds(knobs: type[param.Parameterized]) -> None:
    for name, knob in parameters(knobs).items():
        if isinstance(knob, param.Number):
            assert knob.bounds is not None, f"{knobs.__name__}.{name}"
            assert None not in knob.bounds, f"{knobs.__name__}.{name}"


def test_every_module_says_what_it_is() -> None:
    for path in sorted((ROOT / "app").rglob("*.py")):
        source = path.read_text()
        if source:
            assert source.startswith('"""'), f"{path} has no docstring"


def test_no_file_is_long() -> None:
    found = [*(ROOT / "app").rglob("*.py"), *(ROOT / "app/ui/static").glob("*.[jc]s*")]
    lengths = {path: len(path.read_text().splitlines()) for path in found}
    assert {path: n for path, n in lengths.items() if n > LONGEST} == {}


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest knows them by it, and would collect none of the tests."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
