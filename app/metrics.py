"""GET /metrics: the process in figures, as Prometheus reads them.

What is counted is counted where it happens, as plain numbers; here they only get their names. No label has a
value that a sender could choose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.feed.feed import Feed
from app.figures import Source, Values, counted, gauge, labelled
from app.guard.guard import Guard
from app.health import Pulse, memory_limit, memory_used, release
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.problems import JsonHandler


@dataclass(frozen=True, eq=False)
class Figures(Collector):
    """All figures of one process.

    sessions  how many front panels are open
    sources   blocks that hand in figures of their own
    """

    memory: Memory
    receiver: Receiver
    feed: Feed
    guard: Guard
    pulse: Pulse
    sessions: Callable[[], int]
    sources: list[Source] = field(default_factory=list)

    def collect(self) -> Iterator[Metric]:
        yield labelled("osc_build_info", "the release", ("version",), {(release(),): 1})
        yield from self.of_ingest()
        yield from self.of_store()
        yield from self.of_viewers()
        yield from self.of_process()
        for source in self.sources:
            yield from source.collect()

    def of_ingest(self) -> Iterator[Metric]:
        """What senders were told."""
        counts = self.receiver.counts
        answers: Values = {("/data", "POST", str(status)): n for status, n in counts.answers.items()}
        yield counted("osc_http_requests", "requests answered", ("route", "method", "code"), answers)
        yield counted("osc_ingest_batches", "bodies", ("format", "result"), counts.batches)
        yield counted("osc_ingest_samples", "samples", ("format", "result"), counts.samples)
        yield counted("osc_ingest_bytes", "bytes of bodies", ("format",), counts.sizes)
        yield counted("osc_ingest_rejections", "bodies refused", ("code",), counts.refusals)
        missed: Values = {(): self.receiver.sequences.gaps}
        yield counted("osc_ingest_seq_gaps", "times that a number was left out", (), missed)

    def of_store(self) -> Iterator[Metric]:
        """What is kept: stored = live + evicted."""
        records = list(self.memory.records.values())
        live = sum(record.total - record.first for record in records)
        engine, mine = ("engine",), (self.memory.engine,)
        yield labelled("osc_store_samples", "samples alive", engine, {mine: live})
        evicted: Values = {mine: self.memory.accepted - live}
        yield counted("osc_store_evicted_samples", "samples overwritten or deleted", engine, evicted)
        size = sum(record.nbytes for record in records)
        yield labelled("osc_store_bytes", "room taken by samples", engine, {mine: size})
        yield gauge("osc_store_channels", "channels there are", len(records))
        yield gauge("osc_store_channels_limit", "channels there may be", self.memory.max_channels)
        yield labelled("osc_store_up", "whether it takes samples", engine, {mine: 1})

    def of_viewers(self) -> Iterator[Metric]:
        """Who looks, and what they were sent."""
        yield gauge("osc_viewer_sessions", "front panels open", self.sessions())
        yield gauge("osc_viewer_connections", "viewers of frames connected", len(self.feed.watchers))
        yield counted("osc_viewer_frames", "frames", ("result",), self.feed.handed)
        yield counted("osc_viewer_dropped", "viewers given up", ("reason",), self.feed.dropped)

    def of_process(self) -> Iterator[Metric]:
        """How the process is."""
        yield gauge("osc_event_loop_lag_seconds", "how late the loop is", self.pulse.lag)
        kinds: Values = {("rss",): memory_used(), ("limit",): memory_limit()}
        yield labelled("osc_memory_bytes", "memory of the process, and what it may use", ("kind",), kinds)
        yield gauge(
            "osc_auth_open", "1 while no token is needed to send", int(self.guard.everybody is not None)
        )


def registry(figures: Figures) -> CollectorRegistry:
    """The figures, and what prometheus-client knows of any Python process."""
    made = CollectorRegistry()
    made.register(figures)
    ProcessCollector(registry=made)
    GCCollector(registry=made)
    return made


class MetricsHandler(JsonHandler):
    """GET /metrics -> 200, in the text format of Prometheus."""

    def initialize(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Cache-Control", "no-store")
        self.finish(generate_latest(self.registry))
