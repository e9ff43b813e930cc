"""GET /screen.png, .csv and .npz on a live server."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from screens import Screens, serving

import app.api.screen as screen
import app.api.window as window
from app.scope.palette import PALETTES, THEMES, TRACES
from tests.conftest import wait_until

PICTURE = "?width=640&height=400"


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def colour(text: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text.removeprefix("#")))


def lit(scope: Screens, query: str, slot: int) -> np.ndarray:
    """Rows and columns of the glass where a trace is, at 640 x 400."""
    found = np.asarray(scope.picture(query))[40:338, 22:630]
    return np.argwhere((found == colour(TRACES[slot])).all(axis=2))


# the picture


def test_an_empty_scope_has_a_picture(scope: Screens) -> None:
    response, body = scope.get("/screen.png")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="scope-20231114T221320Z.png"'
    assert response.headers["Cache-Control"] == "no-store"
    assert int(response.headers["Content-Length"]) == len(body)
    assert scope.picture().size == (1280, 720)


@pytest.mark.parametrize("size", [(320, 240), (321, 241), (640, 400), (3840, 240), (320, 2160)])
def test_a_picture_is_as_large_as_asked_for(scope: Screens, size: tuple[int, int]) -> None:
    for channel in range(8):
        scope.send(f"ch{channel}", np.arange(500) / 100, np.sin(np.arange(500) / 9 + channel))
    picture = scope.picture(f"?width={size[0]}&height={size[1]}")
    picture.load()
    assert (picture.size, picture.mode) == (size, "RGB")


def test_traces_lie_where_the_knobs_put_them(scope: Screens) -> None:
    scope.send("a", [0, 1, 2, 3], [1, 1, 1, 1])
    for position, share in ((0, 3 / 8), (2, 1 / 8), (-3, 6 / 8)):
        rows = lit(scope, f"{PICTURE}&v.a=1,{position}", 0)[:, 0]
        assert np.median(rows) == pytest.approx(share * 298, abs=2)
    assert not len(lit(scope, PICTURE + "&v.a=1,20", 0))


def test_a_trace_with_ac_coupling_is_painted_around_its_mean(scope: Screens) -> None:
    scope.send("a", [0, 1, 2, 3], [50, 50, 50, 50])
    rows = lit(scope, f"{PICTURE}&v.a=1,2,ac", 0)[:, 0]
    assert np.median(rows) == pytest.approx(298 / 4, abs=2)


def test_a_picture_has_the_colours_that_are_asked_for(scope: Screens) -> None:
    scope.send("a", [0, 1, 2, 3], [1, 1, 1, 1])
    light = PALETTES["okabe-ito"]["light"]
    picture = np.asarray(scope.picture(f"{PICTURE}&v.a=1,0&theme=light&palette=okabe-ito&color.a=1"))
    assert tuple(picture[60, 100]) == colour(THEMES["light"].background)
    assert tuple(picture[2, 2]) == colour(THEMES["light"].surface)
    assert (picture[40:338, 22:630] == colour(light[0])).all(axis=2).sum() > 300
    own = colour(PALETTES["okabe-ito"]["dark"][1])
    rows = {}
    for palette in ("okabe-ito", "standard"):
        seen = np.asarray(scope.picture(f"{PICTURE}&v.a=1,0&palette={palette}&color.a=2"))[40:338, 22:630]
        wanted = own if palette == "okabe-ito" else colour(TRACES[1])
        rows[palette] = (seen == wanted).all(axis=2).any(axis=0)
    assert 0.5 < rows["okabe-ito"].sum() / rows["standard"].sum() < 0.9


def test_a_channel_that_is_off_is_not_painted(scope: Screens) -> None:
    scope.send("a", [0, 1, 2], [0, 1, 0])
    scope.send("b", [0, 1, 2], [0, 1, 0])
    assert len(lit(scope, PICTURE, 1))
    assert not len(lit(scope, PICTURE + "&off=b", 1))
    assert scope.picture(PICTURE + "&off=b&off=a").size == (640, 400)


def test_a_figure_is_painted(scope: Screens) -> None:
    t = np.linspace(0, 2 * np.pi, 1000)
    scope.send("lissajous", np.sin(3 * t), np.sin(2 * t))
    rows, columns = lit(scope, PICTURE, 0).T
    assert np.median(columns) == pytest.approx(304, abs=4)
    assert np.median(rows) == pytest.approx(149, abs=4)


def test_values_beyond_all_bounds_are_painted_in_time(scope: Screens) -> None:
    y = np.tile([1e150, -1e150, 0, np.nan, 1e-150], 400)
    for channel in range(8):
        scope.send(f"ch{channel}", np.arange(2000.0), y)
    t = np.arange(1000) % 7 * 1e290
    scope.send("far", t, y[:1000])
    begun = time.monotonic()
    scope.picture("?" + "&".join(f"v.ch{channel}=1e-150,1e10" for channel in range(8)))
    scope.picture("?tb=1e-150&" + "&".join(f"v.ch{channel}=1e-150" for channel in range(8)))
    scope.picture("?on=far&" + "&".join(f"off=ch{channel}" for channel in range(8)))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("name", ["Temperatur außen", "温度", "Ток", "μ" * 64, "a" * 64])
def test_any_name_has_a_place(scope: Screens, name: str) -> None:
    scope.send(name, [0, 1, 2], [0, 1, 0], unit="µΩ°²√—")
    for query in ("", "?width=320&height=240"):
        scope.picture(query).load()


def test_other_requests_are_served_while_large_pictures_are_painted(scope: Screens) -> None:
    for channel in range(8):
        scope.send(f"ch{channel}", np.arange(100_000) / 1e5, np.sin(np.arange(100_000) / 99))
    scope.picture()
    with ThreadPoolExecutor(4) as pool:
        painted = [pool.submit(scope.get, "/screen.png?width=3840&height=2160") for _ in range(4)]
        slowest = 0.0
        while not all(picture.done() for picture in painted):
            begun = time.monotonic()
            assert scope.post({"channel": "other", "x": begun, "y": 1})[0] == 200
            slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 0.5
    assert all(picture.result()[1].startswith(b"\x89PNG") for picture in painted)


def test_too_many_pictures_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, scope: Screens) -> None:
    monkeypatch.setattr(screen, "WAITING", 2)
    with ThreadPoolExecutor(12) as pool:
        asked = list(pool.map(lambda _: scope.raw("GET", "/screen.png?width=3000&height=2000"), range(12)))
    found = {response.status for response, _ in asked}
    assert found == {200, 503}
    assert all(response.headers["Retry-After"] for response, _ in asked if response.status == 503)
    assert scope.picture(PICTURE).size == (640, 400)


# what is asked for


BAD = [
    ("tb=fast", "tb"),
    ("tb=0", "tb"),
    ("v.a=loud", "v.a"),
    ("since.a=x,y", "since.a"),
]


@pytest.mark.parametrize("kind", ["png", "csv", "npz"])
@pytest.mark.parametrize(("query", "name"), BAD)
def test_a_parameter_of_the_page_that_cannot_be_read_is_named(
    scope: Screens, kind: str, query: str, name: str
) -> None:
    status, answer = scope.ask("GET", f"/screen.{kind}?{query}")
    assert (status, answer["code"]) == (400, "bad_parameter")
    assert name in answer["message"]
    assert answer["errors"] == [{"code": "parameter", "field": name}]


OWN = [
    ("png?width=319", "width is not"),
    ("png?width=3841", "width is not"),
    ("png?height=2161", "height is not"),
    ("png?height=big", "height is not"),
    ("png?height=%C2%B2", "height is not"),
    ("png?width=400&width=500", "twice"),
    ("csv?rate=half", "rate is unknown"),
    ("csv?channels=b", "on=NAME"),
    ("png?" + "&".join(["on=a"] * 200), "fields at most"),
    ("npz?tb=" + "1" * 9000, "characters at most"),
]


@pytest.mark.parametrize(("path", "words"), OWN)
def test_a_bad_parameter_is_refused_with_what_would_be_right(scope: Screens, path: str, words: str) -> None:
    for channel in "abcdefghi":
        scope.send(channel, [0, 1], [0, 1])
    path = path.replace("channels=b", "channels=b&off=b")
    status, code, message = scope.refused("/screen." + path)
    assert (status, code) == (400, "bad_parameter")
    assert words in message or "at most" in message


def test_a_channel_that_does_not_exist_is_not_found(scope: Screens) -> None:
    assert scope.refused("/screen.csv?channels=a")[:2] == (404, "unknown_channel")
    assert scope.refused("/screen.npz?channels=")[:2] == (404, "unknown_channel")


@pytest.mark.parametrize("kind", ["png", "csv", "npz"])
def test_a_screen_can_only_be_read(scope: Screens, kind: str) -> None:
    response, _ = scope.raw("POST", f"/screen.{kind}", b"{}")
    assert (response.status, response.headers["Allow"]) == (405, "GET, OPTIONS")


def test_parameters_that_the_page_does_not_know_are_left_alone(scope: Screens) -> None:
    assert scope.picture("?session=1&lang=en").size == (1280, 720)


# the files


def test_csv_has_the_samples_of_the_window_at_full_rate(scope: Screens) -> None:
    x = np.arange(100_000) / 1e4
    scope.send("a", x, np.sin(x), unit="V")
    response, _ = scope.get("/screen.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="scope-20231114T221320Z.csv"'
    head, *rows = scope.rows("?tb=0.2")
    assert head == ["x [s]", "a [V]"]
    inside = x[x >= x[-1] - 2 - 1e-9]
    np.testing.assert_array_equal([float(row[0]) for row in rows], inside)
    np.testing.assert_array_equal([float(row[1]) for row in rows], np.sin(inside))


def test_csv_as_drawn_has_the_points_of_the_trace(scope: Screens) -> None:
    x = np.arange(200_000) / 1e5
    scope.send("a", x, np.sin(x * 40))
    rows = scope.rows("?rate=drawn&tb=0.2")
    assert 1500 < len(rows) < 2048
    assert max(float(row[1]) for row in rows[1:]) == pytest.approx(1, abs=1e-6)


def test_one_row_for_each_x_and_empty_cells_elsewhere(scope: Screens) -> None:
    scope.send("a", [0, 1, 2, 2, 3], [10, 11, 12, 13, 14])
    scope.send("b", [1, 2, 2.5, 3], [21, 22, 23, np.nan])
    assert scope.rows("?tb=1")[1:] == [
        ["0.0", "10.0", ""],
        ["1.0", "11.0", "21.0"],
        ["2.0", "12.0", "22.0"],
        ["2.0", "13.0", ""],
        ["2.5", "", "23.0"],
        ["3.0", "14.0", ""],
    ]
    assert scope.rows("?tb=1&channels=b,b")[:2] == [["x [s]", "b [V]"], ["1.0", "21.0"]]


def test_a_figure_comes_after_the_others_in_order_of_arrival(scope: Screens) -> None:
    x = [0, 2, 1, 3, 0, 2, 1, 3]
    scope.send("f", x, range(8))
    scope.send("a", [0, 1, 2], [5, 6, 7])
    rows = scope.rows("?tb=1")[1:]
    assert [row[0] for row in rows[:3]] == ["0.0", "1.0", "2.0"]
    assert [(float(x), float(f)) for x, f, _ in rows[3:]] == list(zip(x, range(8), strict=True))


def test_numbers_keep_their_precision(scope: Screens) -> None:
    scope.send("a", [0.1, 0.2, 0.30000000000000004], [1 / 3, 1e-150, -1e150])
    scope.send("b", [0.1], np.array([0.1], np.float32))
    rows = scope.rows("?tb=0.1")[1:]
    assert [float(row[1]) for row in rows] == [1 / 3, 1e-150, -1e150]
    assert (rows[0][2], rows[2][0]) == ("0.1", "0.30000000000000004")


def test_an_empty_screen_gives_empty_files(scope: Screens) -> None:
    assert scope.get("/screen.csv")[1] == b"x\n"
    assert scope.arrays().files == ["meta"]


def test_npz_holds_two_arrays_for_each_channel_and_what_they_are(scope: Screens) -> None:
    x = np.arange(300_000) / 1e5
    scope.send("a/b", x, np.sin(x).astype(np.float32), unit="°C")
    scope.send("c", x[-5:], x[-5:])
    response, _ = scope.get("/screen.npz?tb=0.25")
    assert response.headers["Content-Disposition"] == 'attachment; filename="scope-20231114T221320Z.npz"'
    arrays = scope.arrays("?tb=0.25&off=d")
    assert arrays.files == ["meta", "a%2Fb.x", "a%2Fb.y", "c.x", "c.y"]
    inside = x[x >= x[-1] - 2.5 - 1e-9]
    np.testing.assert_array_equal(arrays["a%2Fb.x"], inside)
    np.testing.assert_array_equal(arrays["a%2Fb.y"], np.sin(x).astype(np.float32)[-len(inside) :])
    assert arrays["a%2Fb.y"].dtype == np.float32
    meta = json.loads(str(arrays["meta"]))
    assert (meta["view"], meta["query"], meta["time"]) == ("tb=0.25&off=d", "tb=0.25&off=d", 1_700_000_000.0)
    expected = {
        "name": "a/b", "key": "a%2Fb", "unit": "°C", "x_unit": "s", "origin": "data", "samples": len(inside),
    }  # fmt: skip
    assert meta["channels"][0] == expected


def test_the_newest_sample_by_the_clock_is_in_the_file(scope: Screens) -> None:
    for step in range(50):
        scope.clock.now += 1_000_000 * step
        scope.post({"y": step})
    rows = scope.rows()[1:]
    assert rows[-1][1] == "49.0"
    assert float(rows[-1][0]) == pytest.approx(scope.clock.now / 1e9, abs=1e-6)


def test_a_window_with_too_many_samples_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, scope: Screens
) -> None:
    monkeypatch.setattr(window, "MOST_SAMPLES", 2000)
    monkeypatch.setattr(screen, "MOST_SAMPLES", 2000)
    scope.send("a", np.arange(5000) / 1e3, np.zeros(5000))
    status, code, message = scope.refused("/screen.csv?tb=1")
    assert (status, code) == (413, "too_many_points")
    assert "rate=drawn" in message
    assert len(scope.rows("?tb=0.05")) == 502
    assert len(scope.rows("?tb=1&rate=drawn")) > 500


def test_large_files_at_once_are_refused_when_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, scope: Screens
) -> None:
    monkeypatch.setattr(screen, "ROOM", 1 << 20)
    scope.send("a", np.arange(900_000) / 1e5, np.random.default_rng(1).normal(size=900_000))
    reader = stalled(scope, "/screen.csv?tb=1")
    reader.recv(100)
    assert scope.refused("/screen.csv?tb=1")[:2] == (503, "overloaded")
    assert scope.refused("/data?n=all&format=csv")[:2] == (503, "overloaded")  # one room for all
    reader.close()
    wait_until(lambda: scope.raw("GET", "/screen.csv?tb=0.001")[0].status == 200)


def stalled(scope: Screens, path: str) -> socket.socket:
    """A reader that takes hardly anything."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    reader.connect(("127.0.0.1", scope.port))
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader


def test_a_reader_that_stops_reading_is_let_go(monkeypatch: pytest.MonkeyPatch, scope: Screens) -> None:
    monkeypatch.setattr(screen, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(screen, "ROOM", 1 << 20)
    scope.send("a", np.arange(900_000) / 1e5, np.random.default_rng(1).normal(size=900_000))
    reader = stalled(scope, "/screen.csv?tb=1")
    reader.recv(100)
    assert scope.raw("GET", "/screen.csv?tb=1")[0].status == 503
    wait_until(lambda: scope.raw("GET", "/screen.csv?tb=1&rate=drawn")[0].status == 200)
    reader.close()


def test_a_million_rows_do_not_hold_up_the_others(scope: Screens) -> None:
    x = np.arange(1_000_000) / 1e5
    scope.send("a", x, np.random.default_rng(1).normal(size=len(x)))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(scope.get, "/screen.csv?tb=1&channels=a")
        slowest = 0.0
        while not reading.done():
            begun = time.monotonic()
            assert scope.post({"channel": "other", "x": begun, "y": 1})[0] == 200
            slowest = max(slowest, time.monotonic() - begun)
    assert reading.result()[1].count(b"\n") == 1_000_001
    assert slowest < 0.3
