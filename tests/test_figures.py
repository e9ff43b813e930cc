"""The shapes of figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families as families
from prometheus_client.registry import Collector

from app.figures import SECONDS, Buckets, counted, distributed, gauge, labelled


@dataclass(eq=False)
class Shown(Collector):
    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def shown(*metrics: Metric) -> dict[tuple[str, ...], float]:
    """What a reader finds, by name and values of labels."""
    made = CollectorRegistry()
    made.register(Shown(list(metrics)))
    text = generate_latest(made).decode()
    samples = [sample for family in families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_each_shape_is_read_as_it_was_meant() -> None:
    found = shown(
        gauge("osc_one", "one", 1.5),
        labelled("osc_up", "up", ("engine",), {("file",): 1}),
        counted("osc_bodies", "bodies", ("format", "result"), {("json", "stored"): 3}),
    )
    assert found == {("osc_one",): 1.5, ("osc_up", "file"): 1.0, ("osc_bodies_total", "json", "stored"): 3.0}


def test_a_value_is_in_the_bucket_whose_bound_it_is_not_above() -> None:
    buckets = Buckets((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.5):
        buckets.note(value)
    assert buckets.told() == [("1", 2.0), ("2", 3.0), ("+Inf", 4.0)]


def test_buckets_are_read_with_their_sum_and_count() -> None:
    buckets = Buckets()
    for value in (0.0002, 0.003, 60.0):
        buckets.note(value)
    found = shown(distributed("osc_took_seconds", "it took", ("route",), {("/data",): buckets}))
    below = [found["osc_took_seconds_bucket", f"{bound:g}", "/data"] for bound in SECONDS]
    assert below == [1.0] * 3 + [2.0] * 10
    assert found["osc_took_seconds_bucket", "+Inf", "/data"] == found["osc_took_seconds_count", "/data"] == 3
    assert found["osc_took_seconds_sum", "/data"] == pytest.approx(60.0032)
