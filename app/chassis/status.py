"""GET /status: how the process is, for people; GET /status.json: what its page asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import Metric

from app.chassis.health import BOOT_ID, Checks, Said, release
from app.chassis.metrics import Figures
from app.ingest.counts import REPLAY, STORED
from app.memory.record import Record
from app.problems import JsonHandler
from app.scope.data_path import skew
from app.system.footprint import resident

PAGE = Path(__file__).parents[1] / "ui" / "static" / "health.html"
Detail = Callable[[], object]
State = dict[str, object]
SIMPLE = ("gauge", "counter")


@dataclass(frozen=True)
class Status:
    """What people may want to know of a process.

    began  monotonic s
    """

    figures: Figures
    checks: Checks
    warnings: Checks
    details: Mapping[str, Detail]
    began: float

    def told(self) -> State:
        found = {name: check() for name, check in self.checks.items()}
        return {
            "status": "pass" if all(found.values()) else "fail",
            "checks": found | {name: check() for name, check in self.warnings.items()},
            "notices": list(self.figures.feed.notices.values()),
            "boot_id": BOOT_ID,
            "version": release(),
            "uptime": round(time.monotonic() - self.began, 1),
            "now": time.time(),
            "durability": self.figures.receiver.bus.durability,
            "in": self.coming(),
            "lost": self.lost(),
            "out": self.going(),
            "process": self.process(),
            "channels": [channel(record, time.time()) for record in self.figures.memory.records.values()],
            "details": {**self.more(), **{name: detail() for name, detail in self.details.items()}},
        }

    def more(self) -> State:
        """What blocks tell in figures of their own, in the words that they have for them."""
        answers = self.figures.receiver.answers  # which are too many
        sources = [source for source in self.figures.sources if source is not answers]
        metrics = [metric for source in sources for metric in source.collect() if metric.type in SIMPLE]
        return {metric.documentation: total(metric) for metric in metrics}

    def coming(self) -> State:
        """What senders sent, since the start; samples are those that were stored."""
        receiver = self.figures.receiver
        counts = receiver.counts
        return {
            "samples": sum(
                n for (kind, how), n in counts.samples.items() if kind != REPLAY and how == STORED
            ),
            "bodies": sum(n for (kind, _), n in counts.batches.items() if kind != REPLAY),
            "bytes": receiver.room.wire,
            "refused": {code: n for (code,), n in counts.refusals.most_common()},
        }

    def lost(self) -> State:
        """What is known not to be there, or not to be there any more."""
        figures = self.figures
        return {
            "seq_gaps": figures.receiver.sequences.gaps,
            "out_of_order": figures.receiver.sequences.late,
            "duplicates": sum(
                n for (_, how), n in figures.receiver.counts.batches.items() if how == "duplicate"
            ),
            "evicted": figures.memory.accepted - figures.live(),
        }

    def going(self) -> State:
        """Who looks, and what they were sent, since the start."""
        delivery, sessions = self.figures.feed.delivery, self.figures.sessions()
        return {
            "panels": sessions.open,
            "panels_ever": sessions.created,
            "viewers": len(self.figures.feed.watchers),
            "sent": delivery.handed[("sent",)],
            "skipped": delivery.handed[("skipped_busy",)],
            "dropped": {reason: n for (reason,), n in delivery.dropped.items()},
        }

    def process(self) -> State:
        overload, figures = self.figures.receiver.overload, self.figures
        return {
            "rss": resident(),
            "limit": overload.footprint.limit,
            "overload": overload.state,
            "lag": figures.pulse.longest,
            "samples": figures.live(),
            "samples_bytes": sum(record.nbytes for record in figures.memory.records.values()),
            "open": figures.receiver.guard.everybody is not None,
        }


def total(metric: Metric) -> float:
    """The sum over all labels."""
    return round(sum(sample.value for sample in metric.samples if not sample.name.endswith("_created")), 3)


def channel(record: Record, now: float) -> State:
    """One channel; what is not known is null.

    now  Unix s
    """
    return {
        "label": record.label,
        "total": record.total,
        "rate": record.rate(now),
        "gaps": record.gaps,
        "lost": record.lost,
        "skew": skew(record),
        "silent": now - record.updated,
    }


class StatusHandler(Said):
    """GET /status.json."""

    def initialize(self, status: Status) -> None:
        self.status = status

    def get(self) -> None:
        self.say(self.status.told())

    head = get


class StatusPage(JsonHandler):
    """GET /status: a page of its own, without a session."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(PAGE.read_bytes())

    head = get
