"""Every setting of the process: environment variable, flag, default and meaning, in one place."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

T = TypeVar("T")
ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
BROKER = re.compile(
    r"(?P<scheme>mqtts?)://((?P<user>[^:@/]*)(:(?P<password>[^@/]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?/(?P<topic>.+)"
)
SHORTEST = 8  # characters of a token
MULTIPLES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class ConfigError(ValueError):
    """A setting that cannot be used, with its name and what would be right."""


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


def port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise ValueError
    return value


def udp_port(text: str) -> int:
    return port(text)


def hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in text.split(",") if host.strip())


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


def setting(
    default: T, env: str, read: Callable[[str], T], wants: str, doc: str, *, secret: bool = False
) -> T:
    about = {"env": env, "read": read, "wants": wants, "doc": doc, "secret": secret}
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class Config:
    """The settings of one process. Environment variables give them, flags override."""

    port: int = setting(8080, "PORT", port, "a port from 0 to 65535", "public HTTP port")
    bind: str = setting("0.0.0.0", "BIND", str, "an address", "address the public port listens on")
    socket: str = setting(
        "",
        "SCOPE_SOCKET",
        str,
        "a path",
        "Unix socket to listen on instead of the port; start.sh sets it behind nginx",
    )
    allow_ws_origin: tuple[str, ...] = setting(
        (),
        "BOKEH_ALLOW_WS_ORIGIN",
        hosts,
        "host[:port], comma-separated",
        "hosts whose pages may connect; not set: the page's own host",
    )
    allow_origin: tuple[str, ...] = setting(
        (),
        "SCOPE_ALLOW_ORIGIN",
        origins,
        "origins such as https://lab.example, comma-separated",
        "pages of other hosts that may POST samples",
    )
    write_tokens: tuple[Token, ...] = setting(
        (),
        "SCOPE_WRITE_TOKENS",
        tokens,
        f"tokens of {SHORTEST} characters or more, comma-separated, each with :channel|channel or without",
        "tokens for senders, with the channels they may write to; not set: anybody may send",
        secret=True,
    )
    view_tokens: tuple[Token, ...] = setting(
        (),
        "SCOPE_VIEW_TOKENS",
        tokens,
        f"tokens of {SHORTEST} characters or more, comma-separated",
        "tokens for viewers; not set: anybody may look",
        secret=True,
    )
    rate_points: int | None = setting(
        None,
        "SCOPE_RATE_POINTS",
        at_most,
        "a whole number; 0: no limit",
        "samples a second of each token; not set: 1000000 with tokens, no limit without",
    )
    rate_requests: int | None = setting(
        None,
        "SCOPE_RATE_REQUESTS",
        at_most,
        "a whole number; 0: no limit",
        "requests a second of each token; not set: 20000 with tokens, no limit without",
    )
    rate_channels: int | None = setting(
        None,
        "SCOPE_RATE_CHANNELS",
        at_most,
        "a whole number; 0: no limit",
        "new channels a minute of each token; not set: 30 with tokens, no limit without",
    )
    mqtt: Broker | None = setting(  # noqa: RUF009  it is a field
        None,
        "SCOPE_MQTT",
        broker,
        "mqtt://[user:password@]host[:port]/topic, or mqtts://",
        "MQTT broker and topic to take samples from, such as mqtt://broker.local/lab/#",
        secret=True,
    )
    teleplot_udp: int | None = setting(
        None,
        "SCOPE_TELEPLOT_UDP",
        udp_port,
        "a port from 0 to 65535",
        "UDP port to take teleplot's telegrams on, from anybody; not set: none",
    )
    scope_points: int = setting(
        1_000_000,
        "SCOPE_POINTS",
        count,
        "a whole number from 1",
        "record length: samples kept for each channel",
    )
    scope_memory: int = setting(
        1 << 30,
        "SCOPE_MEMORY",
        size,
        "bytes, such as 512M or 2G",
        "budget for the samples of all channels together",
    )
    max_body: int = setting(
        1 << 20, "SCOPE_MAX_BODY", size, "bytes, such as 512k or 1M", "largest body that is a text"
    )
    max_binary: int = setting(
        8 << 20, "SCOPE_MAX_BINARY", size, "bytes, such as 512k or 8M", "largest body of binary numbers"
    )
    max_samples: int = setting(
        100_000, "SCOPE_MAX_SAMPLES", count, "a whole number from 1", "most samples in one text"
    )
    max_binary_samples: int = setting(
        1_000_000,
        "SCOPE_MAX_BINARY_SAMPLES",
        count,
        "a whole number from 1",
        "most samples in one body of binary numbers",
    )
    max_channels: int = setting(
        256, "SCOPE_MAX_CHANNELS", count, "a whole number from 1", "most channels in memory"
    )
    max_tabs: int = setting(
        200, "SCOPE_MAX_TABS", count, "a whole number from 1", "most front panels open at once"
    )


def load(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration from flags and environment.

    ConfigError  a value that cannot be read; names the setting and what it wants
    SystemExit   --help, or a flag that does not exist
    """
    given = vars(parser().parse_args(argv))
    values: dict[str, object] = {}
    for f in fields(Config):
        text = given[f.name] if given[f.name] is not None else said(f, environ)
        if text is None or text == "":
            continue
        try:
            values[f.name] = f.metadata["read"](text)
        except (ValueError, OverflowError):
            told = "" if f.metadata["secret"] else f"={text!r}"
            raise ConfigError(f"{f.metadata['env']}{told}: wants {f.metadata['wants']}") from None
    return Config(**values)  # type: ignore[arg-type]


def said(setting: Field[object], environ: Mapping[str, str]) -> str | None:
    """What the environment says of a setting; a secret may be in a file that it names.

    ConfigError  the file cannot be read
    """
    name = setting.metadata["env"]
    path = environ.get(f"{name}_FILE", "") if setting.metadata["secret"] else ""
    if not path or environ.get(name):
        return environ.get(name)
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{name}_FILE={path!r}: wants a file that can be read") from None


def parser() -> argparse.ArgumentParser:
    """Flags with the same names as the settings; each also has its environment variable."""
    made = argparse.ArgumentParser(
        prog="python -m app", description="A live oscilloscope on the web.", allow_abbrev=False
    )
    for f in fields(Config):
        flags = ["--" + f.name.replace("_", "-")]
        if f.name == "scope_points":
            flags += ["-s", "--scope_points"]  # the names of the first version's flag
        elif f.name == "port":
            flags.append("-p")
        made.add_argument(
            *flags,
            dest=f.name,
            metavar="VALUE",
            help=f"{f.metadata['doc']} (environment: {f.metadata['env']}, default: {shown(f.default)})",
        )
    return made


def shown(value: object) -> str:
    return "not set" if value in ("", (), None) else str(value)
