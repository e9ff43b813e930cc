"""Which pages may connect: one rule for the page's socket and for what browsers send."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from ipaddress import AddressValueError, IPv6Address

FOREIGN = "a page of another host may not do this; BOKEH_ALLOW_WS_ORIGIN names the hosts that may"
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{0,5}))?")


def may_send(headers: Mapping[str, str], allowed: Sequence[str], origins: Set[str] = frozenset()) -> bool:
    """Whether a request may change anything: devices always, pages of this host or of an allowed one.

    allowed  hosts, as below
    origins  pages of other hosts that may send, in lower case

    A foreign page can send a form or plain text to any address its reader can reach, without
    asking first. Devices send neither of these headers.
    """
    origin = headers.get("Origin")
    if origin is not None and origin.lower() in origins:
        return True
    if headers.get("Sec-Fetch-Site") == "cross-site" and (origin is None or not allowed):
        return False
    return allowed_origin(origin, headers.get("Host", ""), allowed)


def allowed_origin(origin: str | None, host: str, allowed: Sequence[str]) -> bool:
    """Whether a page of this origin may connect.

    origin   the Origin header; None (not a browser) may always
    host     the Host header
    allowed  exactly these hosts, host[:port]; empty: the origin's host and port must be the request's own

    A port that is not written is the default one of the origin's scheme.
    """
    if origin is None:
        return True
    scheme, mark, rest = origin.partition("://")
    default = DEFAULT_PORTS.get(scheme.lower())
    page = host_place(rest, default) if mark and default else None
    if page is None or default is None:
        return False
    return any(host_place(name, default) == page for name in (allowed or (host,)))


def host_place(text: str, default: int) -> tuple[str, int] | None:
    """Host in its plain form (lower case, no trailing dot, short IPv6) and port; None: not host[:port]."""
    match = HOST.fullmatch(text)
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else default
    if match["address"] is None:
        return match["name"].lower().removesuffix("."), port
    try:
        return str(IPv6Address(match["address"])), port
    except AddressValueError:
        return None
