"""The ways to install the scope agree: pyproject.toml, environment.yml, Dockerfile."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
CONDA = re.compile("^python-(?=xxhash)")  # what conda-forge calls it


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return table


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (PROJECT / "Dockerfile").read_text()


def instructions(dockerfile: str, name: str) -> list[str]:
    joined = dockerfile.replace("\\\n", " ")
    return [line.split(None, 1)[1].strip() for line in joined.splitlines() if line.startswith(name + " ")]


def conda_entries() -> list[str]:
    """The dependencies of environment.yml, one `  - name` line each."""
    _, _, listed = (PROJECT / "environment.yml").read_text().partition("\ndependencies:\n")
    return [line.removeprefix("  - ") for line in listed.splitlines()]


def test_environment_yml_equals_pyproject(project: dict[str, object]) -> None:
    assert [CONDA.sub("", entry).replace("_", "-") for entry in conda_entries()] == [
        f"python{project['requires-python']}",
        *project["dependencies"],
    ]  # type: ignore[misc]


def test_environment_yml_has_the_projects_name(project: dict[str, object]) -> None:
    assert f"\nname: {project['name']}\n" in (PROJECT / "environment.yml").read_text()


def test_the_base_image_is_an_argument(dockerfile: str) -> None:
    assert instructions(dockerfile, "ARG")[:1] == ["BASE=python:3.12-slim"]
    assert instructions(dockerfile, "FROM") == ["${BASE}"]


def test_the_image_does_not_run_as_root(dockerfile: str) -> None:
    assert int(instructions(dockerfile, "USER")[-1]) > 0


def test_the_image_serves_port_80_behind_nginx(dockerfile: str) -> None:
    settings = " ".join(instructions(dockerfile, "ENV")).split()
    assert {"PORT=80", "SCOPE_NGINX=on", "SCOPE_DATA=/data"} <= set(settings)
    assert instructions(dockerfile, "EXPOSE") == ["80"]


def test_the_image_starts_and_stops_through_start_sh(dockerfile: str) -> None:
    assert instructions(dockerfile, "CMD") == ['["./start.sh"]']
    assert instructions(dockerfile, "STOPSIGNAL") == ["SIGTERM"]
    assert "/healthz" in instructions(dockerfile, "HEALTHCHECK")[0]


def test_what_start_sh_needs_is_not_kept_out_of_the_image() -> None:
    let_in = set(re.findall(r"^!(.+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE))
    modules = re.findall(r"-m (scripts)\.(\w+)", "".join(map(shell, ("start.sh", "scripts/environment.sh"))))
    sourced = re.findall(r"^source (\S+)$", shell("start.sh"), re.MULTILINE)
    needed = {"start.sh", "nginx.conf", "pyproject.toml", "app"}
    assert needed | set(sourced) | {f"{folder}/{name}.py" for folder, name in modules} == let_in


def shell(name: str) -> str:
    return (PROJECT / name).read_text()


@pytest.mark.parametrize(
    "name", ["start.sh", "scripts/test", "scripts/check", "scripts/image", "scripts/fuzz", ".ci/run"]
)
def test_scripts_can_be_run(name: str) -> None:
    path = PROJECT / name
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
