"""A recording as a Parquet file: the same columns, compressed, for those who read it many times."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from app.store.reading import blocks
from app.store.recording import created, orphaned
from app.store.shelf import NUMBER
from app.store.writing import Arrow

GROUP = 1 << 17  # rows of a group
PART = re.compile(rf"({NUMBER})(\.[0-9a-f]+)?\.part")


class GivenUp(Exception):  # noqa: N818  it is what became of the file
    """Nobody waits for the file any more."""


def convert(source: Path, format: str, target: Path, given_up: Callable[[], bool]) -> int:
    """Make the file, whole or not at all; returns its bytes.

    given_up  whether it is to end before it is done; it is asked now and then
    OSError, Unreadable, GivenUp
    """
    part = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(created(part), "wb") as file:
            fill(source, format, file, given_up)
            file.flush()
            size = os.fstat(file.fileno()).st_size
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def fill(source: Path, format: str, target: BinaryIO, given_up: Callable[[], bool]) -> None:
    arrow, parquet, made = import_module("pyarrow"), import_module("pyarrow.parquet"), Arrow()
    with parquet.ParquetWriter(target, made.schema, compression="zstd") as writer:
        waiting: list[Any] = []
        rows = 0
        for group in blocks(source, format):
            if given_up():
                raise GivenUp("the server ends")
            waiting.append(made.batch(group))
            rows += waiting[-1].num_rows
            if rows >= GROUP:
                writer.write_table(arrow.Table.from_batches(waiting).unify_dictionaries())
                waiting, rows = [], 0
        if waiting:
            writer.write_table(arrow.Table.from_batches(waiting).unify_dictionaries())


def sweep(folder: Path) -> None:
    """Delete what processes left of files that they made when they were killed."""
    with suppress(OSError):  # what cannot be deleted now is there the next time
        for path in folder.glob("*.part"):
            if PART.fullmatch(path.name) and orphaned(path):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
