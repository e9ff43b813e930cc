"""GET /channels: what there is to read."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson

from app.config import Config
from app.memory.memory import Records
from app.memory.record import Record
from app.problems import JsonHandler


class ChannelsHandler(JsonHandler):
    """The channels, in order of their first samples."""

    def initialize(self, memory: Records, config: Config, clock: Callable[[], int] = time.time_ns) -> None:
        """
        clock  nanoseconds since 1970
        """
        self.memory = memory
        self.config = config
        self.clock = clock

    def get(self) -> None:
        now = self.clock() / 1e9
        self.set_header("Cache-Control", "no-store")
        self.finish(orjson.dumps([summary(record, now) for record in self.memory.records.values()]))


def summary(record: Record, now: float) -> dict[str, object]:
    """One channel in the list; `lost` is null as long as its senders do not number their requests."""
    return {
        "name": record.name,
        "label": record.label,
        "unit": record.unit,
        "probe": record.probe,
        "x_unit": record.x_unit,
        "total": record.total,
        "retained": record.total - record.first,
        "rate": record.rate(now),
        "gaps": record.gaps,
        "lost": record.lost,
        "figure": record.figure,
        "updated": record.updated,
    }
