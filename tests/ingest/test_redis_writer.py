"""What goes into the stream together, and what waits."""

from __future__ import annotations

import asyncio

import pytest

from app.ingest.bus import Series
from app.ingest.redis_writer import SMALL, Part, Writer
from app.texts import store

LARGE = SMALL + 1


@pytest.mark.parametrize(
    ("blocks", "turns"),
    [
        (["a1", "a1", "b1", "-1"], [["a1 a1 b1 -1"]]),
        (["-L", "-L", "-1"], [["-L", "-L -1"]]),
        (["aL", "bL", "-L", "aL", "-1"], [["aL", "bL", "-L"], ["aL -1"]]),
        (["a1", "-L", "a1", "a1"], [["a1", "-L"], ["a1 a1"]]),
        (["x1", "a1", "x1"], [["a1"]]),
        (["xL"], [[]]),
    ],
)
def test_a_second_entry_of_a_long_body_waits_for_the_first(blocks: list[str], turns: list[list[str]]) -> None:
    """Blocks of the bodies a and b, of x, of which one was not stored, and batches that are whole."""

    async def run() -> list[list[str]]:
        writer = Writer(store("redis://127.0.0.1:1/0"), lambda: b"", lambda: 1)
        writer.up = True
        series = {"a": Series(), "b": Series(), "x": Series(broken=True), "-": None}
        names: dict[Part, str] = {}
        for name in blocks:
            words = (bytes(LARGE if name[1] == "L" else 1),)
            part = Part(words, asyncio.get_running_loop().create_future(), 0.0, series=series[name[0]])
            names[part] = name
            writer.take(part)
        found = []
        while writer.waiting or not found:
            found.append([" ".join(names[part] for part in entry) for entry in writer.entries()])
        assert writer.bytes == 0
        assert [names[part] for part in names if part.done.done() and part.done.exception()] == [
            name for name in blocks if name[0] == "x"
        ]
        return found

    assert asyncio.run(run()) == turns
