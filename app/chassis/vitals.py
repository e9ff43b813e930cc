"""How the process is: what is looked at, counted and told, at which addresses, and what is done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tornado.web import Application

from app.chassis.health import Check, HealthHandler, Pulse, ReadyHandler
from app.chassis.lasting import Work
from app.chassis.metrics import Figures, MetricsHandler, Sessions, registry
from app.chassis.status import Detail, Status, StatusHandler, StatusPage
from app.feed.feed import Feed
from app.ingest.receiver import Receiver
from app.system.footprint import trimming

SHED = 10  # of so many viewers one has to go at each look while memory is short
DISK_NOTICES = {"durability", "recording"}  # there while samples, or a recording, cannot be written
OWN_ADDRESSES = ("/", "/watch", "/ws", "/static/(", "/assets/(")  # of the pages


class Vitals:
    """One for the process. Who starts what may fail adds a check, figures, and details for people.

    checks    by name: what has to be so for requests to be sent here
    warnings  what had better be so
    figures   for Prometheus; blocks append theirs to `figures.sources`
    details   for people: a name, and what gives its value or values
    """

    def __init__(self, receiver: Receiver, feed: Feed, sessions: Callable[[], Sessions]) -> None:
        self.receiver, self.feed, self.sessions = receiver, feed, sessions
        self.overload, self.answers = receiver.overload, receiver.answers
        self.overload.shed = self.shed
        feed.closed = lambda: self.overload.state == 2
        self.pulse = Pulse(self.beat)
        self.checks: dict[str, Check] = {
            "loop_lag": self.pulse.steady,
            "memory": self.overload.calm,
            "store": always,
        }
        self.warnings: dict[str, Check] = {
            "recordings_disk": lambda: not self.feed.notices.keys() & DISK_NOTICES
        }
        self.figures = Figures(receiver, feed, self.pulse, sessions, self.checks)
        self.figures.sources.append(self.answers)
        self.details: dict[str, Detail] = {}
        self.began = time.monotonic()

    def routes(self) -> list[Any]:
        """The addresses that tell."""
        status = Status(self.figures, self.checks, self.warnings, self.details, self.began)
        return [
            (r"/healthz", HealthHandler),
            (
                r"/readyz",
                ReadyHandler,
                {
                    "checks": self.checks,
                    "warnings": self.warnings,
                    "durability": lambda: self.receiver.bus.durability,
                },
            ),
            (r"/metrics", MetricsHandler, {"registry": registry(self.figures)}),
            (r"/status", StatusPage),
            (r"/status\.json", StatusHandler, {"status": status}),
        ]

    def count(self, applications: list[Any], routes: list[Any]) -> None:
        """Have the requests counted that these serve."""
        self.answers.routes.add([*OWN_ADDRESSES, *(route[0] for route in routes)])
        for application in applications:
            if isinstance(application, Application):
                application.settings["log_function"] = self.answers.served

    def work(self) -> Iterator[Work]:
        """What goes on for as long as the process serves."""
        yield self.pulse.run
        yield self.overload.run
        yield trimming

    def beat(self) -> None:
        """Now and then: tell what has waited, and all who look what they have to know; forget who is gone."""
        self.receiver.sequences.forget()
        self.answers.refusals.flush()
        if self.overload.text:
            self.feed.notices["overload"] = self.overload.text
        else:
            self.feed.notices.pop("overload", None)

    def shed(self) -> None:
        """Have some of the viewers go, the newest first: front panels, then those who watch."""
        sessions = self.sessions()
        if sessions.open:
            sessions.shed(max(1, sessions.open // SHED))
        self.feed.delivery.shed(self.feed.watchers, max(1, len(self.feed.watchers) // SHED))


def always() -> bool:
    """The memory of the process is there as long as the process is."""
    return True
