"""The settings that start.sh itself needs, read as the app reads them, and whether the port can be had.

Prints shell assignments; ends with one sentence on stderr and status 2 for a setting that cannot be used,
1 for a port that cannot be had.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shlex
import socket
import sys
from collections.abc import Sequence

from app.config import Config, ConfigError, load
from app.system.certificate import CertificateError, served
from app.system.network import WILDCARDS, address

PORTS = {"http": 80, "https": 443}  # that need not be written
SPARE_BODY = (
    1 << 20
)  # nginx lets this much more through than the app takes, so that the app's own answer is heard


class PortError(OSError):
    """A port that cannot be listened on, as a sentence for the person who starts the scope."""


def free(bind: str, port: int) -> int:
    """The port, once it has been shown that it can be listened on; 0 finds a free one.

    PortError  in use, not permitted, or no such address; the errno says which
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
            probe.listen(1)  # on Linux two sockets may bind with SO_REUSEADDR; only one may listen
        except OSError as error:
            raise PortError(error.errno, sentence(bind, port, error)) from None
        return int(probe.getsockname()[1])


def sentence(bind: str, port: int, error: OSError) -> str:
    """What is wrong with the port, and what would be right."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use: stop what listens there, or take another with --port {port + 1}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} needs a right that this user lacks: take one above 1023, as with --port 8080."
    return f"Cannot listen on BIND={bind!r}, port {port}: {error.strerror}."


def granted(program: str) -> bool:
    """Whether the program's file carries capabilities, such as that to listen on a port below 1024."""
    try:
        return bool(os.getxattr(program, "security.capability"))
    except (OSError, AttributeError):  # none set, or a system without them
        return False


def port_of(config: Config, front: str) -> int:
    """The public port to use; a front with capabilities may take one that is not permitted to us."""
    try:
        return free(config.bind, config.port)
    except PortError as error:
        if error.errno in (errno.EACCES, errno.EPERM) and front and granted(front):
            return config.port
        raise


def url(host: str, port: int, scheme: str = "http") -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port == PORTS[scheme] else f":{port}")


def workers(config: Config, front: str, text: str) -> int:
    """How many processes of the app there are to be.

    text         of WORKERS
    ConfigError  there cannot be so many
    """
    if not re.fullmatch("[1-9][0-9]?", text or "1"):
        raise ConfigError(f"WORKERS={text!r}: wants a whole number from 1 to 99")
    n = int(text or "1")
    if n > 1 and (config.redis is None or not front or config.socket):
        lacking = "SCOPE_REDIS, by which they share what they receive" if config.redis is None else "nginx"
        raise ConfigError(f"WORKERS={n}: more than one process needs {lacking}")
    return n


def assignments(config: Config, port: int, processes: int = 1) -> dict[str, str]:
    """What start.sh asks for, by the name of its variable."""
    everywhere = config.bind in WILDCARDS
    lan = address() if config.bind == "0.0.0.0" else ""  # what is found is one of IPv4
    scheme = "https" if config.secure else "http"
    pair = served(config.tls_cert, config.tls_key, config.data, config.bind) if config.secure else None
    largest = max(config.max_body, config.max_binary)
    return {
        "port": str(port),
        "workers": str(processes),
        "secret": secrets.token_hex(),
        "probe_host": {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.bind, config.bind),
        "listen": f"[{config.bind}]:{port}" if ":" in config.bind else f"{config.bind}:{port}",
        "max_body": str(largest),
        "front_body": str(largest + SPARE_BODY),
        "own_socket": config.socket,
        "scheme": scheme,
        "tls_cert": str(pair.cert) if pair else "",
        "tls_key": str(pair.key) if pair else "",
        "local_url": url("localhost" if everywhere else config.bind, port, scheme),
        "lan_url": url(lan, port, scheme) if lan else "",
    }


def main(front: str, flags: Sequence[str]) -> int:
    try:
        config = load(flags)
        port = config.port if config.socket else port_of(config, front)
        processes = workers(config, front, os.environ.get("WORKERS", ""))
        found = assignments(config, port, processes)
    except (ConfigError, PortError, CertificateError) as error:
        print(f"start.sh: {error.args[-1]}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    for name, value in found.items():
        print(f"{name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
