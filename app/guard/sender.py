"""One who sends: what he may write to, and how fast."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Set

from app.config import Config
from app.guard.bucket import Bucket
from app.problems import Problem, shown
from app.texts import Token

TOKEN_POINTS, TOKEN_REQUESTS, TOKEN_CHANNELS = 1_000_000, 20_000, 30  # limits of a token where none are set
MINUTE = 60.0  # s
ORDINARY = {"points": "points a second", "requests": "requests a second", "channels": "new channels a minute"}


class Rate:
    """What a sender may do in a time; none: any number."""

    def __init__(self, name: str, most: int, seconds: float, clock: Callable[[], float]) -> None:
        self.name, self.most = name, most
        self.bucket = Bucket(most / seconds, most, clock) if most else None

    def check(self) -> None:
        """
        Problem  rate_limited
        """
        wait = self.bucket.wait() if self.bucket is not None else 0.0
        if wait:
            raise too_fast(self.name, self.most, wait)

    def take(self, n: int) -> None:
        if self.bucket is not None:
            self.bucket.take(n)


class Sender:
    """A token, or everybody together while there are no tokens.

    channels  those that he may write to; empty: any
    plain     nothing is to be asked of him
    """

    def __init__(
        self, config: Config, token: Token | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.digest = b"" if token is None else token.digest
        self.channels = frozenset() if token is None else token.channels
        usual = (0, 0, 0) if token is None else (TOKEN_POINTS, TOKEN_REQUESTS, TOKEN_CHANNELS)
        asked = (config.rate_points, config.rate_requests, config.rate_channels)
        points, requests, births = (
            most if most is not None else own for most, own in zip(asked, usual, strict=True)
        )
        self.points = Rate("points", points, 1.0, clock)
        self.requests = Rate("requests", requests, 1.0, clock)
        self.births = Rate("channels", births, MINUTE, clock)
        self.plain = not (self.channels or points or requests or births)

    def begin(self) -> None:
        """One more request.

        Problem  rate_limited
        """
        if self.plain:
            return
        self.requests.check()
        self.points.check()
        self.requests.take(1)

    def write(self, names: Set[str], new: int, points: int) -> None:
        """So many points of these channels, of which so many do not exist yet.

        Problem  forbidden, rate_limited
        """
        self.reach(names)
        if new:
            self.births.check()
            self.births.take(new)
        self.points.take(points)

    def reach(self, names: Set[str]) -> None:
        """
        Problem  forbidden: he may not write to one of these channels
        """
        beyond = names - self.channels if self.channels else None
        if beyond:
            raise Problem("forbidden", f"this token may not write to {shown(min(beyond))}")


def too_fast(name: str, most: int, wait: float) -> Problem:
    return Problem(
        "rate_limited",
        f"more than {most} {ORDINARY[name]}; send again after Retry-After",
        headers={"Retry-After": str(math.ceil(wait))},
        details={"limit": name, "max": most, "retry_after_ms": math.ceil(wait * 1000)},
    )
