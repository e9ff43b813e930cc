"""The certificate of https: one that is given, or one that the scope signs itself.

The standard library and the program openssl, so that start.sh can ask before anything is installed;
where there is no openssl, the package cryptography.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.system.network import reachable

DAYS, LEFT = 365, 30  # that a certificate holds; that one must still hold to be used
DAY = 86400  # s
NAME = "Web Oscilloscope"
PROJECT = Path(__file__).parents[2]
SETTINGS = """[req]
prompt = no
distinguished_name = name
x509_extensions = about
[name]
O = {name}
CN = localhost
[about]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


class CertificateError(RuntimeError):
    """There is no certificate to serve with; a sentence for the person who starts the scope."""


@dataclass(frozen=True)
class Pair:
    """Files of a certificate and its key, PEM."""

    cert: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What serves with it.

        CertificateError  the files cannot be read, or are no pair
        """
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            made.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            why = getattr(error, "strerror", None) or getattr(error, "reason", None) or "cannot be read"
            raise CertificateError(f"The certificate {self.cert} with the key {self.key}: {why}.") from None
        return made


def served(cert: str, key: str, data: Path | None, bind: str) -> Pair:
    """What to serve https with: the files that are given, else a pair of the scope's own.

    data  a folder for it, if there is one
    bind  where the scope listens
    CertificateError  there is none, and none can be made
    """
    if bool(cert) != bool(key):
        raise CertificateError("SCOPE_TLS_CERT and SCOPE_TLS_KEY want a file each, or neither of them.")
    if cert:
        given = Pair(Path(cert).expanduser().absolute(), Path(key).expanduser().absolute())
        given.context()
        return given
    return own(place(data), names(bind))


def names(bind: str) -> list[str]:
    """What this machine is called by those who open a page of it."""
    found = ["localhost", "127.0.0.1", "::1", socket.gethostname().lower(), reachable(bind)]
    return list(dict.fromkeys(filter(None, found)))


def place(data: Path | None) -> Path:
    """A folder in which a certificate can be kept.

    CertificateError  none can be written
    """
    folders = [PROJECT / ".cache" / "tls", Path("~/.cache/web-oscilloscope/tls").expanduser()]
    for folder in [data / "tls", *folders] if data else folders:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder.absolute()  # nginx looks for it in another folder
    raise CertificateError(
        f"No certificate can be kept: {folders[0]} cannot be written; SCOPE_DATA can name a folder."
    )


def own(folder: Path, called: Sequence[str]) -> Pair:
    """The pair in a folder; a new one if it is near its end, or for other names."""
    pair, note = Pair(folder / "cert.pem", folder / "key.pem"), folder / "made.json"
    if not (pair.cert.exists() and pair.key.exists() and fresh(note, called)):
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            made = Pair(Path(beside) / "cert.pem", Path(beside) / "key.pem")
            make(made, called)
            note.unlink(missing_ok=True)
            os.replace(made.key, pair.key)
            os.replace(made.cert, pair.cert)
        note.write_text(json.dumps({"names": list(called), "until": time.time() + DAYS * DAY}))
    return pair


def fresh(note: Path, called: Sequence[str]) -> bool:
    """Whether the pair beside this note is for these names, and holds for some time."""
    try:
        told = json.loads(note.read_text())
        return bool(told["names"] == list(called) and told["until"] > time.time() + LEFT * DAY)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def make(pair: Pair, called: Sequence[str]) -> None:
    """Write a new pair.

    CertificateError  there is nothing to make it with
    """
    program = shutil.which("openssl")
    if program is None:
        by_library(pair, called)
        return
    listed = ",".join(f"{'IP' if is_address(name) else 'DNS'}:{name}" for name in called)
    settings = pair.cert.with_name("openssl.cnf")
    settings.write_text(SETTINGS.format(name=NAME, names=listed))
    kind = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-sha256",
        "-days",
        str(DAYS),
        "-nodes",
    ]
    files = ["-config", str(settings), "-keyout", str(pair.key), "-out", str(pair.cert)]
    run = subprocess.run(
        [program, "req", "-x509", *kind, *files], capture_output=True, text=True, check=False
    )
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise CertificateError(f"openssl made no certificate: {last}")


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def by_library(pair: Pair, called: Sequence[str]) -> None:
    """The same without openssl."""
    try:
        from app.system.signing import write
    except ImportError:
        raise CertificateError(
            "A certificate needs the program openssl (on Debian: sudo apt install openssl) or the package "
            "cryptography; or give one of your own with --tls-cert and --tls-key."
        ) from None
    write(
        pair.cert,
        pair.key,
        NAME,
        [name for name in called if not is_address(name)],
        list(filter(is_address, called)),
        DAYS,
    )
