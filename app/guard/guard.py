"""Who may send and who may look."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping

from tornado.httputil import parse_cookie

from app.config import Config
from app.guard.origin import FOREIGN, may_send
from app.guard.sender import Sender
from app.problems import Problem
from app.texts import Token, digest

COOKIE = "scope_view"
MADE_FOR = b"the cookie of a viewer"
ASKS = {"WWW-Authenticate": "Bearer"}
MAY_ASK = (
    "authorization, content-type, content-encoding, x-api-key, x-source-id, x-boot-id, x-seq, idempotency-key"
)
MAY_READ = "Retry-After, X-Request-Id"
MAY_KEEP = "600"  # s


class Guard:
    """The tokens and limits of a process.

    own  a token of the process itself, for what it sends to itself
    """

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self.hosts = config.allow_ws_origin
        self.origins = frozenset(config.allow_origin)
        self.viewers = config.view_tokens
        self.own = secrets.token_urlsafe()
        self.everybody = None if config.write_tokens else Sender(config, None, clock)
        self.senders = [Sender(config, token, clock) for token in config.write_tokens]
        self.senders.append(
            Sender(Config(rate_points=0, rate_requests=0, rate_channels=0), Token(digest(self.own)), clock)
        )

    # sending

    def sender(self, headers: Mapping[str, str], token: str = "") -> Sender:
        """Who sends a request; it counts as one of his.

        token    what the address holds, where headers cannot be set
        Problem  origin_not_allowed, unauthorized, rate_limited
        """
        found = self.writer(headers, token)
        found.begin()
        return found

    def writer(self, headers: Mapping[str, str], token: str = "") -> Sender:
        """Who wants to change what is in memory.

        Problem  origin_not_allowed, unauthorized
        """
        if not may_send(headers, self.hosts, self.origins):
            raise Problem("origin_not_allowed", FOREIGN)
        if self.everybody is not None:
            return self.everybody
        offered = digest(token or carried(headers))
        for sender in self.senders:
            if hmac.compare_digest(sender.digest, offered):
                return sender
        raise unknown("sending", "SCOPE_WRITE_TOKENS")

    # looking

    def may_look(self, headers: Mapping[str, str], token: str = "") -> bool:
        """Whether a request has a view token, or the cookie of one.

        token  what the address holds, where headers cannot be set
        """
        if not self.viewers or self.is_viewer(token or carried(headers)):
            return True
        cookie = parse_cookie(headers.get("Cookie", "")).get(COOKIE, "")
        return any(equal(cookie, stamp(viewer)) for viewer in self.viewers)

    def is_viewer(self, token: str) -> bool:
        offered = digest(token)
        return any(hmac.compare_digest(viewer.digest, offered) for viewer in self.viewers)

    # pages of other hosts

    def shared(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The headers that let the page which sent a request read the answer; none for most."""
        origin = headers.get("Origin")
        if origin is None or origin.lower() not in self.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Vary": "Origin",
            "Access-Control-Expose-Headers": MAY_READ,
        }

    def preflight(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The headers that say what a page of an allowed origin may send; for others there are none."""
        told = self.shared(headers)
        if not told:
            return {}
        return {
            **told,
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": MAY_ASK,
            "Access-Control-Max-Age": MAY_KEEP,
        }


def carried(headers: Mapping[str, str]) -> str:
    """The token in the headers of a request; empty: none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "token") else headers.get("X-Api-Key", "")


def unknown(what: str, setting: str) -> Problem:
    message = f"{what} needs a token of {setting}: Authorization: Bearer TOKEN, or X-API-Key: TOKEN"
    return Problem("unauthorized", message, headers=ASKS)


def stamp(viewer: Token) -> str:
    """What the cookie of a viewer holds; nobody can find the token from it."""
    return hmac.new(viewer.digest, MADE_FOR, hashlib.sha256).hexdigest()


def equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
