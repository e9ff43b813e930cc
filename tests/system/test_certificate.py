"""The scope's own certificate: for which names, how long it is kept, and who makes it."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import stat
import threading
import time
from pathlib import Path

import pytest

from app.config import ConfigError, load
from app.system import certificate
from app.system.certificate import DAY, LEFT, CertificateError, Pair, own, served

NAMES = ["localhost", "127.0.0.1", "::1", "lab-pc", "192.168.1.20"]


@pytest.fixture(params=["openssl", "library"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A new pair, by either of its makers."""
    if request.param == "library":
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    return own(tmp_path, NAMES)


def greeted(pair: Pair, name: str) -> str:
    """The protocol of a connection to a server with this pair, by a name; nothing else is trusted."""
    ours, theirs = socket.socketpair()
    trusting = ssl.create_default_context(cafile=str(pair.cert))
    serving = pair.context()

    def serve() -> None:
        with serving.wrap_socket(theirs, server_side=True) as there:
            there.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with trusting.wrap_socket(ours, server_hostname=name) as here:
        version = str(here.version())
        here.send(b"x")
    thread.join(10)
    return version


def test_it_is_trusted_under_each_of_its_names_and_no_other(made: Pair) -> None:
    assert [greeted(made, name) for name in NAMES] == ["TLSv1.3"] * len(NAMES)
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context(cafile=str(made.cert)).wrap_socket(
            connected(made), server_hostname="elsewhere.example"
        )


def connected(pair: Pair) -> socket.socket:
    ours, theirs = socket.socketpair()
    serving = pair.context()

    def serve() -> None:
        with pytest.raises(ssl.SSLError):
            serving.wrap_socket(theirs, server_side=True)

    threading.Thread(target=serve, daemon=True).start()
    return ours


def test_its_key_is_for_its_owner_alone(made: Pair) -> None:
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in made.key.parent.iterdir()) == ["cert.pem", "key.pem", "made.json"]


def test_it_is_kept_until_its_names_change_or_its_end_is_near(tmp_path: Path) -> None:
    first = own(tmp_path, NAMES).cert.read_bytes()
    assert own(tmp_path, NAMES).cert.read_bytes() == first
    second = own(tmp_path, [*NAMES[:-1], "192.168.1.21"]).cert.read_bytes()
    assert second != first
    note = tmp_path / "made.json"
    told = json.loads(note.read_text())
    note.write_text(json.dumps(told | {"until": time.time() + (LEFT - 1) * DAY}))
    third = own(tmp_path, told["names"]).cert.read_bytes()
    assert third != second
    note.write_text("{")
    assert own(tmp_path, told["names"]).cert.read_bytes() != third


def test_it_is_for_this_machine_and_the_address_it_listens_on() -> None:
    assert certificate.names("10.1.2.3") == list(
        dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname().lower(), "10.1.2.3"])
    )


def test_it_is_kept_with_the_data(tmp_path: Path) -> None:
    pair = served("", "", tmp_path, "127.0.0.1")
    assert pair.cert == tmp_path / "tls" / "cert.pem"
    assert served(str(pair.cert), str(pair.key), None, "0.0.0.0") == pair


def test_its_path_says_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert served("", "", Path("data"), "127.0.0.1").cert == tmp_path / "data" / "tls" / "cert.pem"


def test_without_openssl_and_library_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setitem(__import__("sys").modules, "app.system.signing", None)
    with pytest.raises(CertificateError, match="apt install openssl"):
        own(tmp_path, NAMES)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    pair = own(tmp_path, NAMES)
    with pytest.raises(CertificateError, match="No such file"):
        served(str(tmp_path / "none.pem"), str(pair.key), None, "0.0.0.0")
    with pytest.raises(CertificateError, match="with the key"):
        served(str(pair.cert), str(pair.cert), None, "0.0.0.0")


def test_the_settings_go_together() -> None:
    assert not load([], {}).secure
    assert load(["--tls"], {}).self_signed
    assert load(["--tls", "--port", "1"], {}).port == 1
    assert load([], {"SCOPE_TLS": "off"}).secure is False
    given = load(["--tls-cert", "a.pem", "--tls-key", "b.pem"], {"SCOPE_TLS": "on"})
    assert (given.secure, given.self_signed) == (True, False)
    for half in ("--tls-cert", "--tls-key"):
        config = load([half, "a.pem"], {})
        assert config.secure
        with pytest.raises(CertificateError, match="SCOPE_TLS_CERT and SCOPE_TLS_KEY"):
            served(config.tls_cert, config.tls_key, None, config.bind)
    with pytest.raises(ConfigError, match="SCOPE_TLS='maybe': wants on or off"):
        load([], {"SCOPE_TLS": "maybe"})
