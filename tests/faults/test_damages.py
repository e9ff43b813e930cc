"""Files that a lost machine left damaged, and recordings that something ended."""

from __future__ import annotations

from tests.faults.short import short


def test_damaged_files_are_gaps_and_nothing_else() -> None:
    short("F34")


def test_a_recording_can_be_read_whatever_ends_it() -> None:
    short("F27")
