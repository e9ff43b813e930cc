"""The screen as a spectrogram: an image of one channel, in place of the traces."""

from __future__ import annotations

from urllib.parse import parse_qs

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.frame import Frame, Kind, Trace
from app.scope.link import query, recall
from app.scope.raster import Raster
from app.scope.readouts import readouts
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.spectrograms import AWAY, RANGE, pictured
from app.scope.spectrographic import Spectrographic
from app.scope.sweep import Sweep
from app.scope.trigger import Triggering
from app.scope.view import View
from tests.scope.signals import NOW, filled, send

RATE, SPAN = 1000.0, 10.0
X = np.arange(10_000) / RATE
CHIRP = np.sin(2 * np.pi * (50 * X + 15 * X**2))  # 50 Hz at the beginning, 350 Hz at the end


def screen(text: str = "tb=1&display=spectrogram") -> Scope:
    scope = Scope()
    assert recall(scope, parse_qs(text)) == []
    return scope


def shown(memory: Memory, scope: Scope) -> Frame:
    scope.settle(memory)
    return scope.frame(memory, Searches())


def image(frame: Frame) -> tuple[Trace, Raster]:
    (trace,) = frame.traces.values()
    assert trace.kind is Kind.IMAGE
    assert trace.image is not None
    return trace, trace.image


def ridge(trace: Trace, raster: Raster) -> np.ndarray:
    """Frequency of the brightest row of each column."""
    assert trace.limits is not None
    return raster.levels.argmax(axis=1) / (raster.levels.shape[1] - 1) * trace.limits[1]


def test_the_ridge_lies_where_the_chirp_is_in_time_and_frequency() -> None:
    memory = filled(("ch1", 1e6 + X, CHIRP), ("ch2", 1e6 + X, np.zeros(len(X))))
    frame = shown(memory, screen())
    trace, raster = image(frame)
    at = trace.x0 + trace.x
    assert trace.x0 + trace.ends[0] == pytest.approx(frame.left)
    assert np.abs(ridge(trace, raster) - (50 + 30 * (at - 1e6)))[5:-5].max() < 5
    assert set(frame.signals) == {0, 1}
    assert not np.isfinite(trace.y).any()


def test_the_past_of_the_screen_gives_its_first_columns_their_windows() -> None:
    memory = filled(("ch1", X, CHIRP))
    trace, raster = image(shown(memory, screen("tb=200m&at=5&display=spectrogram")))
    assert raster.levels.all()
    assert np.abs(ridge(trace, raster) - (50 + 30 * (trace.x0 + trace.x))).max() < 5


def test_levels_are_decibels_from_the_next_ten_above_the_highest() -> None:
    memory = filled(("ch1", X, np.sqrt(2) * np.sin(2 * np.pi * 125 * X)))
    frame = shown(memory, screen())
    _, raster = image(frame)
    assert (raster.high, raster.low, raster.unit) == (10, 10 - RANGE, "dBV")
    highest = raster.low + (raster.levels.max() - 1) / 254 * RANGE
    assert highest == pytest.approx(0, abs=RANGE / 254)
    told = readouts(frame, screen().view(), memory, NOW)["spectrogram"]
    assert isinstance(told, dict)
    assert (told["levels"], told["borders"][2], told["of"]) == ("-70 to 10 dBV", "500", "ch1")


def test_nothing_is_drawn_where_there_are_no_samples() -> None:
    memory = filled(("ch1", X[:5000], CHIRP[:5000]))
    _, raster = image(shown(memory, screen()))
    empty = (raster.levels == 0).all(axis=1)
    assert empty.sum() == pytest.approx(100, abs=2)


def test_a_link_gives_back_the_knobs_and_other_displays_let_go_of_them() -> None:
    text = "display=spectrogram&sg.channel=ch2&sg.window=flat-top&sg.scale=dB"
    scope = screen(text)
    assert query(scope) == text == scope.view().query()
    assert scope.view().display == "spectrogram"
    scope.show_spectrum()
    assert (scope.view().display, scope.spectrogram) == ("fft", None)
    assert recall(Scope(), {"sg.scale": ["linear"], "sg.hue": ["1"]}) == ["sg.scale", "sg.hue"]


@pytest.mark.parametrize(
    ("channel", "y", "why"),
    [
        ("ch9", CHIRP, AWAY),
        ("", CHIRP[:10], "needs 16 samples"),
        ("", np.full(10_000, 1e308) * CHIRP, "its values are too large for a spectrum"),
    ],
)
def test_what_cannot_be_had_says_why(channel: str, y: np.ndarray, why: str) -> None:
    memory = filled(("ch1", X[: len(y)], y))
    frame = shown(memory, screen(f"tb=1&display=spectrogram&sg.channel={channel}"))
    assert (frame.traces, frame.gram and frame.gram.why) == ({}, why)
    assert set(frame.signals) == {0}
    assert shown(Memory(100), screen()).gram is not None


def test_it_is_made_anew_only_for_another_frame_or_other_knobs() -> None:
    memory = filled(("ch1", X, CHIRP))
    made = Scope().frame(memory, Searches())
    first = pictured(made, Spectrographic(), memory.records.get)
    assert pictured(made, Spectrographic(), memory.records.get, first) is first
    assert pictured(first.frame, Spectrographic(), memory.records.get, first) is first
    assert pictured(made, Spectrographic(window="hamming"), memory.records.get, first) is not first


def test_a_stopped_screen_keeps_it_and_follows_its_knobs() -> None:
    memory = filled(("ch1", X, CHIRP), ("ch2", X, np.sin(2 * np.pi * 400 * X)), points=10_000)
    scope = screen()
    before = shown(memory, scope)
    scope.stop(memory, before, Searches())
    for name in ("ch1", "ch2"):
        send(memory, name, 10 + X, np.zeros(len(X)))
    assert image(shown(memory, scope))[1] is image(before)[1]
    scope.show_spectrogram(channel="ch2")
    assert np.abs(ridge(*image(shown(memory, scope))) - 400).max() < 5
    scope.show_signal()
    assert {trace.kind for trace in shown(memory, scope).traces.values()} == {Kind.YT}


def test_a_figure_has_none() -> None:
    angle = np.arange(2000) / 10
    memory = filled(("ch1", np.cos(angle), np.sin(angle)))
    gram = shown(memory, screen()).gram
    assert gram is not None
    assert gram.why == "a figure has no spectrum"


def test_a_screen_that_waits_shows_nothing() -> None:
    view = View(sweep=Sweep(Triggering(mode="normal", level=9.0)), spectrogram=Spectrographic())
    scope = screen("tb=1&display=spectrogram&t.mode=normal&t.level=9")
    frame = shown(filled(("ch1", X, CHIRP)), scope)
    assert frame.traces == {}
    assert view.display == "spectrogram"
