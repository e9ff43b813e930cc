"""Where a process listens behind nginx, and how it takes the place of another one without a gap."""

from __future__ import annotations

import os
import socket

from tornado.netutil import bind_unix_socket

BACKLOG = 1024  # connections that wait while a process gets its memory
MODE = 0o660


class Place:
    """A Unix socket. It is listened on beside its path, until it is put there in one step.

    So whoever connects meets either the process that was there before or this one, and never nobody.

    held  whether another process listens at the path
    """

    def __init__(self, path: str) -> None:
        """OSError: it cannot be listened on."""
        self.path, self.beside = path, path + "~"
        self.socket = bind_unix_socket(self.beside, MODE, BACKLOG)
        self.taken = False
        self.held = answers(path)

    def take(self) -> None:
        """Have those who connect from now on meet this process."""
        if not self.taken:
            os.replace(self.beside, self.path)
            self.taken = True


def answers(path: str) -> bool:
    """Whether a process listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:  # it has more to take than it can
            return True
        except OSError:
            return False
    return True
