"""Where this machine is found in its network; the standard library alone, so that start.sh can ask, too."""

from __future__ import annotations

import socket

WILDCARDS = ("0.0.0.0", "::")


def address() -> str:
    """This machine's address on its network, or nothing. Connecting a datagram socket sends no packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        own = str(probe.getsockname()[0])
    return "" if own.startswith("127.") else own


def reachable(bind: str) -> str:
    """The address at which others find what listens on `bind`; empty: none."""
    if bind in WILDCARDS:
        return address()
    return "" if bind.startswith("127.") or bind in ("localhost", "::1") else bind
