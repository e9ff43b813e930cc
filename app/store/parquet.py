"""A recording as a Parquet file: the same columns, compressed, for those who read it many times."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from app.store.reading import blocks
from app.store.writing import Arrow

GROUP = 1 << 17  # rows of a group


def convert(source: Path, format: str, target: Path) -> int:
    """Make the file, whole or not at all; returns its bytes.

    OSError, Unreadable
    """
    part = target.with_suffix(".part")
    try:
        fill(source, format, part)
        size = part.stat().st_size
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def fill(source: Path, format: str, target: Path) -> None:
    arrow, parquet, made = import_module("pyarrow"), import_module("pyarrow.parquet"), Arrow()
    with parquet.ParquetWriter(str(target), made.schema, compression="zstd") as writer:
        waiting: list[Any] = []
        for group in blocks(source, format):
            waiting.append(made.batch(group))
            if sum(batch.num_rows for batch in waiting) >= GROUP:
                writer.write_table(arrow.Table.from_batches(waiting).unify_dictionaries())
                waiting = []
        if waiting:
            writer.write_table(arrow.Table.from_batches(waiting).unify_dictionaries())
