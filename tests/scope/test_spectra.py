"""The screen as spectra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from signals import NOW, filled, send

import app.scope.spectra as spectra
from app.dsp.spectrum import spectrum
from app.memory.memory import Memory
from app.memory.samples import Floats, Origin, Samples
from app.scope.autoset import Autoset
from app.scope.capture import captured
from app.scope.display import displayed
from app.scope.frame import Frame, Kind, Trace
from app.scope.measuring import measured
from app.scope.readouts import legend, readouts
from app.scope.search import Searches
from app.scope.spectra import Spectra
from app.scope.spectral import Spectral
from app.scope.view import View, frame

RATE = 1000.0
X = np.arange(1000) / RATE


def tone(amplitude: float = 1.0, frequency: float = 100.0, x: Floats = X) -> Floats:
    return amplitude * np.sqrt(2) * np.sin(2 * np.pi * frequency * x)


def volts(*channels: tuple[str, Floats, Floats], unit: str = "V") -> Memory:
    memory = Memory(1_000_000)
    for name, x, y in channels:
        memory.append([Samples(name, 0.0, x, y, Origin.DATA, unit=unit, x_unit="s")], NOW)
    return memory


def look(memory: Memory, view: View) -> Frame:
    return frame(view, memory, Autoset().update(memory.records.values(), 0), Searches())


def made(
    memory: Memory, kept: Spectra | None = None, *, tb: float = 0.1, rows: int = 2048, **knobs: object
) -> Spectra:
    view = View(units_per_div=tb, spectrum=Spectral(**knobs))  # type: ignore[arg-type]
    return spectra.spectra(look(memory, view), view, memory.records.get, kept, rows)


def told(memory: Memory, found: Spectra) -> dict[str, object]:
    view = View(units_per_div=0.1, spectrum=found.setting)
    return readouts(found.frame, view, memory, NOW)


def test_a_view_of_signals_stays_as_it_is() -> None:
    memory = volts(("a", X, tone()))
    glass = look(memory, View())
    assert displayed(glass, View(), memory.records.get).frame is glass
    assert displayed(glass, View(spectrum=Spectral()), memory.records.get).frame.lines is not None


def test_a_spectrum_is_that_of_the_samples_on_the_screen() -> None:
    memory = volts(("a", X, tone(0.1)))
    trace = made(memory).frame.traces[0]
    wanted = spectrum(X, tone(0.1))
    np.testing.assert_allclose(trace.x, wanted.frequency)
    np.testing.assert_allclose(trace.y, 20 * np.log10(np.maximum(wanted.amplitude, 1e-20)))
    assert (trace.kind, trace.x0, trace.near, len(trace.dots)) == (Kind.SPECTRUM, 0.0, False, 0)
    assert trace.ends == (0.0, pytest.approx(500))
    assert trace.y.max() == pytest.approx(-20, abs=1e-6)


def test_a_spectrum_keeps_the_samples_of_its_signal() -> None:
    memory = volts(("a", X, tone()))
    found = made(memory)
    signal, line = found.of.traces[0], found.frame.traces[0]
    assert (line.start, line.stop, line.serial, line.channel) == (
        signal.start,
        signal.stop,
        signal.serial,
        "a",
    )
    assert found.frame.held is found.of.held


def test_of_many_bins_each_column_shows_its_highest() -> None:
    x = np.arange(20_000) / RATE
    memory = volts(("a", x, tone(1, 123.4, x) + tone(1e-3, 123.7, x) + tone(1e-3, 400.05, x)))
    for rows in (16, 100, 2048):
        found = made(memory, tb=2.0, rows=rows)
        trace, whole = found.frame.traces[0], spectrum(x, np.asarray(memory.records["a"].y(0, 20_000)))
        assert len(trace.x) <= rows
        assert trace.near
        assert trace.y.max() == pytest.approx(20 * np.log10(whole.amplitude.max()))
        at = trace.x[np.argmax(trace.y)]
        assert at == pytest.approx(123.4, abs=(trace.x[1] - trace.x[0]) / 2 + 1e-6)
        assert np.ptp(np.diff(trace.x)) < 1e-6


def test_only_the_newest_samples_go_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectra, "LARGEST", 500)
    memory = volts(("a", X, np.where(X < 0.5, tone(1, 50), tone(1, 100))))
    trace = made(memory).frame.traces[0]
    assert trace.x[np.argmax(trace.y)] == pytest.approx(100, abs=2)


def test_the_leading_channel_gives_the_axis() -> None:
    quick = np.arange(4000) / 4000
    memory = volts(("a", X, tone()), ("b", quick, tone(1, 900, quick)))
    found = made(memory).frame
    assert [trace.ends for trace in found.traces.values()] == [(0.0, pytest.approx(500))] * 2
    assert found.traces[1].x[-1] == pytest.approx(2000)
    assert told(memory, made(memory))["axis"] == {"clock": False, "at": ["0 Hz", "250.0 Hz", "500.0 Hz"]}


def test_a_rate_that_wavers_does_not_move_the_axis() -> None:
    memory = volts(("a", X, tone()))
    found = made(memory)
    near, far = X * 1.004 + 10, X * 1.1 + 20
    memory.append([Samples("a", 0.0, near, tone(1, 100, near), Origin.DATA)], NOW + 1)
    after = made(memory, found)
    assert after.frame.traces[0].ends == found.frame.traces[0].ends
    memory.append([Samples("a", 0.0, far, tone(1, 100, far), Origin.DATA)], NOW + 2)
    assert made(memory, after, tb=0.109).frame.traces[0].ends[1] == pytest.approx(500 / 1.1, rel=1e-3)


# axes


@pytest.mark.parametrize(("amplitude", "top"), [(1.0, 10), (0.99, 0), (3.2, 20), (1e-3, -50), (1e6, 130)])
def test_decibels_end_at_the_next_ten_above_the_highest_line(amplitude: float, top: float) -> None:
    memory = volts(("a", X, tone(amplitude * (1 + 1e-9))))
    found = made(memory)
    assert found.frame.traces[0].limits == (top - 80, top)
    words = legend(found.frame, memory)[0]
    assert words["limits"] == [top - 80, top]
    assert (words["unit"], words["x_unit"], words["clock"]) == ("dBV", "Hz", False)


@pytest.mark.parametrize(
    ("highest", "old", "top"),
    [
        (-5, 0, 0),
        (-12.9, 0, 0),
        (-13.1, 0, -10),
        (0, 0, 10),
        (0.1, 0, 10),
        (-1, 10, 10),
        (-4, 10, 0),
        (-400, 0, -300),
    ],
)
def test_the_top_stays_while_the_highest_line_is_near(highest: float, old: float, top: float) -> None:
    assert spectra.top(highest, old) == top


@pytest.mark.parametrize(
    ("highest", "old", "units"),
    [(1.0, None, 0.2), (7.0, None, 1.0), (7.1, None, 2.0), (7.9, 1.0, 1.0), (8.1, 1.0, 2.0), (2.5, 1.0, 1.0),
     (2.3, 1.0, 0.5), (0.0, None, 1.0), (0.0, 5.0, 5.0)],
)  # fmt: skip
def test_a_linear_axis_goes_in_one_two_five(highest: float, old: float | None, units: float) -> None:
    assert spectra.units_per_div(highest, old) == units


def test_a_linear_axis_begins_at_zero() -> None:
    memory = volts(("a", X, tone(0.7)))
    trace = made(memory, scale="linear").frame.traces[0]
    assert trace.limits == (0.0, pytest.approx(0.8))
    assert trace.units == ("Hz", "V RMS")


def test_spectra_of_one_unit_share_an_axis_and_others_do_not() -> None:
    memory = volts(("a", X, tone(1.0)), ("b", X, tone(1e-3)))
    memory.append([Samples("c", 0.0, X, tone(1e-3), Origin.DATA, unit="A", x_unit="s")], NOW)
    traces = made(memory).frame.traces
    assert traces[0].limits == traces[1].limits == (-70, 10)
    assert traces[2].limits == (-130, -50)
    assert traces[2].units == ("Hz", "dB re 1 A RMS")


def test_markers_stand_at_the_bottom_one_above_the_other() -> None:
    memory = volts(("a", X, tone()), ("b", X, tone()))
    words = legend(made(memory).frame, memory)
    assert [words[slot]["ground"] for slot in (0, 1)] == [[-3.8, "1▸"], [-3.4, "2▸"]]


# what has no spectrum


@pytest.mark.parametrize(
    ("memory", "why"),
    [
        (filled(), spectra.NO_TRACE),
        (filled(("a", np.arange(3.0), np.arange(3.0))), "needs 4 samples without a gap"),
        (filled(("a", X, np.full(1000, np.nan))), "needs 4 samples without a gap"),
        (filled(("f", np.sin(3 * 6.28 * X), np.sin(2 * 6.28 * X))), spectra.FIGURE),
        (filled(("a", X, tone(1e308))), spectra.TOO_LARGE),
    ],
)  # fmt: skip
def test_what_has_no_spectrum_says_why(memory: Memory, why: str) -> None:
    with np.errstate(all="ignore"):
        found = made(memory)
        said = told(memory, found)
    assert found.frame.traces == {}
    assert said["spectrum"]["why"] == why  # type: ignore[index]
    assert said["axis"] == {"clock": False, "at": ["", "", ""]}
    assert legend(found.frame, memory) == {}


def test_silence_has_a_spectrum_and_no_line() -> None:
    memory = volts(("a", X, np.zeros(1000)))
    found = made(memory)
    assert found.frame.traces[0].limits == (-380, -300)
    assert told(memory, found)["spectrum"]["peaks"] == []  # type: ignore[index]


# averages


def test_averages_take_each_screen_once() -> None:
    rng = np.random.default_rng(1)
    memory, found = volts(("a", X, rng.normal(size=1000))), None
    spread = []
    for n in range(8):
        found = made(memory, found, average="power", count=8)
        again = made(memory, found, average="power", count=8)
        assert again.frame.traces[0] is found.frame.traces[0]
        assert told(memory, again)["spectrum"]["averaged"] == n + 1  # type: ignore[index]
        spread.append(float(np.std(found.frame.traces[0].y[5:-5])))
        send(memory, "a", (n + 1) * 1.0 + X, rng.normal(size=1000), NOW + n + 1)
    assert spread[-1] < 0.5 * spread[0]


def test_max_hold_keeps_what_has_been() -> None:
    memory = volts(("a", X, tone(1, 100)))
    found = made(memory, average="max hold")
    send(memory, "a", X + 1, tone(0.5, 200, X + 1), NOW + 1)
    trace = made(memory, found, average="max hold").frame.traces[0]
    for frequency, level in ((100, 0.0), (200, -6.02)):
        near = np.abs(trace.x - frequency) < 3
        assert trace.y[near].max() == pytest.approx(level, abs=1.5)  # between two bins a line is lower


def test_an_average_begins_afresh_with_its_knobs_and_its_epoch() -> None:
    memory = volts(("a", X, tone()))
    found = made(memory, average="power", count=8)
    send(memory, "a", X + 1, tone(), NOW + 1)
    view = View(units_per_div=0.1, spectrum=found.setting)
    counts = {}
    for name, other in {
        "same": view,
        "epoch": replace(view, epoch=1),
        "count": replace(view, spectrum=replace(found.setting, count=9)),
        "window": replace(view, spectrum=replace(found.setting, window="flat-top")),
    }.items():
        lines = spectra.spectra(look(memory, other), other, memory.records.get, found).frame.lines
        assert lines is not None
        counts[name] = lines.found[0].count
    assert counts == {"same": 2, "epoch": 1, "count": 1, "window": 1}


# words


def test_readouts_say_what_a_spectrum_resolves() -> None:
    memory = volts(("a", X, tone(0.5, 100.3)))
    said = told(memory, made(memory, window="flat-top", average="power", count=4))
    assert said["display"] == "fft"
    assert said["spectrum"] == {
        "window": "flat-top", "scale": "dBV", "average": "power", "count": 4, "why": None, "rbw": "1.000 Hz",
        "nyquist": "500.0 Hz", "rate": "1.000 kSa/s", "resampled": False, "averaged": 1,
        "div": "50 Hz", "centre": "250 Hz",
        "peaks": [{"slot": 0, "label": "a", "frequency": "100.3 Hz", "amplitude": "-6.0 dBV"}],
    }  # fmt: skip
    linear = told(memory, made(memory, scale="linear"))["spectrum"]
    assert linear["peaks"][0]["amplitude"] == "500.0 mV RMS"  # type: ignore[index]


def test_a_signal_has_no_readouts_of_a_spectrum() -> None:
    memory = volts(("a", X, tone()))
    said = readouts(look(memory, View()), View(), memory, NOW)
    assert (said["display"], said["spectrum"]) == ("yt", None)


def test_an_uneven_x_is_said_to_be_resampled() -> None:
    rng = np.random.default_rng(2)
    x = X + rng.uniform(0, 3e-4, 1000)
    memory = volts(("a", x, tone(1, 100, x)))
    assert told(memory, made(memory))["spectrum"]["resampled"]  # type: ignore[index]


def test_every_channel_has_its_highest_line_named_first() -> None:
    memory = volts(("a", X, tone(1, 100) + tone(0.5, 150)), ("b", X, tone(0.01, 200)))
    lines = made(memory).frame.lines
    assert lines is not None
    assert [(slot, round(peak.frequency)) for slot, peak in lines.peaks] == [(0, 100), (1, 200), (0, 150)]


def test_measurements_are_of_the_signal_also_where_spectra_are_shown() -> None:
    memory = volts(("a", X, tone(1, 10)))
    view = View(units_per_div=0.1, measure=("a:frequency",), spectrum=Spectral())
    glass = displayed(look(memory, view), view, memory.records.get).frame
    assert measured(glass, view, memory.records.get).taken[0].reading.value == pytest.approx(10)


def test_a_stopped_screen_has_the_samples_of_its_spectra() -> None:
    memory = volts(("a", X, tone(1, 10)), ("b", X, tone(1, 20)))
    view = View(units_per_div=0.05, spectrum=Spectral(), measure=("a:frequency",))
    glass = displayed(look(memory, view), view, memory.records.get).frame
    live = measured(glass, view, memory.records.get)
    capture = captured(glass, memory)
    kept = {record.name: record for record in capture.slots.values()}
    for n in range(3):
        send(memory, "a", n + 1 + X, np.zeros(1000), NOW + n)
    again = displayed(replace(capture.frame, lines=None, traces=look_of(glass)), view, kept.get).frame
    for slot, trace in again.traces.items():
        np.testing.assert_array_equal(trace.y, glass.traces[slot].y)
    still = measured(capture.frame, view, kept.get, live)
    assert still.taken == live.taken


def look_of(glass: Frame) -> dict[int, Trace]:
    """Traces over time, of the same samples."""
    return {
        slot: replace(trace, kind=Kind.YT, limits=None, units=None) for slot, trace in glass.traces.items()
    }
