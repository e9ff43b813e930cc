"""Memory that is free goes back to the system."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys

import pytest

from app.system import footprint
from tests.process import ROOT

BLOCKS, SIZE, KEPT = 20_000, 3000, 100  # 60 MB, of which every hundredth block stays
FRAGMENTED = f"""
from app.system.footprint import own, trim
before = own()
blocks = [bytes({SIZE}) for _ in range({BLOCKS})]
kept = blocks[::{KEPT}]
del blocks
held = own() - before
trim()
print(held, own() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="its C library is not the one that can")
def test_free_memory_between_blocks_in_use_goes_back() -> None:
    answer = subprocess.run([sys.executable, "-c", FRAGMENTED], cwd=ROOT, capture_output=True, check=True)
    held, stays = map(int, answer.stdout.split())
    assert held > BLOCKS * SIZE * 0.8, "what was freed was not kept anyway"
    assert stays < held / 4


def test_it_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[None] = []
    monkeypatch.setattr(footprint, "trim", lambda: given.append(None))
    monkeypatch.setattr(footprint, "TRIM_EVERY", 0.01)

    async def work() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(footprint.trimming(), 1)

    asyncio.run(work())
    assert len(given) > 2
