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

from app.chassis.health import Checks, Pulse, release
from app.feed.feed import Feed
from app.figures import Source, Values, counted, distributed, gauge, labelled
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.problems import JsonHandler
from app.system.footprint import resident

LAYERS = {"rate": "rate_limited", "room": "overloaded"}  # codes of what is refused for its number


@dataclass(frozen=True)
class Sessions:
    """Front panels.

    open     how many there are
    created  how many there were so far
    shed     has so many go, those that came last
    """

    open: int = 0
    created: int = 0
    shed: Callable[[int], None] = lambda n: None  # noqa: ARG005 - while there are no pages


@dataclass(frozen=True, eq=False)
class Figures(Collector):
    """All figures of one process.

    sources   blocks that hand in figures of their own
    """

    receiver: Receiver
    feed: Feed
    pulse: Pulse
    sessions: Callable[[], Sessions]
    checks: Checks
    sources: list[Source] = field(default_factory=list)

    @property
    def memory(self) -> Memory:
        return self.receiver.memory

    def live(self) -> int:
        """Samples that are in memory."""
        return sum(record.total - record.first for record in self.memory.records.values())

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
        yield counted("osc_ingest_batches", "bodies", ("format", "result"), counts.batches)
        yield counted("osc_ingest_samples", "samples", ("format", "result"), counts.samples)
        sizes = {(kind, "decoded"): n for (kind,), n in counts.sizes.items()}
        sizes["any", "wire"] = self.receiver.room.wire
        yield counted("osc_ingest_bytes", "bytes of bodies", ("format", "stage"), sizes)
        yield counted("osc_ingest_rejections", "bodies refused", ("code",), counts.refusals)
        sequences = self.receiver.sequences
        yield counted("osc_ingest_seq_gaps", "times that a number was left out", (), {(): sequences.gaps})
        yield counted("osc_ingest_out_of_order", "requests after later ones", (), {(): sequences.late})
        ahead = {(): counts.skews}
        yield distributed(
            "osc_ingest_clock_skew_seconds", "x ahead of the clock, where x is a time", (), ahead
        )
        limits = {(name,): counts.refusals[(code,)] for name, code in LAYERS.items()}
        yield counted("osc_rate_limited", "bodies refused by a limit of rate or room", ("layer",), limits)

    def of_store(self) -> Iterator[Metric]:
        """What is kept: stored = live + evicted."""
        records = list(self.memory.records.values())
        live = self.live()
        engine, mine = ("engine",), (self.memory.engine,)
        yield labelled("osc_store_samples", "samples alive", engine, {mine: live})
        evicted: Values = {mine: self.memory.accepted - live}
        yield counted("osc_store_evicted_samples", "samples overwritten or deleted", engine, evicted)
        size = sum(record.nbytes for record in records)
        yield labelled("osc_store_bytes", "room taken by samples", engine, {mine: size})
        yield gauge("osc_store_channels", "channels there are", len(records))
        yield gauge("osc_store_channels_limit", "channels there may be", self.memory.max_channels)
        up = {mine: int(self.checks["store"]())}
        yield labelled("osc_store_up", "whether it takes samples", engine, up)
        appended = {mine: self.receiver.counts.appended}
        yield distributed("osc_store_append_duration_seconds", "storing a batch", engine, appended)

    def of_viewers(self) -> Iterator[Metric]:
        """Who looks, and what they were sent."""
        sessions = self.sessions()
        yield gauge("osc_viewer_sessions", "front panels open", sessions.open)
        made = {(): sessions.created}
        yield counted("osc_viewer_sessions_created", "front panels opened so far", (), made)
        yield gauge("osc_viewer_connections", "viewers of frames connected", len(self.feed.watchers))
        yield counted("osc_viewer_frames", "frames", ("result",), self.feed.delivery.handed)
        yield counted("osc_viewer_dropped", "viewers given up", ("reason",), self.feed.delivery.dropped)
        ages, writes = {(): self.feed.delivery.ages}, {(): self.feed.delivery.writes}
        yield distributed("osc_viewer_frame_age_seconds", "newest sample to the kernel", (), ages)
        yield distributed("osc_viewer_write_duration_seconds", "handing a frame over", (), writes)

    def of_process(self) -> Iterator[Metric]:
        """How the process is."""
        yield gauge(
            "osc_event_loop_lag_seconds", "how late the loop was, of 15 s the most", self.pulse.longest
        )
        kinds: Values = {("rss",): resident(), ("limit",): self.receiver.overload.footprint.limit}
        yield labelled("osc_memory_bytes", "memory of the process, and what it may use", ("kind",), kinds)
        yield gauge("osc_overload_state", "1 while samples are refused, 2 while viewers have to go",
                    self.receiver.overload.state)  # fmt: skip
        needs_none = int(self.receiver.guard.everybody is not None)
        yield gauge("osc_auth_open", "1 while no token is needed to send", needs_none)


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
