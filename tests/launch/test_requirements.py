"""What the environment must hold, and the stamp that spares the second start a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import requirements

PROJECT = """
[project]
dependencies = ["panel>=1", "numpy>=1.26"]
[project.optional-dependencies]
test = ["pytest>=8"]
bench = ["flask>=3"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(PROJECT)
    return path


def test_extras_come_after_the_dependencies(project: Path) -> None:
    assert requirements.requirements(project=project) == ["panel>=1", "numpy>=1.26"]
    assert requirements.requirements(["bench"], project) == ["panel>=1", "numpy>=1.26", "flask>=3"]


def test_an_extra_that_does_not_exist_is_an_error(project: Path) -> None:
    with pytest.raises(KeyError, match="nothing"):
        requirements.requirements(["nothing"], project)


@pytest.mark.parametrize(
    ("asked", "lacks"),
    [
        ("pytest>=8", False),
        ("pytest>=999", True),
        ("pytest", False),
        ("no-such-package", True),
        ("no-such-package>=1; python_version < '3'", False),
        ("Import_Linter>=2", False),
    ],
)
def test_missing_is_what_is_absent_or_too_old(asked: str, lacks: bool) -> None:
    assert requirements.missing([asked]) == ([asked] if lacks else [])


def test_this_environment_lacks_nothing() -> None:
    assert requirements.missing(requirements.requirements(["test"])) == []


def test_the_stamp_changes_with_the_requirements() -> None:
    assert requirements.stamp(["a>=1"]) == requirements.stamp(["a>=1"])
    assert requirements.stamp(["a>=1"]) != requirements.stamp(["a>=2"])
