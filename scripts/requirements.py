"""What pyproject.toml asks for, and what of it this Python lacks; printed as shell assignments."""

from __future__ import annotations

import hashlib
import shlex
import sys
import tomllib
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements(extras: Iterable[str] = (), project: Path = PROJECT) -> list[str]:
    """The requirements of the project and of the extras, in the order of the file.

    KeyError  an extra that the project does not have
    """
    table = tomllib.loads(project.read_text())["project"]
    return [*table["dependencies"], *(r for extra in extras for r in table["optional-dependencies"][extra])]


def missing(asked: Sequence[str]) -> list[str]:
    """Those of the requirements that this Python does not satisfy."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # Bokeh brings packaging: without it nothing here can be complete
        return list(asked)
    wanted = [(text, Requirement(text)) for text in asked]
    return [
        text
        for text, r in wanted
        if (r.marker is None or r.marker.evaluate())
        and not ((found := installed(r.name)) and r.specifier.contains(found, prereleases=True))
    ]


def installed(name: str) -> str | None:
    """The installed version of the package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def stamp(asked: Sequence[str]) -> str:
    """One word that changes with the requirements and with the Python they are installed for."""
    text = "\n".join([*asked, "{}.{}".format(*sys.version_info)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main(extras: Sequence[str]) -> None:
    asked = requirements(extras)
    print(f"requirements=({shlex.join(asked)})")
    print(f"missing=({shlex.join(missing(asked))})")
    print(f"stamp={stamp(asked)}")


if __name__ == "__main__":
    main(sys.argv[1:])
