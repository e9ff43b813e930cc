"""README.md says what is so: settings, flags, pictures, commands, formats, files."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.config import Config, parser, shown
from app.dsp.expression import CALLABLE
from app.dsp.maths import MATHS
from app.dsp.measure import MEASUREMENTS
from app.dsp.spectrum import SCALES
from app.dsp.trigger import TRIGGERS
from app.dsp.windows import WINDOWS
from app.ingest.formats import FORMATS
from app.scope.acquisition import ACQUISITIONS
from app.scope.display import DISPLAY_MODES
from tests.faults.table import FAULTS
from tests.serving import Served, serving


def samples() -> NDArray[np.float32]:
    return np.zeros(16, np.float32)


def npy(array: NDArray[np.float32]) -> bytes:
    made = io.BytesIO()
    np.save(made, array)
    return made.getvalue()


PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
FENCED = re.findall(r"^ *```\w*\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
COMMANDS = [line.strip() for block in FENCED for line in block.splitlines()] + INLINE
CURLS = sorted({command for command in COMMANDS if command.startswith("curl ")})
FILES = {"@samples.f4": samples().tobytes(), "@samples.npy": npy(samples())}
FORM = "application/x-www-form-urlencoded"  # what curl -d says of a body


def table(head: str) -> list[list[str]]:
    """The cells of the table that begins with this line, code marks taken off."""
    lines = README.partition(f"\n{head}\n")[2].splitlines()[1:]
    rows = [line for line in lines[: next(n for n, line in enumerate([*lines, ""]) if not line)]]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


# settings and flags


def test_the_table_of_settings_equals_the_configuration() -> None:
    told = [tuple(row[:3]) for row in table("| variable | flag | default | meaning |")]
    real = [(f.metadata["env"], "--" + f.name.replace("_", "-"), shown(f.default)) for f in fields(Config)]
    assert sorted(told) == sorted(real)


@pytest.mark.parametrize(
    ("head", "registry"),
    [
        ("| trigger | fires when |", TRIGGERS),
        ("| acquisition | shows |", ACQUISITIONS),
        ("| measurement | is |", MEASUREMENTS),
        ("| maths | is |", MATHS),
        ("| display | shows |", DISPLAY_MODES),
        ("| window | for |", WINDOWS),
        ("| scale | 0 is |", SCALES),
        ("| fault | what happens |", FAULTS),
    ],
)
def test_every_entry_of_a_registry_has_its_row(head: str, registry: Mapping[str, object]) -> None:
    assert [row[0] for row in table(head)] == list(registry)


def test_every_function_of_an_expression_is_named() -> None:
    assert [name for name in CALLABLE if not any(re.search(rf"\b{name}\b", code) for code in INLINE)] == []


def test_every_setting_has_a_meaning() -> None:
    assert [row[0] for row in table("| variable | flag | default | meaning |") if len(row[3]) < 8] == []


def flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text))


def help_of(*module: str) -> str:
    run = subprocess.run(
        [sys.executable, *module, "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return run.stdout


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """The flags of each of our programs, by a part of its name."""
    return {
        "start.sh": flags(parser().format_help()),
        "-m app": flags(parser().format_help()),
        "send_data.py": flags(help_of("scripts/send_data.py")),
        "scripts/bench": flags(help_of("-m", "scripts.benches")),
        "scripts/faults": flags(help_of("-m", "tests.faults")),
        "scripts/soak": flags(help_of("-m", "tests.faults.soak")),
        "scripts/screenshots": flags(help_of("-m", "scripts.pictures")),
        "scripts/fuzz": flags(help_of("-m", "scripts.fuzzing")),
        "scripts/image": flags((PROJECT / "scripts" / "image").read_text()),
    }


def test_flags_in_commands_exist(known: dict[str, set[str]]) -> None:
    missing = [
        (command, flag)
        for command in COMMANDS
        for program, has in known.items()
        if program in command.partition(" --")[0]
        for flag in flags(command) - has
    ]
    assert missing == []


def test_flags_named_alone_exist(known: dict[str, set[str]]) -> None:
    alone = {flag for code in INLINE if code.startswith("--") for flag in flags(code)}
    ours = set().union(*known.values())
    foreign = {"--cap-drop", "--cacert"}  # of docker, of curl
    assert alone - ours - foreign == set()


def test_every_flag_of_the_sender_is_in_its_table(known: dict[str, set[str]]) -> None:
    told = {flag for row in table("| flag | meaning |") for flag in flags(row[0])}
    assert told == known["send_data.py"] - {"--help"}


# pictures and files


def test_pictures_that_are_shown_exist_and_all_that_exist_are_shown() -> None:
    told = set(re.findall(r"!\[[^\]]+\]\((docs/[^)]+)\)", README))
    assert told == {f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.png")}


def test_docs_hold_pictures_and_nothing_else() -> None:
    assert [path.name for path in (PROJECT / "docs").iterdir() if path.suffix != ".png"] == []


def test_files_that_are_named_exist() -> None:
    paths = {
        code.removeprefix("./")
        for code in INLINE
        if re.fullmatch(r"(\./)?(app|scripts|tests|docs)/\S+", code)
    }
    assert paths
    assert [path for path in sorted(paths) if not (PROJECT / path).exists()] == []


# what a sender may send


def test_every_format_is_named() -> None:
    assert [media_type for media_type in FORMATS if f"`{media_type}`" not in README] == []


@pytest.fixture(scope="module")
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_there_are_curl_lines() -> None:
    assert len(CURLS) >= 3


@pytest.mark.parametrize("line", CURLS)
def test_what_a_curl_line_sends_is_stored(scope: Served, line: str) -> None:
    """As a shell splits it and curl sends it."""
    line = re.sub(r"\$('[^']*')", lambda found: found[1].replace(r"\n", "\n"), line)
    _, *words = shlex.split(line)
    kind = FORM
    if "-H" in words:
        kind = taken(words, "-H").removeprefix("Content-Type: ")
    given = taken(words, "-d" if "-d" in words else "--data-binary")
    (url,) = words
    path = re.sub(r"^(https?://)?[^/]+", "", url)
    before = scope.memory.accepted
    status, answer = scope.ask("POST", path, FILES.get(given, given.encode()), Content_Type=kind)
    assert status == 200, answer
    assert scope.memory.accepted > before


def taken(words: list[str], flag: str) -> str:
    """What follows the flag; both are gone then."""
    at = words.index(flag)
    words.pop(at)
    return words.pop(at)


@pytest.mark.parametrize("row", table("| form | body |"), ids=lambda row: row[0])
def test_every_body_in_the_table_of_forms_is_stored(scope: Served, row: list[str]) -> None:
    bodies = re.findall(r"`?([{\[].*?[}\]])(?:`|$)", row[1])
    assert bodies
    for body in bodies:
        status, answer = scope.post(body.encode())
        assert status == 200, (body, answer)
