"""Figures of the process: the shapes in which a block hands them in. No label is what a sender chose."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Values = Mapping[Any, float]  # by the values of the labels, in their order
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Source(Protocol):
    """What has figures to show; asked each time that somebody looks, so it should be quick."""

    def collect(self) -> Iterable[Metric]: ...


class Buckets:
    """How values are distributed, counted as they come: it costs a fifth of a microsecond a value.

    bounds  inclusive upper ones, increasing; beyond the last there is one more bucket
    """

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def note(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def told(self) -> list[tuple[str, float]]:
        """Upper bound and how many values are not above it, as Prometheus wants them."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def labelled(name: str, meaning: str, labels: tuple[str, ...], values: Values) -> Metric:
    """Figures that go up and down."""
    return filled(GaugeMetricFamily(name, meaning, labels=labels), values)


def counted(name: str, meaning: str, labels: tuple[str, ...], values: Values) -> Metric:
    """Figures that only grow; their names end in `_total`."""
    return filled(CounterMetricFamily(name, meaning, labels=labels), values)


def distributed(name: str, meaning: str, labels: tuple[str, ...], values: Mapping[Any, Buckets]) -> Metric:
    """How values are distributed."""
    family = HistogramMetricFamily(name, meaning, labels=labels)
    for labelled_by, buckets in sorted(values.items()):
        family.add_metric(labelled_by, buckets.told(), buckets.sum)
    return family


def filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family
