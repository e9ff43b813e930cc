"""What settings are written as: sizes, hosts, tokens, brokers. What cannot be read is a ValueError."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
BROKER = re.compile(
    r"(?P<scheme>mqtts?)://((?P<user>[^:@/]*)(:(?P<password>[^@/]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?/(?P<topic>.+)"
)
STORE = re.compile(
    r"(?P<scheme>rediss?)://((?P<user>[^:@/]*)(:(?P<password>[^@/]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?(/(?P<db>[0-9]{0,4}))?"
)
SHORTEST = 8  # characters of a token
MULTIPLES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True, slots=True)
class Token:
    """A token, known by its SHA-256 alone.

    channels  the only ones it opens; empty: all
    """

    digest: bytes
    channels: frozenset[str] = frozenset()

    def fits(self, offered: str) -> bool:
        return hmac.compare_digest(self.digest, digest(offered))


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def size(text: str) -> int:
    """Bytes from a text such as `512M`; `2GiB` and plain numbers are read too."""
    number = text.strip().lower().removesuffix("b").removesuffix("i")
    unit = number[-1:] if number[-1:] in MULTIPLES and number[-1:] else ""
    value = float(number.removesuffix(unit)) * MULTIPLES[unit]
    if value < 1:
        raise ValueError
    return int(value)


def count(text: str) -> int:
    """A whole number above zero; `1_000_000` and `1e6` are read too."""
    value = float(text)
    if value < 1 or value != int(value):
        raise ValueError
    return int(value)


def log_format(text: str) -> str:
    """How a log is written: text or json."""
    if text not in ("text", "json"):
        raise ValueError
    return text


def port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise ValueError
    return value


def udp_port(text: str) -> int:
    return port(text)


def folder(text: str) -> Path:
    """A folder; `~` is the user's own."""
    if "\0" in text:
        raise ValueError
    return Path(text).expanduser()


def switch(text: str) -> bool:
    """on or off; also 1 or 0, true or false, yes or no."""
    word = text.strip().lower()
    if word not in ("on", "1", "true", "yes", "off", "0", "false", "no"):
        raise ValueError
    return word in ("on", "1", "true", "yes")


def hosts(text: str) -> tuple[str, ...]:
    """Hosts of pages, host[:port]."""
    found = tuple(host.strip() for host in text.split(",") if host.strip())
    if not all(HOST.fullmatch(host) for host in found):
        raise ValueError
    return found


def at_most(text: str) -> int:
    """A whole number from zero."""
    return 0 if float(text) == 0 else count(text)


def origins(text: str) -> tuple[str, ...]:
    """Origins of pages, in lower case and without a port that is the usual one."""
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if not all(ORIGIN.fullmatch(origin) for origin in found):
        raise ValueError
    return tuple(origin.lower() for origin in found)


def tokens(text: str) -> tuple[Token, ...]:
    """Tokens, each of at least eight characters, with the channels that it opens."""
    return tuple(map(token, filter(None, map(str.strip, re.split(r"[,\n]", text)))))


def token(text: str) -> Token:
    secret, _, names = text.partition(":")
    if len(secret) < SHORTEST or not secret.isascii() or not secret.isprintable():
        raise ValueError
    return Token(digest(secret), frozenset(filter(None, map(str.strip, names.split("|")))))


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker, and the topics that are wanted of it."""

    host: str
    port: int
    topic: str
    user: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False


def broker(text: str) -> Broker:
    found = BROKER.fullmatch(text.strip())
    if found is None:
        raise ValueError
    secure = found["scheme"] == "mqtts"
    place = port(found["port"] or ("8883" if secure else "1883"))
    user, password = unquote(found["user"] or ""), unquote(found["password"] or "")
    return Broker(found["host"].strip("[]"), place, found["topic"], user, password, secure)


@dataclass(frozen=True, slots=True)
class Store:
    """A Redis that several processes share."""

    host: str
    port: int
    db: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False


def store(text: str) -> Store:
    found = STORE.fullmatch(text.strip())
    if found is None:
        raise ValueError
    user, password = unquote(found["user"] or ""), unquote(found["password"] or "")
    place, db = port(found["port"] or "6379"), int(found["db"] or 0)
    return Store(found["host"].strip("[]"), place, db, user, password, found["scheme"] == "rediss")
