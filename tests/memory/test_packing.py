"""A batch survives being bytes, to the last bit."""

from __future__ import annotations

import random

import numpy as np
import pytest

from app.memory.packing import Unreadable, packed, unpacked
from app.memory.samples import Origin, Samples


def block(n: int = 3, **other: object) -> Samples:
    rng = np.random.default_rng(n)
    facts: dict[str, object] = {
        "channel": "ch1", "base": 0.1, "offsets": np.sort(rng.normal(size=n)), "y": rng.normal(size=n),
        "origin": Origin.DATA,
    }  # fmt: skip
    return Samples(**(facts | other))  # type: ignore[arg-type]


BATCHES = {
    "one point": [block(1)],
    "a point of the clock": [block(1, base=1_700_000_000_123_456_789, origin=Origin.CLOCK)],
    "float32, an odd number": [block(5, y=np.arange(5, dtype=np.float32))],
    "a named step": [block(7, offsets=np.arange(7) * 0.1, step=0.1)],
    "a step that does not quite fit": [block(7, offsets=np.arange(7) * 0.1 + 1e-17, step=0.1)],
    "goes on": [block(4, base=5, offsets=np.arange(4) * 1e-3, step=1e-3, origin=Origin.NEXT)],
    "a gap": [block(3, y=np.array([1.0, np.nan, 3.0]))],
    "units and letters": [block(2, channel="Kanal/ß :µ", unit="°C", x_unit="")],
    "told gaps": [block(3, gap=True), block(3, gap=False), block(1, y=np.ones(1, np.float32), gap=True)],
    "several": [block(3, channel="a"), block(1001, channel="b"), block(2, channel="a")],
    "a view": [block(4, y=np.arange(8.0)[::2])],
    "far": [block(2, base=-1e150, offsets=np.array([0.0, 5e-324]))],
}


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("missing", [None, 0, -1, 7])
def test_all_of_it_comes_back(name: str, missing: int | None) -> None:
    batch = BATCHES[name]
    found = unpacked(b"".join(packed(batch, 12.5, missing, b"note\0\xff")))
    assert (found.now, found.missing, found.note) == (12.5, missing, b"note\0\xff")
    for was, now in zip(batch, found.batch, strict=True):
        for fact in ("channel", "base", "origin", "step", "unit", "x_unit", "gap"):
            assert getattr(now, fact) == getattr(was, fact), fact
            assert type(getattr(now, fact)) is type(getattr(was, fact)), fact
        assert now.offsets.tobytes() == was.offsets.tobytes()
        assert now.y.tobytes() == was.y.tobytes()
        assert now.y.dtype == was.y.dtype


def test_what_follows_from_the_step_takes_no_room() -> None:
    even = packed([block(1000, offsets=np.arange(1000) * 0.1, step=0.1)], 0, None, b"")
    assert sum(map(len, even)) < 8 * 1000 + 200


def test_damaged_bytes_are_a_batch_or_unreadable() -> None:
    rng = random.Random(5)
    whole = b"".join(packed(BATCHES["several"] + BATCHES["goes on"], 1.0, 3, b"n"))
    for _ in range(3000):
        data = bytearray(whole[: rng.choice((len(whole), rng.randrange(len(whole))))])
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(min(len(data), 200))] = rng.randrange(256)
        try:
            unpacked(bytes(data))
        except Unreadable:
            continue
