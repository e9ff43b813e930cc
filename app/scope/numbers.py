"""Numbers of channels, as people read them."""

from __future__ import annotations

from collections.abc import Container, Mapping

from app.memory.record import Record

DERIVED = 1 << 16  # slots from here on are those of derived channels, of each kind anew
LETTERS = {"=": "M", "~": "T", "@": "R"}  # before their numbers, by the first sign of their names


def derived(record: Record) -> bool:
    """Whether a record is made of others."""
    return record.slot >= DERIVED


def own(records: Mapping[str, Record], knobs: Container[str]) -> dict[str, Record]:
    """The channels of a front panel: all but derived ones that it has no knobs for, which are of others."""
    return {name: record for name, record in records.items() if not derived(record) or name in knobs}


def staying(touched: set[str]) -> set[str]:
    """Of the knobs that a person touched, those of an autoset: the derived channels that were added."""
    return {knob for knob in touched if knob.startswith("on:") and knob[3:4] in LETTERS}


def number(record: Record) -> int | str:
    """The number on a channel's box and marker: 1, 2, ..., or M1 for the first maths trace."""
    if not derived(record):
        return record.slot + 1
    return f"{LETTERS[record.name[0]]}{record.slot - DERIVED + 1}"
