"""start.sh as people run it: in a folder of its own, with the real nginx and these tests' environment."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import wait_until

PROJECT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

# The smallest thing that start.sh can supervise: it answers every GET with 200 and needs no package.
BARE_APP = """
import http.server, os, signal, socket, socketserver, sys
from app.config import load

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    def server_bind(self): self.socket.bind(self.server_address)
    def get_request(self): return self.socket.accept()[0], ("unix", 0)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *args): pass

config = load(sys.argv[1:])
Server.address_family = socket.AF_UNIX if config.socket else socket.AF_INET
Server.allow_reuse_address = True
signal.signal(signal.SIGTERM, lambda *args: os._exit(0))
Server(config.socket or (config.bind, config.port), Handler).serve_forever()
"""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self.body)
        return answer


class Scope:
    """A running start.sh and what can be asked of it."""

    def __init__(self, folder: Path, flags: list[str], env: dict[str, str], port: int) -> None:
        self.port = port
        self.printed = folder / f"printed-{port}"
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                ["./start.sh", "--port", str(port), *flags],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=hear_interrupts,
            )
        self.session = self.process.pid

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def answers(self) -> bool:
        """Whether the app answers behind the public port."""
        try:
            return self.ask("GET", "/healthz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def up(self) -> Scope:
        """Itself, once start.sh has said where it serves."""
        wait_until(lambda: self.process.poll() is not None or "Web Oscilloscope on" in self.text(), 60)
        assert self.process.poll() is None, self.text()
        return self

    def text(self) -> str:
        return self.printed.read_text()

    def processes(self) -> dict[int, str]:
        """What runs in this start.sh's session, with its command line; not the dead, unreaped ones."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _parent, _group, session = stat.read_text().rpartition(")")[2].split()[:4]
                command = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended meanwhile
                continue
            if int(session) == self.session and state != "Z":
                found[int(stat.parent.name)] = command
        return found

    def pids(self, part: str) -> list[int]:
        return [pid for pid, command in self.processes().items() if part in command]

    def kill_app(self) -> None:
        (app,) = wait_until(lambda: self.pids(" -m app "))
        os.kill(app, signal.SIGKILL)

    def status(self, timeout: float = 5.0) -> int:
        """The exit status of start.sh, which must come in time and leave no process."""
        status = self.process.wait(timeout)
        wait_until(lambda: not self.processes(), 1)
        return status

    def remove(self) -> None:
        """Ends it if the test has not: in order, so that it clears up after itself, and then by force."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(6)
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(5)


def hear_interrupts() -> None:
    """A test runner in the background ignores Ctrl-C, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_project(folder: Path) -> Path:
    """The files that start.sh needs, in a folder of their own; the app itself as a link."""
    (folder / "scripts").mkdir(parents=True)
    for name in ("start.sh", "nginx.conf", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    for name in ("environment.sh", "requirements.py", "settings.py", "workers.sh"):
        shutil.copy(PROJECT / "scripts" / name, folder / "scripts")
    (folder / "app").symlink_to(PROJECT / "app")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "scope")


@pytest.fixture
def bare_folder(folder: Path) -> Path:
    """The project with the smallest app instead of its own."""
    (folder / "app").unlink()
    (folder / "app" / "system").mkdir(parents=True)
    for name in ("config.py", "texts.py", "system/__init__.py", "system/certificate.py", "system/network.py"):
        shutil.copy(PROJECT / "app" / name, folder / "app" / name)
    (folder / "app" / "__init__.py").touch()
    (folder / "app" / "__main__.py").write_text(BARE_APP)
    return folder


def environment(**changes: str) -> dict[str, str]:
    """That of these tests, with the settings of the scope cleared; an empty value takes a variable away."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCOPE_", "BOKEH_"))}
    kept = {name: value for name, value in kept.items() if name not in ("PORT", "BIND", "CONDA_PREFIX")}
    merged = kept | {"VIRTUAL_ENV": sys.prefix} | changes
    return {name: value for name, value in merged.items() if value}


Start = Callable[..., Scope]


@pytest.fixture
def start() -> Iterator[Start]:
    """start(folder, *flags, **environment): a start.sh that is gone after the test."""
    started: list[Scope] = []

    def start_scope(folder: Path, *flags: str, **changes: str) -> Scope:
        started.append(Scope(folder, list(flags), environment(**changes), free_port()))
        return started[-1]

    yield start_scope
    for scope in started:
        scope.remove()


def refusal(folder: Path, *flags: str, **changes: str) -> tuple[int, str]:
    """Status and stderr of a start.sh that ends by itself."""
    run = subprocess.run(
        ["./start.sh", *flags],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stderr
