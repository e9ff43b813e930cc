"""How far measurements are from the truth: measurement x signal x error.

python -m scripts.benches.accuracy prints the whole table; scripts/bench accuracy its worst column.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

import numpy as np

from app.dsp.measure import MEASUREMENTS
from app.dsp.measure import measured as readings
from app.dsp.waveform import Waveform
from scripts.benches.signals import SHAPES, Floats, Shape
from scripts.benches.table import FULL, Row, Size, line
from tests.dsp.measure_oracles import delay
from tests.dsp.measure_oracles import measured as measured_slowly

SAMPLINGS = ("regular", "irregular")
PERIOD = 2e-3
BEGIN, PERIODS = 5.1, 10.3  # away from all edges
LATE = 0.16  # of a period: the second signal
NOISE = 0.01  # rms, of the amplitude
COARSE = 10.137  # samples a period
MARGIN = 1.5  # times the oracle's error in the same runs
EXACT, CLOSE, FLANK = 1e-4, 1e-3, 2e-3  # what is asked for noise-free, 100 samples a period or more
ABSOLUTE = {"mean", "cycle_mean", "max", "min", "top", "base"}  # may be 0: in amplitudes
PERCENT = {"overshoot", "preshoot"}
UNITS = {"overshoot": 100.0, "preshoot": 100.0, "phase": 360.0, "delay": PERIOD}
BUDGETS = dict.fromkeys(MEASUREMENTS, CLOSE)
BUDGETS |= dict.fromkeys(("period", "frequency", "duty", "phase", "delay"), EXACT)
BUDGETS |= {"rise": FLANK, "fall": FLANK, "edges": 0.0}


@dataclass(frozen=True)
class Condition:
    """How a signal is sampled.

    dense  many samples a period; else ten
    noise  rms, of the amplitude
    """

    name: str
    dense: bool
    noise: float

    def rate(self, shape: Shape) -> float:
        """Samples a period."""
        return shape.dense if self.dense else COARSE

    @property
    def clean(self) -> bool:
        return self.dense and not self.noise

    def bound(self, measurement: str, shape: Shape, oracle: float) -> float:
        """How far off a measurement may be when the oracle is off so far."""
        peak = self.noise * sqrt(2 * log(PERIODS * self.rate(shape))) if measurement in PERCENT else 0.0
        return BUDGETS[measurement] + peak + (0.0 if self.clean else MARGIN * oracle)


CONDITIONS = (
    Condition("noise-free", True, 0.0),
    Condition("1 % noise", True, NOISE),
    Condition("10 a period", False, 0.0),
    Condition("10 a period, 1 % noise", False, NOISE),
)


@dataclass(frozen=True)
class Error:
    """Of a measurement of a signal: the root mean square of all runs.

    size   as a share: of the value; of the amplitude for levels that may be 0; of a turn for phase and delay
    bound  noise-free and dense: the budget; else that and 1.5 x what the slow oracle has in the same runs;
           for overshoot and preshoot also the highest of the noise, sqrt(2 ln n) sigma
    """

    measurement: str
    shape: str
    sampling: str
    condition: str
    size: float
    bound: float

    @property
    def held(self) -> bool:
        return self.size <= self.bound


def instants(dense: float, *, regular: bool, rng: np.random.Generator) -> Floats:
    """In periods; irregular: each step between 0.4 and 1.6 of the mean one."""
    n = int(PERIODS * dense)
    steps = np.ones(n) if regular else rng.uniform(0.4, 1.6, n)
    return BEGIN + (rng.uniform(0, 0.5) + np.cumsum(steps / steps.mean()) - 1) / dense


def errors(runs: int) -> Iterator[Error]:
    """All of them, noise-free ones first."""
    for condition in CONDITIONS:
        for shape in SHAPES:
            yield from of_signal(condition, shape, runs)


def of_signal(condition: Condition, name: str, runs: int) -> Iterator[Error]:
    found = {
        sampling: [run(condition, name, seed, regular=sampling == "regular") for seed in range(runs)]
        for sampling in SAMPLINGS
    }
    for key in MEASUREMENTS:
        oracle = [slow.get(key, 0.0) for pairs in found.values() for _, slow in pairs]
        bound = condition.bound(key, SHAPES[name], rms(oracle))
        for sampling, pairs in found.items():
            yield Error(key, name, sampling, condition.name, rms([ours[key] for ours, _ in pairs]), bound)


def rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def run(
    condition: Condition, name: str, seed: int, *, regular: bool
) -> tuple[dict[str, float], dict[str, float]]:
    """The errors of our measurements and of the oracle's, of one signal sampled once."""
    shape, rng = SHAPES[name], np.random.default_rng(seed)
    turns = instants(condition.rate(shape), regular=regular, rng=rng)
    size = condition.noise * (shape.top - shape.base)
    first, second = (shape.at(turns - late) + size * rng.standard_normal(len(turns)) for late in (0, LATE))
    x = turns * PERIOD
    truth = scaled(shape.truth(float(turns[0]), float(turns[-1]), LATE))
    found = {
        key: each.value
        for key, each in readings(MEASUREMENTS, Waveform(x, first), Waveform(x, second)).items()
    }
    ours = deviations(found, truth, shape.top - shape.base)
    if condition.clean:
        return ours, {}
    late = delay(x.tolist(), first.tolist(), second.tolist())
    slow = measured_slowly(x.tolist(), first.tolist()) | {"delay": late, "phase": 360 * late / PERIOD}
    return ours, deviations(slow, truth, shape.top - shape.base)


def scaled(truth: Mapping[str, float]) -> dict[str, float]:
    """With times in x."""
    units = {key: each.unit for key, each in MEASUREMENTS.items()}
    factors = {"x": PERIOD, "1/x": 1 / PERIOD}
    return {key: value * factors.get(units[key], 1.0) for key, value in truth.items()}


def deviations(
    found: Mapping[str, float | None], truth: Mapping[str, float], amplitude: float
) -> dict[str, float]:
    """Shares by which values are off; 1 where there is none."""
    result = {}
    for key, true in truth.items():
        value = found[key]
        unit = amplitude if key in ABSOLUTE else UNITS.get(key, true)
        result[key] = 1.0 if value is None else abs(value - true) / unit
    return result


@cache
def table(runs: int) -> tuple[Error, ...]:
    return tuple(errors(runs))


def printed(found: tuple[Error, ...]) -> Iterator[str]:
    """The table in Markdown: a line for each measurement and condition, a column for each signal."""
    columns = [(shape, sampling) for shape in SHAPES for sampling in SAMPLINGS]
    yield line(["measurement", "condition", *(f"{shape}, {sampling}" for shape, sampling in columns)])
    yield line(["---"] * (2 + len(columns)))
    by = {(e.measurement, e.condition, e.shape, e.sampling): e for e in found}
    for name in MEASUREMENTS:
        for condition in CONDITIONS:
            cells = [by[name, condition.name, *column] for column in columns]
            yield line([name, condition.name, *(told(error) for error in cells)])


def told(error: Error) -> str:
    return f"{100 * error.size:.2g} % of {100 * error.bound:.2g} %{'' if error.held else ' MISSED'}"


def accuracy(size: Size) -> Iterator[Row]:
    """Of each measurement under each condition, the signal that comes closest to its bound."""
    found = table(size.rounds)
    for condition in CONDITIONS:
        for name in MEASUREMENTS:
            mine = [e for e in found if (e.measurement, e.condition) == (name, condition.name)]
            worst = max(mine, key=lambda e: e.size / e.bound if e.bound else e.size)
            yield Row(
                what=f"error of {name}, {condition.name}",
                result=f"{100 * worst.size:.2g} % ({worst.shape}, {worst.sampling})",
                ratio=worst.size / worst.bound if worst.bound else None,
                budget=f"{100 * worst.bound:.2g} %",
                held=worst.held,
            )


if __name__ == "__main__":
    for text in printed(table(FULL.rounds)):
        print(text)
    sys.exit(not all(error.held for error in table(FULL.rounds)))
