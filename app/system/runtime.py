"""What the process asks of its system: sockets, threads beside the loop, a calm garbage collector."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import socket
import ssl
import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClosedError

from app.config import Config
from app.system.certificate import served

T = TypeVar("T")
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
UNSENT = 128 << 10  # bytes the kernel takes before a slow reader is felt
BOOT_ID = uuid.uuid4().hex  # a page that finds another one knows that the server was started anew
FILES = 65_536
COLLECTED = (2000, 10, 100)  # thresholds of the garbage collector's generations


def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong in the loop, but for a viewer that left while something was on its way to it."""
    if not isinstance(context.get("exception"), WebSocketClosedError | StreamClosedError):
        loop.default_exception_handler(context)


def listen(config: Config) -> list[socket.socket]:
    """The listening sockets of the port; OSError when it is taken or forbidden."""
    sockets = bind_sockets(config.port, config.bind)
    for made in sockets:
        made.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT)  # accepted sockets inherit it
    return sockets


def raise_files() -> None:
    """Have as many open files as the system allows: every viewer and every sender is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def opened(folder: Path) -> None:
    """Make a folder if need be, and try to write into it; OSError when that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass  # a full disk is no reason not to start


def tls(config: Config) -> ssl.SSLContext | None:
    """What this process itself serves https with; None: plain http, or nginx does it.

    CertificateError  there is no certificate
    """
    if config.socket or not config.secure:
        return None
    return served(config.tls_cert, config.tls_key, config.data, config.bind).context()


async def beside(work: Callable[[], T]) -> T:
    """What the work returns, done in a thread that does not keep a stopped process alive."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(put: Callable[[Any], None], what: object) -> None:
        if not done.cancelled():
            put(what)

    def run() -> None:
        what: object
        put: Callable[[Any], None]
        try:
            put, what = done.set_result, work()
        except Exception as error:
            put, what = done.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, put, what)

    threading.Thread(target=run, daemon=True).start()
    return await done


def calm_collector() -> None:
    """Have the garbage collector leave alone what was imported, and look through everything less often.

    A full collection would stop the loop for a quarter of a second, every ten seconds with five tabs. Pages
    are built later than this, so that closed ones are still found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)
