"""Taking connections from a listening socket, also while there is no room for them."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

AT_ONCE = 128  # connections taken before others have the loop
REST = (
    0.25  # s: a socket whose connections cannot be taken is ready all the time, and would be asked on and on
)
TOLD_EVERY = 60.0  # s

log = logging.getLogger(__name__)


class Accepting:
    """Hands over connections until it is stopped; where the system has no room for one, it rests a moment.

    take    gets each connection and its address
    scarce  called when there was no room
    """

    def __init__(
        self,
        listening: socket.socket,
        take: Callable[[socket.socket, Any], None],
        scarce: Callable[[], None],
    ) -> None:
        self.listening, self.take, self.scarce = listening, take, scarce
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None
        self.told = float("-inf")
        self.go_on()

    def go_on(self) -> None:
        self.timer = None
        self.loop.add_reader(self.listening, self.accept)

    def accept(self) -> None:
        """Take what has come."""
        for _ in range(AT_ONCE):
            try:
                connection, address = self.listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:  # EMFILE, ENFILE, ENOBUFS, ENOMEM
                self.rest(error)
                return
            self.take(connection, address)

    def rest(self, error: OSError) -> None:
        """Take none for a moment."""
        self.loop.remove_reader(self.listening)
        self.timer = self.loop.call_later(REST, self.go_on)
        if self.loop.time() - self.told >= TOLD_EVERY:
            self.told = self.loop.time()
            log.warning("no room for a connection: %s", error.strerror, extra={"event": "accept"})
        self.scarce()

    def stop(self) -> None:
        self.loop.remove_reader(self.listening)
        if self.timer is not None:
            self.timer.cancel()
