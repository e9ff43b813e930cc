"""Files that a lost machine left damaged."""

from __future__ import annotations

from tests.faults.short import short


def test_damaged_files_are_gaps_and_nothing_else() -> None:
    short("F34")
