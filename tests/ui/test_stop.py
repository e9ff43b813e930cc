"""Stop freezes the picture, never the acquisition."""

from __future__ import annotations

import numpy as np

from app.feed.watcher import CREDIT
from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import POINTS
from tests.ui.instrument import Front, Picture, columns_with

X = np.arange(500) / 500
SINE = np.sin(2 * np.pi * 2 * X)


def stopped(front: Front, server: Server) -> Picture:
    """The picture of a tab that was stopped on a sine."""
    server.columns(X, ch1=SINE)
    wait_until(lambda: front.received(500))
    front.settled()
    front.click("#run")
    front.lamp("STOP")
    front.shows("#run", "Run")
    front.settled()
    return front.picture()


def test_stop_freezes_every_pixel_while_memory_counts_on(front: Front, server: Server) -> None:
    picture = stopped(front, server)
    for start in (1, 2, 3):
        server.columns(start + X, ch1=-3 * SINE)
        wait_until(
            lambda want=500 * (start + 1): front.received(want)
        )  # the panel shows what memory received
        assert front.still(picture)
    front.lamp("STOP")
    assert server.channels()["ch1"]["total"] == 2000


def test_run_shows_the_present_again(front: Front, server: Server) -> None:
    picture = stopped(front, server)
    server.columns(1 + X, ch1=0.5 + SINE / 2)
    wait_until(lambda: front.received(1000))
    front.click("#run")
    front.shows("#run", "Stop")
    wait_until(lambda: not front.still(picture))
    wait_until(lambda: float(front.text("#axis output >> nth=2")) > 1)


def test_run_goes_on_when_nothing_has_come_for_a_while(front: Front, server: Server) -> None:
    stopped(front, server)
    front.click("#run")
    front.shows("#run", "Stop")
    front.page.wait_for_timeout(1e3 * (CREDIT + 1.5))  # longer than a viewer may have told of no frame
    server.columns(1 + X, ch1=0.5 + SINE / 2)
    wait_until(lambda: float(front.text("#axis output >> nth=2")) > 1, 5)


def test_a_stopped_screen_keeps_its_samples_when_the_ring_has_overwritten_them(
    front: Front, server: Server
) -> None:
    picture = stopped(front, server)
    flat = np.arange(POINTS) / 500
    server.columns(1 + flat, ch1=np.zeros(POINTS))
    assert server.channels()["ch1"]["retained"] == POINTS
    wait_until(lambda: front.received(500 + POINTS))
    assert front.still(picture)
    mask = front.mask()
    front.type("#timebase", "0.2")  # drawn anew from what the screen kept
    front.shows("#status-timebase", "0.2/div")
    assert len(columns_with(front.settled())) > 400
    front.type("#timebase", "0.1")
    wait_until(lambda: np.array_equal(front.mask(), mask))


def test_a_stopped_screen_obeys_its_vertical_knobs(front: Front, server: Server) -> None:
    stopped(front, server)
    mask = front.mask()
    front.click("#units-more")
    wait_until(lambda: not np.array_equal(front.mask(), mask))
    front.click("#units-less")
    wait_until(lambda: np.array_equal(front.mask(), mask))


def test_a_deleted_channel_stays_on_a_stopped_screen_until_run(front: Front, server: Server) -> None:
    stopped(front, server)
    server.clear()
    front.has()
    front.lamp("STOP")
    front.click("#run")
    wait_until(lambda: not front.mask().any())
    front.lamp("WAIT")


def test_a_stopped_screen_that_is_emptied_keeps_its_knobs(front: Front, server: Server) -> None:
    stopped(front, server)
    front.type("#position", "1.5")
    front.holds("#position", "1.50")
    before = [front.value(knob) for knob in ("#timebase", "#units", "#position")]
    front.click("#clear")
    wait_until(lambda: not front.mask().any())
    front.click("#timebase-more")
    front.click("#timebase-less")
    for knob, value in zip(("#timebase", "#units", "#position"), before, strict=True):
        front.holds(knob, value)


def test_clear_empties_this_tab_only_and_loses_nothing(front: Front, other: Front, server: Server) -> None:
    server.columns(X, ch1=SINE)
    before = other.settled()
    front.settled()
    front.click("#clear")
    wait_until(lambda: not front.mask().any())
    assert np.array_equal(other.mask(), before)
    assert server.channels()["ch1"]["retained"] == 500
    server.columns(1 + X, ch1=SINE)
    wait_until(lambda: front.mask().any())
