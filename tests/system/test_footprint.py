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


THREADED = """
import ctypes, sys, threading
from app.system.footprint import calm_heap
if sys.argv[1] == "one":
    calm_heap()
kept = []
work = [threading.Thread(target=lambda: kept.extend(bytes(3000) for _ in range(1000))) for _ in range(4)]
for thread in work:
    thread.start()
for thread in work:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


LARGE_ONES = """
import ctypes, re, sys
from app.system.footprint import calm_heap
if sys.argv[1] == "calm":
    calm_heap()
c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
for _ in range(3):
    c.free(c.malloc(8_000_000))
c.malloc(8_000_000)
c.malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="its C library is not the one that can")
@pytest.mark.parametrize("heap", ["calm", "usual"])
def test_what_is_large_is_not_in_the_heap(heap: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LARGE_ONES, heap], cwd=ROOT, capture_output=True, check=True
    )
    in_heap = int(answer.stderr.split(b"system bytes     =")[1].split()[0])
    assert (in_heap < 8_000_000) == (heap == "calm")


@pytest.mark.skipif(sys.platform != "linux", reason="its C library is not the one that can")
@pytest.mark.parametrize("heaps", ["one", "many"])
def test_threads_share_one_heap(heaps: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", THREADED, heaps], cwd=ROOT, capture_output=True, check=True
    )
    assert (answer.stderr.count(b"Arena") > 1) == (heaps == "many")


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
