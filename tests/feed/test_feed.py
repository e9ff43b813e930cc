"""What viewers get, from a live server."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
import pytest
from beam import Served, Viewer, gone, many, serving

import app.feed.feed as feed
import app.feed.watched as watched
import app.feed.watcher as watcher
from app.feed.picture import Picture
from app.feed.wire import Received, full
from app.scope.view import View
from tests.conftest import wait_until

pytestmark = pytest.mark.timed
BEFORE = np.linspace(0, 9, 500)


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        wait_until(lambda: not served.feed.watchers)
        assert served.views() == 0
        assert [record.getMessage() for record in served.logged] == []


def filled(scope: Served, name: str = "ch1") -> None:
    scope.send(name, BEFORE, np.sin(BEFORE))


def settled(viewer: Viewer) -> None:
    """Take frames until nothing is new any more."""
    while not viewer.silent(0.5):
        pass


def test_who_opens_it_gets_the_number_of_the_view_and_a_full_frame(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port) as viewer:
        assert viewer.text() == {"n": 0, "view": 1, "vertical": {}, "refused": []}
        found = viewer.picture()
        assert (found.view, viewer.kinds) == (1, ["text", "full"])
        np.testing.assert_allclose(found.traces[0].y, np.sin(BEFORE), atol=1e-6)
        x = found.traces[0].about["x0"] + found.traces[0].x
        np.testing.assert_allclose(x, BEFORE, atol=1e-5)


def newest(found: Received) -> float:
    """y of the newest point."""
    return float(found.traces[0].y[-1])


def test_a_sample_leaves_as_a_frame_at_once(scope: Served) -> None:
    filled(scope)
    took = []
    with Viewer(scope.port, "tb=1") as viewer:
        settled(viewer)
        for n in range(20):
            time.sleep(2 * feed.PERIOD)
            began, y = time.perf_counter(), 10.0 + n
            scope.send("ch1", 9.1 + n / 10, y)
            viewer.until(lambda found, y=y: newest(found) == y)  # type: ignore[misc]
            took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.02  # 8 ms at most until it is seen, and the frame


def test_frames_come_only_when_there_is_something_new(scope: Served) -> None:
    filled(scope)
    scope.send("ch2", BEFORE, BEFORE, at=scope.feed.clock() - 100)
    with Viewer(scope.port) as viewer:
        time.sleep(0.3)
        wait_until(lambda: viewer.silent(1.5), timeout=20)  # the rate falls for five seconds
        before = len(viewer.kinds)
        with Viewer(scope.port, "tb=3"):  # one viewer more: a readout
            assert viewer.picture().readouts["viewers"] == 2
        assert viewer.picture().readouts["viewers"] == 1
        assert viewer.kinds[before:] == ["following", "following"]


def test_the_second_view_of_a_page_is_no_viewer(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port), Viewer(scope.port, "aside=1&tb=3") as beside:
        assert beside.picture().readouts["viewers"] == 1


def test_all_who_look_are_told_how_durable_samples_are_and_what_they_have_to_know(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port) as viewer, Viewer(scope.port, "tb=3") as other:
        first = viewer.picture().readouts
        assert (first["durability"], first["notices"]) == ("memory", [])
        scope.feed.durability = lambda: "file"
        scope.feed.notices["durability"] = "The disk is full."
        for each in (viewer, other):
            found = each.until(lambda found: found.readouts["notices"] != [])
            assert (found.readouts["durability"], found.readouts["notices"]) == (
                "file",
                ["The disk is full."],
            )
        del scope.feed.notices["durability"]
        viewer.until(lambda found: found.readouts["notices"] == [])


def test_there_are_thirty_frames_a_second_at_most_and_nearly_so_many(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port) as viewer:
        viewer.picture()
        began, first = time.monotonic(), len(viewer.kinds)
        sending = threading.Thread(target=trickle, args=(scope, 400))
        sending.start()
        viewer.until(lambda found: newest(found) == 399)
        sending.join()
        assert 20 < (len(viewer.kinds) - first) / (time.monotonic() - began) < 32


def trickle(scope: Served, n: int) -> None:
    for i in range(n):
        scope.send("ch1", 9.1 + i / 100, float(i))
        time.sleep(0.005)


def test_a_rolling_screen_sends_what_is_new_and_it_adds_up(scope: Served) -> None:
    compared = 0
    with Viewer(scope.port, "tb=1") as viewer:
        for n in range(60):
            x = n / 10 + np.arange(1000) / 10_000
            scope.send("ch1", x, np.sin(5 * x))
            found = viewer.until(lambda found: bool(found.traces))
            with Viewer(scope.port, "tb=1") as other:
                whole = other.until(lambda full: bool(full.traces))
            while found.id < whole.id:
                found = viewer.picture()
            if found.id == whole.id:
                compared += 1
                np.testing.assert_array_equal(found.traces[0].y, whole.traces[0].y)
                np.testing.assert_allclose(found.traces[0].x, whole.traces[0].x, rtol=1e-6)
                assert found.readouts == whole.readouts
    assert compared > 10
    assert viewer.kinds.count("following") > 40


def test_equal_views_share_their_frames(scope: Served) -> None:
    filled(scope)
    queries = ["", "v.ch1=2,1", "tb=2m", "tb=0.002", "on=ch1&tb=.002"]
    viewers = many(scope.port, queries)
    assert scope.views() == 2
    assert [viewer.text()["view"] for viewer in viewers[:2]] == [viewers[0].told[0]["view"]] * 2
    first, second = viewers[0].picture(), viewers[1].picture()
    assert first.view == second.view
    scope.send("ch1", 9.5, 1.0)
    frames = [viewer.until(lambda found: found.readouts["samples"] == "501") for viewer in viewers]
    assert {frame.id for frame in frames[:2]} & {frame.id for frame in frames[2:]} == set()
    for viewer in viewers:
        viewer.close()


def test_a_view_is_changed_in_order(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port) as viewer:
        first = viewer.picture()
        for n in range(1, 20):
            viewer.say(view=f"tb={n}", n=n)
        views = {0: first.view}
        while len(views) < 20:
            found = viewer.take()
            if isinstance(found, dict) and "n" in found:
                views[found["n"]] = found["view"]
            elif not isinstance(found, dict):
                assert found.view == views[max(views)]
        assert list(views) == list(range(20))
        last = viewer.until(lambda found: found.view == views[19])
        assert last.traces[0].ends[1] - last.traces[0].ends[0] == pytest.approx(190)
        assert scope.views() == 1


def test_the_same_view_asked_for_again_comes_as_a_full_frame(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port, "tb=1") as viewer:
        first = viewer.picture()
        viewer.kinds.clear()
        assert viewer.ask(3, tb="1")["view"] == first.view
        viewer.picture()
        assert viewer.kinds[-1] == "full"


def test_a_hidden_page_gets_nothing_and_then_the_present(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port, "tb=1") as viewer:
        viewer.picture()
        viewer.say(pause=True)
        settled(viewer)
        for n in range(10):
            scope.send("ch1", 9.1 + n / 10, float(n))
        assert viewer.silent(0.3)
        began = time.monotonic()
        viewer.kinds.clear()
        viewer.say(pause=False)
        found = viewer.picture()
        assert time.monotonic() - began < 0.3
        assert found.traces[0].y[-1] == 9
        assert viewer.kinds == ["full"]


def test_what_was_on_the_glass_can_be_had_again(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port) as viewer:
        found = viewer.picture()
        scope.send("ch1", 9.5, 5.0)
        viewer.until(lambda later: newest(later) == 5)
        kept = scope.feed.on_glass(found.id)
        assert kept is not None
        np.testing.assert_allclose(kept.traces[0].y, found.traces[0].y, atol=1e-6)
        shown = scope.feed.newest(View())
        assert shown is not None
        assert shown.traces[0].y[-1] == 5
    assert scope.feed.on_glass(-5) is None
    assert scope.feed.newest(View(7.0)) is None


def test_the_sixty_fifth_view_is_refused_and_the_old_one_goes_on(scope: Served) -> None:
    filled(scope)
    viewers = many(scope.port, [f"tb={n}" for n in range(1, feed.MOST_VIEWS + 1)])
    wait_until(lambda: scope.views() == feed.MOST_VIEWS)
    with pytest.raises(Exception, match="503"):
        Viewer(scope.port, "tb=100")
    with Viewer(scope.port, "tb=1") as shared:
        shared.picture()
        refused = shared.ask(5, tb="100")
        assert refused["code"] == "too_many_views"
        assert refused["view"] == shared.told[0]["view"]
        shared.kinds.clear()
        assert shared.picture().view == refused["view"]
        assert shared.kinds == ["full"]
    alone = viewers[5]  # gives its own view up, so that there is room
    assert "error" not in alone.ask(1, tb="200")
    for viewer in viewers:
        viewer.close()


def test_knobs_that_move_axes_are_told(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port, urlencode({"v.ch1": "500m,-1", "v.late": "2,0", "tb": "x"})) as viewer:
        told = viewer.text()
        assert told["refused"] == ["tb"]
        assert told["vertical"]["ch1"]["limits"] == [-1.5, 2.5]
        assert set(told["vertical"]) == {"ch1"}
        scope.send("late", 0.0, 0.0)
        while "late" not in viewer.text().get("vertical", {}):
            pass


def test_a_stalled_viewer_hurts_nobody_and_is_given_up(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "STALLED", 1.0)
    rng = np.random.default_rng(1)
    with Viewer(scope.port, "tb=1") as healthy:
        stalled = [Viewer(scope.port, "tb=1m", buffer=4096) for _ in range(3)]
        for n in range(150):
            x = n / 20 + np.arange(2000) / 40_000
            scope.send("ch1", x, rng.normal(size=2000))
            time.sleep(0.02)
            healthy.picture()
        wait_until(lambda: len(scope.feed.watchers) == 1)
        assert len(healthy.kinds) > 60
        wait_until(lambda: scope.views() == 1)
        for viewer in stalled:
            assert gone(viewer)


def test_a_slow_viewer_gets_the_newest_and_is_not_given_up(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "STALLED", 1.0)
    rng = np.random.default_rng(1)
    with Viewer(scope.port, "tb=1m", buffer=4096) as slow:
        slow.picture()
        for n in range(300):
            x = n / 20 + np.arange(2000) / 40_000
            scope.send("ch1", x, rng.normal(size=2000))
            time.sleep(0.005)
            if n % 10 == 0:
                slow.picture()
        while not slow.silent(1.0):
            pass
        shown = scope.feed.newest(View(0.001))
        assert shown is not None
        assert slow.frame is not None
        np.testing.assert_allclose(slow.frame.traces[0].y, shown.traces[0].y, atol=1e-5)
        assert len(slow.kinds) < 150
        assert len(scope.feed.watchers) == 1


def test_a_viewer_that_stops_drawing_is_sent_no_more_until_it_draws(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "CREDIT", 0.3)
    filled(scope)
    with Viewer(scope.port, "tb=1") as viewer:
        viewer.say(drawn=viewer.picture().id, age=0)
        settled(viewer)
        scope.send("ch1", 9.1, 1.0)
        viewer.until(lambda found: newest(found) == 1)
        settled(viewer)
        scope.send("ch1", 9.2, 2.0)
        assert viewer.silent(0.3)
        assert viewer.frame is not None
        viewer.say(drawn=viewer.frame.id, age=0)
        assert newest(viewer.picture()) == 2


def test_the_latency_of_what_was_drawn_is_told(scope: Served) -> None:
    filled(scope)
    with Viewer(scope.port, "tb=1") as viewer:
        first = viewer.picture()
        viewer.say(drawn=first.id, age=1)
        settled(viewer)
        assert {"latency": None} in viewer.told  # it came before the viewer did
        scope.send("ch1", 9.1, 1.0, at=scope.feed.clock() - 0.5)
        found = viewer.until(lambda found: newest(found) == 1)
        time.sleep(0.1)
        viewer.say(drawn=found.id, age=100)
        assert 490 < viewer.text()["latency"] < 700
        viewer.say(drawn=found.id, age=86_400_000)  # a tab that rested says it once more, of the same picture
        assert viewer.text() == {"latency": 0}
        viewer.say(drawn=123456, age=0)
        assert viewer.text() == {"latency": None}


def test_nothing_is_left_of_viewers_that_have_gone(scope: Served) -> None:
    filled(scope)
    before = scope.tasks()
    for _ in range(3):
        viewers = many(scope.port, [f"tb={n % 7 + 1}" for n in range(30)])
        wait_until(lambda: len(scope.feed.watchers) == 30)
        for n, viewer in enumerate(viewers):
            viewer.picture()
            if n % 2:
                viewer.taken.close()  # without a word
            else:
                viewer.close()
        wait_until(lambda: not scope.feed.watchers)
        assert scope.views() == 0
    wait_until(lambda: scope.tasks() == before)


def test_a_channel_beyond_the_first_eight_is_fitted_while_a_view_shows_it(scope: Served) -> None:
    for n in range(10):
        filled(scope, f"c{n}")
    assert scope.on_loop(scope.feed.setup).vertical("c9").units_per_div == 1
    with Viewer(scope.port, "on=c9&off=c0") as viewer:
        viewer.until(lambda found: found.traces[0].about["limits"] != [-4, 4])
        assert viewer.frame is not None
        assert viewer.frame.traces[0].about["channel"] == "c9"


def test_a_view_that_cannot_be_drawn_harms_no_other(scope: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(scope)
    draw = feed.frame

    def broken(view: View, *rest: object) -> object:
        if view.units_per_div == 5:
            raise RuntimeError("no such luck")
        return draw(view, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(feed, "frame", broken)
    with Viewer(scope.port, "tb=5") as bad, Viewer(scope.port) as good:
        good.picture()
        scope.send("ch1", 9.5, 5.0)
        good.until(lambda found: newest(found) == 5)
        assert bad.text()["n"] == 0
        assert bad.silent(0.2)
    messages = {record.getMessage() for record in scope.logged}
    assert messages == {"A view could not be drawn"}
    scope.logged.clear()


def test_the_feed_leaves_the_loop_to_others_and_is_fair(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(scope)
    draw, drawn = feed.frame, Counter[float | None]()

    def slow(view: View, *rest: object) -> object:
        busy = time.thread_time() + 0.02
        while time.thread_time() < busy:
            pass
        drawn[view.units_per_div] += 1
        return draw(view, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(feed, "frame", slow)
    viewers = many(scope.port, [f"tb={n}" for n in range(1, 9)])
    sending = threading.Thread(target=trickle, args=(scope, 200))
    sending.start()
    time.sleep(0.3)
    drawn.clear()
    began = time.monotonic()
    time.sleep(1.5)
    share = 0.02 * drawn.total() / (time.monotonic() - began)
    sending.join()
    assert 0.3 < share < 0.7
    assert len(drawn) == 8
    assert max(drawn.values()) <= min(drawn.values()) + 2
    for viewer in viewers:
        viewer.close()


def test_a_picture_is_encoded_once_for_all(scope: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    scope.send("ch1", BEFORE, -BEFORE)  # it never rises: no edge holds the screen
    encoded: list[int] = []

    def counted(picture: Picture) -> bytes:
        encoded.append(picture.id)
        return full(picture)

    monkeypatch.setattr(watched, "full", counted)
    viewers = many(scope.port, ["tb=10m"] * 20)
    for n in range(10):
        value = -100.0 - n
        scope.send("ch1", 9.1 + n, value)
        frames = [
            viewer.until(lambda found, value=value: abs(newest(found) - value) < 0.5) for viewer in viewers
        ]  # type: ignore[misc]
        assert len({frame.id for frame in frames}) <= 2  # the second one for a readout
    assert len(encoded) == len(set(encoded))
    for viewer in viewers:
        viewer.close()
