"""Every setting of the process: environment variable, flag, default and meaning, in one place."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from app.texts import (
    SHORTEST,
    Broker,
    Store,
    Token,
    at_most,
    broker,
    count,
    folder,
    hosts,
    log_format,
    origins,
    port,
    size,
    store,
    switch,
    tokens,
    udp_port,
)

T = TypeVar("T")


class ConfigError(ValueError):
    """A setting that cannot be used, with its name and what would be right."""


def setting(
    default: T,
    env: str,
    read: Callable[[str], T],
    wants: str,
    doc: str,
    *,
    secret: bool = False,
    alone: str | None = None,
) -> T:
    """
    secret  it is shown nowhere, and may come from a file
    alone   what the flag means when it stands alone; None: it needs a value
    """
    about = {"env": env, "read": read, "wants": wants, "doc": doc, "secret": secret, "alone": alone}
    return field(default=default, metadata=about, repr=not secret)


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
    tls: bool = setting(
        False,
        "SCOPE_TLS",
        switch,
        "on or off",
        "serve https, with a certificate that the scope signs itself unless one is given",
        alone="on",
    )
    tls_cert: str = setting(
        "", "SCOPE_TLS_CERT", str, "a file", "certificate, with its chain, to serve https with (PEM)"
    )
    tls_key: str = setting("", "SCOPE_TLS_KEY", str, "a file", "key of that certificate (PEM)")
    allow_ws_origin: tuple[str, ...] = setting(
        (),
        "BOKEH_ALLOW_WS_ORIGIN",
        hosts,
        "hosts such as lab.example or lab.example:8080, comma-separated",
        "hosts whose pages may connect, host[:port]; not set: the page's own host",
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
    secret_key: str = setting(
        "",
        "BOKEH_SECRET_KEY",
        str,
        "a text",
        "key that signs the sessions of pages; start.sh makes one at each start, for all of its processes",
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
    data: Path | None = setting(  # noqa: RUF009  it is a field
        None,
        "SCOPE_DATA",
        folder,
        "a folder",
        "folder for what is to survive a restart; it is made if need be; not set: memory only",
    )
    max_recording: int = setting(
        1 << 30, "SCOPE_MAX_RECORDING", size, "bytes, such as 512M or 1G", "largest recording"
    )
    max_recordings: int = setting(
        50, "SCOPE_MAX_RECORDINGS", count, "a whole number from 1", "most recordings kept"
    )
    mqtt: Broker | None = setting(  # noqa: RUF009  it is a field
        None,
        "SCOPE_MQTT",
        broker,
        "mqtt://[user:password@]host[:port]/topic, or mqtts://",
        "MQTT broker and topic to take samples from, such as mqtt://broker.local/lab/#",
        secret=True,
    )
    redis: Store | None = setting(  # noqa: RUF009  it is a field
        None,
        "SCOPE_REDIS",
        store,
        "redis://[user:password@]host[:port]/db, or rediss://",
        "Redis that keeps the samples, and that several processes share, such as redis://localhost:6379/0",
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
    max_requests: int = setting(
        64, "SCOPE_MAX_REQUESTS", count, "a whole number from 1", "most bodies on their way in at once"
    )
    channel_idle: int = setting(
        24,
        "SCOPE_CHANNEL_IDLE",
        at_most,
        "hours; 0: for ever",
        "hours that a channel is kept when nothing more comes for it, 0 for ever",
    )
    max_tabs: int = setting(
        200, "SCOPE_MAX_TABS", count, "a whole number from 1", "most front panels open at once"
    )
    max_viewers: int = setting(
        2000, "SCOPE_MAX_VIEWERS", count, "a whole number from 1", "most sockets that get frames"
    )
    max_senders: int = setting(
        1000, "SCOPE_MAX_SENDERS", count, "a whole number from 1", "most WebSockets that samples come over"
    )
    max_connections: int = setting(
        8000,
        "SCOPE_MAX_CONNECTIONS",
        count,
        "a whole number from 1",
        "most connections that wait for a request; of more, the one that is idle longest is closed",
    )
    memory_limit: int | None = setting(
        None,
        "SCOPE_MEMORY_LIMIT",
        size,
        "bytes, such as 512M or 2G",
        "memory that the process should stay below; not set: that of its container or machine",
    )
    log: str = setting(
        "",
        "SCOPE_LOG",
        log_format,
        "text or json",
        "how the log on standard error is written, text or json; not set: text on a terminal, else json",
    )

    @property
    def secure(self) -> bool:
        """Whether the public port serves https."""
        return self.tls or bool(self.tls_cert or self.tls_key)

    @property
    def self_signed(self) -> bool:
        """Whether it does so with a certificate of its own."""
        return self.secure and not self.tls_cert


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
            nargs="?" if f.metadata["alone"] else None,
            const=f.metadata["alone"],
            help=f"{f.metadata['doc']} (environment: {f.metadata['env']}, default: {shown(f.default)})",
        )
    return made


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value in ("", (), None) else str(value)
