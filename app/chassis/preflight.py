"""What is looked at, and said, before a process serves."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

from app.config import Config
from app.store.drawer import PLACES
from app.system.runtime import opened


def missing_package(config: Config) -> str:
    """What to say when a setting needs a package that is not here; empty: none is missing."""
    for given, setting, module, package in (
        (config.mqtt, "SCOPE_MQTT", "aiomqtt", "aiomqtt"),
        (config.redis, "SCOPE_REDIS", "redis", "'redis[hiredis]'"),
    ):
        if given is not None and find_spec(module) is None:
            return f"{setting} needs a package that is not here: pip install {package}."
    return ""


def warn(config: Config) -> None:
    """Say loudly what is open to everybody, and what a restart ends."""
    log = logging.getLogger(__name__)
    if config.data is None and config.redis is None:
        log.warning("MEMORY ONLY: a restart ends everything; SCOPE_DATA names a folder to keep it in")
    for tokens, what, name in (
        (config.write_tokens, "send to", "SCOPE_WRITE_TOKENS"),
        (config.view_tokens, "look at", "SCOPE_VIEW_TOKENS"),
    ):
        if not tokens:
            log.warning("OPEN: whoever reaches this server may %s it; %s would ask for a token", what, name)


def unusable(folder: Path | None) -> str:
    """What to say when the folder of SCOPE_DATA cannot be written; empty: it can, or there is none."""
    try:
        if folder is not None:
            for place in ("", *PLACES):
                opened(folder / place)
    except OSError as error:
        return f"SCOPE_DATA: cannot write into {folder}: {error.strerror}."
    return ""
