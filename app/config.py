"""Every setting of the process: environment variable, flag, default and meaning, in one place."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar

T = TypeVar("T")
MULTIPLES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class ConfigError(ValueError):
    """A setting that cannot be used, with its name and what would be right."""


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


def hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in text.split(",") if host.strip())


def setting(default: T, env: str, read: Callable[[str], T], wants: str, doc: str) -> T:
    return field(default=default, metadata={"env": env, "read": read, "wants": wants, "doc": doc})


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
        1 << 20, "SCOPE_MAX_BODY", size, "bytes, such as 512k or 1M", "largest request body"
    )
    max_samples: int = setting(
        100_000, "SCOPE_MAX_SAMPLES", count, "a whole number from 1", "most samples in one request"
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
        text = given[f.name] if given[f.name] is not None else environ.get(f.metadata["env"])
        if text is None or text == "":
            continue
        try:
            values[f.name] = f.metadata["read"](text)
        except (ValueError, OverflowError):
            raise ConfigError(f"{f.metadata['env']}={text!r}: wants {f.metadata['wants']}") from None
    return Config(**values)  # type: ignore[arg-type]


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
    return "not set" if value in ("", ()) else str(value)
