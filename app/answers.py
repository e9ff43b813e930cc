"""Requests answered: counted by route, method and status, timed, and in the log where refused."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import Metric
from tornado.web import RequestHandler

from app.figures import Buckets, counted, distributed, gauge

OTHER = "other"  # the route of addresses that do not exist, and the method of words that are none
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
EVERY = 1.0  # s between two lines in the log for the same reason

log = logging.getLogger(__name__)


class Routes:
    """The addresses that there are, as labels of figures: never what somebody asked for.

    patterns  of the server; those with a group stand for all that begin as they do
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self.exact: set[str] = set()
        self.within: set[str] = set()
        self.add(patterns)

    def add(self, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            start, group, _ = pattern.replace("\\", "").partition("(")
            (self.within if group else self.exact).add(start)

    def of(self, path: str) -> str:
        if path in self.exact:
            return path
        return next((start for start in self.within if path.startswith(start)), OTHER)


@dataclass
class Told:
    """When a reason was told last, and how often it was met since."""

    at: float
    waiting: int = 0
    route: str = OTHER
    request_id: str = ""


class Refusals:
    """Requests that were refused, in the log: a line a second for each reason at most, with their number.

    clock  s
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.told: dict[str, Told] = {}

    def note(self, code: str, route: str, request_id: str) -> None:
        """
        code  of the problem
        """
        told = self.told.setdefault(code, Told(float("-inf")))
        told.waiting += 1
        told.route, told.request_id = route, request_id
        if self.clock() - told.at >= EVERY:
            self.tell(code, told)

    def flush(self, every: float = EVERY) -> None:
        """Tell what has waited long enough; to be called now and then.

        every  s; 0: tell all that waits
        """
        for code, told in self.told.items():
            if told.waiting and self.clock() - told.at >= every:
                self.tell(code, told)

    def tell(self, code: str, told: Told) -> None:
        n, told.waiting, told.at = told.waiting, 0, self.clock()
        extra = {"event": "refused", "code": code, "route": told.route, "request_id": told.request_id}
        log.info("%d refused: %s at %s, the last one as %s", n, code, told.route, told.request_id,
                 extra=extra | {"count": n})  # fmt: skip


class Answers:
    """What was answered since the process began.

    under_way  gives the number of requests that are not answered yet
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.routes = Routes()
        self.refusals = Refusals(clock)
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self.took: dict[str, Buckets] = {}
        self.under_way: Callable[[], int] = int

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """
        seconds  from the whole head of the request, or from its whole body, to the answer
        """
        self.counts[route, method, status] += 1
        took = self.took.get(route)
        if took is None:
            took = self.took[route] = Buckets()
        took.note(seconds)

    def served(self, handler: RequestHandler) -> None:
        """A request that Tornado has served: its `log_function`."""
        request = handler.request
        route = self.routes.of(request.path)
        method = request.method if request.method in METHODS else OTHER
        self.note(route, method or OTHER, handler.get_status(), request.request_time())
        code = getattr(handler, "refused", "")
        if code:
            self.refusals.note(code, route, request.headers.get("X-Request-Id", ""))

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        yield gauge("osc_http_requests_in_flight", "requests not answered yet", self.under_way())
        answers = {(route, method, str(code)): n for (route, method, code), n in self.counts.items()}
        yield counted("osc_http_requests", "requests answered", ("route", "method", "code"), answers)
        took = {(route,): buckets for route, buckets in self.took.items()}
        yield distributed("osc_http_request_duration_seconds", "time to the answer", ("route",), took)
