"""Set-ups in the drawer: what they keep, what they refuse, and what is in their files."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from app.store.kept import Damaged, Newer
from app.store.setups import LONGEST, Setups, TooMany, bytes_of, read
from app.store.shelf import Folder
from tests.store.loops import finished

NOW = 1_700_000_000.0


def names(setups: Setups) -> list[object]:
    return [each["name"] for each in setups.told]


def test_set_ups_are_told_by_name_and_one_of_the_same_name_is_replaced() -> None:
    setups = Setups()
    first = [
        setups.add(name, query, NOW).id for name, query in (("b", "tb=1"), (" A \n x ", "tb=2"), ("c", ""))
    ]
    assert (first, names(setups)) == ([1, 2, 3], ["A x", "b", "c"])
    again = setups.add("b", "tb=3", NOW + 1)
    assert (again.id, names(setups)) == (1, ["A x", "b", "c"])
    assert setups.get(1) == again
    assert setups.delete(1)
    assert not setups.delete(1)
    assert setups.add("b", "", NOW).id == 4


@pytest.mark.parametrize("name", ["", "  \n", "x" * (LONGEST + 1), "bell \a"])
def test_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    setups = Setups()
    with pytest.raises(ValueError, match="1 to 64 characters"):
        setups.add(name, "", NOW)
    assert setups.told == []


def test_where_there_are_as_many_as_may_be_one_can_still_be_replaced() -> None:
    setups = Setups(most=2)
    for name in ("a", "b", "a"):
        setups.add(name, "", NOW)
    with pytest.raises(TooMany, match="delete one first"):
        setups.add("c", "", NOW)
    assert names(setups) == ["a", "b"]


def test_a_file_is_what_the_panel_reads_as_a_set_up(tmp_path: Path) -> None:
    async def keep() -> None:
        setups = Setups(Folder(tmp_path, "json"))
        kit = setups.add("noise", "tb=0.002", NOW)
        await setups.kept.saved(kit.id)

    finished(keep())
    words = orjson.loads((tmp_path / "1.json").read_bytes())
    assert (words["format"], words["query"]) == ("web-oscilloscope set-up", "tb=0.002")
    assert names(Setups(Folder(tmp_path, "json"))) == ["noise"]


def test_a_file_that_was_copied_has_the_number_of_its_name(tmp_path: Path) -> None:
    (data,) = bytes_of(Setups().add("noise", "tb=1", NOW))
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_bytes(data)

    async def delete() -> Setups:
        setups = Setups(Folder(tmp_path, "json"))
        assert [each["id"] for each in setups.told] == [1, 2]
        kit = setups.get(2)
        assert kit is not None
        assert setups.delete(kit.id)
        await setups.kept.done()
        return setups

    assert [each["id"] for each in finished(delete()).told] == [1]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["1.json"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b'{"format": "else"}',
        b'{"format": "web-oscilloscope set-up", "query": "tb=1"}',
        b'{"format": "web-oscilloscope set-up", "version": 1, "id": 1, "name": "", "time": 0, "query": ""}',
    ],
)
def test_what_is_no_set_up_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        read(1, data)


def test_a_later_version_is_told_from_damage() -> None:
    (data,) = bytes_of(Setups().add("a", "", NOW))
    with pytest.raises(Newer):
        read(1, data.replace(b'"version": 1', b'"version": 2'))
