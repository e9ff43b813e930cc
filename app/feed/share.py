"""The share of the loop's time that live pictures may take, so that senders have theirs."""

from __future__ import annotations

import time

MOST, LEAST = 0.6, 0.2  # of the loop's time: usually, and while there is hardly any left
BUSY = 0.92  # of the time that the loop works, from which on there is hardly any left
AHEAD = 0.05  # s of work by which the feed may be ahead of its share
LESS, MORE = 0.8, 0.02  # times its share, and on top of it, at each look


class Share:
    """What the feed has taken, and whether it may take more.

    part  of the loop's time that it may take
    """

    def __init__(self) -> None:
        self.part = MOST
        self._owed = self._paid = 0.0  # s of work that the loop has not been compensated for, and since when
        self._worked = 0.0

    def took(self, seconds: float) -> None:
        """The feed has worked so long."""
        self._owed += seconds

    def affordable(self) -> bool:
        """Whether the feed has left others their share."""
        now = time.monotonic()
        self._owed = max(0.0, self._owed - (now - self._paid) * self.part)
        self._paid = now
        return self._owed <= AHEAD

    def wait(self) -> float:
        """s until it is affordable, about."""
        return (self._owed - AHEAD) / self.part

    def adapt(self, elapsed: float) -> None:
        """Have a smaller share while the loop has hardly any time left, and more of it again afterwards.

        elapsed  s since the last time
        """
        worked, self._worked = self._worked, time.thread_time()
        if self._worked - worked > BUSY * elapsed:
            self.part = max(LEAST, LESS * self.part)
        else:
            self.part = min(MOST, self.part + MORE)
