"""The environment that start.sh makes or finds: made once, and one sentence when it cannot be."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.launch.conftest import Scope, Start, refusal

TOOLS = ("bash", "cat", "dirname", "grep", "id", "mkdir", "mktemp", "rm", "sleep", "tail")
NO_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
}


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with what start.sh uses, but no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def real_python() -> str:
    """A Python outside the environment of these tests."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def ask_for(folder: Path, *requirements: str) -> None:
    """Changes what the project depends on."""
    asked = ", ".join(f'"{r}"' for r in requirements)
    (folder / "pyproject.toml").write_text(f"[project]\ndependencies = [{asked}]\n")


def end(scope: Scope) -> None:
    os.kill(scope.process.pid, signal.SIGTERM)
    assert scope.status() == 0


def test_the_environment_is_made_once(bare_folder: Path, tools: Path, start: Start) -> None:
    ask_for(bare_folder, "pip>=20")  # which a new environment holds, so that no network is needed
    (tools / "python3").symlink_to(real_python())
    settings = {"VIRTUAL_ENV": "", "PATH": str(tools), **NO_INDEX}
    first = start(bare_folder, **settings).up()
    end(first)
    assert "Making the environment .venv" in first.text()
    second = start(bare_folder, **settings).up()
    end(second)
    assert second.text().startswith("Web Oscilloscope on")
    ask_for(bare_folder, "pip>=21")
    third = start(bare_folder, **settings).up()
    end(third)
    assert "Making" not in third.text()
    assert "Installing 1 packages" in third.text()


def test_without_a_network_no_half_made_environment_stays(bare_folder: Path, tools: Path) -> None:
    ask_for(bare_folder, "pip>=20", "quantiphy>=2.20")
    (tools / "python3").symlink_to(real_python())
    status, said = refusal(bare_folder, VIRTUAL_ENV="", PATH=str(tools), **NO_INDEX)
    assert status == 1
    assert said.startswith("start.sh: pip could not install the packages; is there a network? ERROR: ")
    assert said.count("\n") == 1
    assert not (bare_folder / ".venv").exists()


def test_sigterm_while_it_installs_leaves_no_half_made_environment(
    bare_folder: Path, tools: Path, start: Start
) -> None:
    script(
        tools / "python3",
        f'[[ $* != *"-m venv"* ]] || {{ mkdir .venv; sleep 60; }}; exec {real_python()} "$@"',
    )
    scope = start(bare_folder, VIRTUAL_ENV="", PATH=str(tools))
    wait_until((bare_folder / ".venv").exists)
    end(scope)
    assert not (bare_folder / ".venv").exists()


def test_no_python_is_one_sentence(folder: Path, tools: Path) -> None:
    status, said = refusal(folder, VIRTUAL_ENV="", PATH=str(tools))
    assert status == 1
    assert said.startswith("start.sh: Python 3.11 or newer is needed, and here is none: install it")
    assert said.count("\n") == 1


def test_an_old_python_is_one_sentence(folder: Path, tools: Path) -> None:
    script(tools / "python3", "[[ $2 == *print* ]] && echo 3.9.2 || exit 1")
    status, said = refusal(folder, VIRTUAL_ENV="", PATH=str(tools))
    assert status == 1
    assert said.startswith("start.sh: Python 3.11 or newer is needed, and here is 3.9.2: install it")


def test_a_newer_python_under_its_own_name_is_found(folder: Path, tools: Path) -> None:
    script(tools / "python3", "exit 1")
    newer = tools / f"python3.{sys.version_info.minor}"
    newer.symlink_to(real_python())
    run = subprocess.run(
        ["bash", "-c", "source scripts/environment.sh; find_python"],
        cwd=folder,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"{newer}\n"


def test_a_missing_venv_module_is_one_sentence(folder: Path, tools: Path) -> None:
    script(tools / "python3", f'[[ $* != *ensurepip* ]] || exit 1; exec {real_python()} "$@"')
    status, said = refusal(folder, VIRTUAL_ENV="", PATH=str(tools), SCOPE_NGINX="off", PORT="0")
    assert status == 1
    assert said.startswith("start.sh: Python's venv module is missing: install it")
    assert not (folder / ".venv").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody without the right to write")
def test_a_folder_that_is_not_writable_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c"]
    shared = Path(tempfile.gettempdir())
    for place in (folder, *folder.parents):
        if place != shared and place.is_relative_to(shared):
            place.chmod(0o755)
    run = subprocess.run(
        [*as_nobody, "source scripts/environment.sh; python=python3; own_environment"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert run.returncode == 1
    assert "is not writable, so .venv cannot be made there" in run.stderr


def test_an_active_environment_that_lacks_packages_is_not_touched(folder: Path) -> None:
    ask_for(folder, "numpy>=1", "no-such-package>=1.5", "tornado>=99")
    status, said = refusal(folder)
    assert status == 1
    assert said == (
        f"start.sh: The active environment {sys.prefix} lacks packages: "
        f"run {sys.prefix}/bin/python -m pip install 'no-such-package>=1.5' 'tornado>=99' "
        "(or deactivate it: start.sh then makes its own).\n"
    )


def test_an_active_conda_environment_is_told_to_use_conda(folder: Path) -> None:
    ask_for(folder, "no-such-package>=1.5", "prometheus-client>=99", "xxhash>=99")
    _, said = refusal(folder, VIRTUAL_ENV="", CONDA_PREFIX=sys.prefix)
    lacking = "'no-such-package>=1.5' 'prometheus_client>=99' 'python-xxhash>=99'"  # by their names there
    assert f"run conda install --channel conda-forge {lacking} (or" in said


def test_an_active_environment_that_is_gone_is_one_sentence(folder: Path) -> None:
    status, said = refusal(folder, VIRTUAL_ENV="/nowhere")
    assert status == 1
    assert (
        said
        == "start.sh: The active environment /nowhere has no bin/python: deactivate it, or make it anew.\n"
    )


def test_help_lists_the_settings(folder: Path) -> None:
    run = subprocess.run(
        ["./start.sh", "--help"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    for name in ("PORT", "BIND", "SCOPE_POINTS", "SCOPE_MEMORY", "SCOPE_NGINX"):
        assert name in run.stdout
