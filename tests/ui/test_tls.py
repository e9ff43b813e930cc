"""./start.sh --tls, with nginx in front and alone: senders, the panel in a browser, and a phone."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect
from websockets.sync.client import connect

from tests.conftest import wait_until
from tests.launch.conftest import Scope, copy_project, environment, free_port, needs_nginx, refusal
from tests.ui.conftest import new_context
from tests.ui.test_probe_page import PHONE

WAYS = [pytest.param("on", id="nginx", marks=needs_nginx), pytest.param("off", id="alone")]


class Secure:
    """A running start.sh --tls, and what trusts its certificate."""

    def __init__(self, scope: Scope, folder: Path, nginx: str) -> None:
        self.scope, self.nginx = scope, nginx
        self.cert = str(folder / ".cache" / "tls" / "cert.pem")

    def url(self, path: str = "", host: str = "localhost", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.scope.port}/{path}"

    def channels(self) -> dict[str, int]:
        told = requests.get(self.url("channels"), verify=self.cert, timeout=10).json()
        return {channel["name"]: channel["total"] for channel in told}


@pytest.fixture(scope="module", params=WAYS)
def secure(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = copy_project(tmp_path_factory.mktemp("tls") / "scope")
    started = Scope(folder, ["--tls"], environment(SCOPE_NGINX=request.param), free_port())
    try:
        yield Secure(started.up(), folder, request.param)
        os.kill(started.process.pid, signal.SIGTERM)
        assert started.status() == 0
    finally:
        started.remove()


@pytest.fixture
def trusting(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody who goes on in spite of the warning."""
    context = new_context(browser, ignore_https_errors=True)
    yield context
    context.close()


def test_it_says_https_and_takes_samples_by_every_name(secure: Secure) -> None:
    assert f"Web Oscilloscope on https://localhost:{secure.scope.port}" in secure.scope.text()
    for host in ("localhost", "127.0.0.1"):
        answer = requests.post(secure.url("data", host), json={"y": 1.5}, verify=secure.cert, timeout=10)
        assert answer.json() == {"status": "success"}
    trusting = ssl.create_default_context(cafile=secure.cert)
    with connect(secure.url("data", scheme="wss"), ssl=trusting) as probe:
        probe.send('{"y": 1}')
        assert probe.recv() == '{"ack":1}'


def test_the_panel_lives_and_tells_a_curl_line_that_works(secure: Secure, trusting: BrowserContext) -> None:
    requests.delete(secure.url("data"), verify=secure.cert, timeout=10)
    wait_until(lambda: '"token"' in requests.get(secure.url(), verify=secure.cert, timeout=10).text, 60)
    page = trusting.new_page()
    page.goto(secure.url())
    expect(page.locator("#status-timebase")).to_contain_text("/div")
    line = page.locator("#empty pre").text_content() or ""
    assert "-k" in line
    answer = subprocess.run(["bash", "-c", line], capture_output=True, timeout=10)
    assert answer.stdout == b'{"status":"success"}'
    expect(page.locator(".box .label")).to_have_text(["ch1"])
    requests.delete(secure.url("data"), verify=secure.cert, timeout=10)
    page.locator("#empty .demo").click()  # a sender that speaks to the same port
    expect(page.locator(".box .label")).to_have_text(["demo signal"])
    page.locator("#stop-demo").click()


def test_a_phone_has_its_microphone(secure: Secure, browser: Browser) -> None:
    context = new_context(browser, ignore_https_errors=True, **PHONE)
    context.grant_permissions(["microphone"])
    page = context.new_page()
    wait_until(lambda: "Touch" in requests.get(secure.url("probe"), verify=secure.cert, timeout=10).text, 60)
    page.goto(secure.url("probe", "probe.test"))
    expect(page.locator("#plain")).to_be_hidden()
    page.click("#mic")
    wait_until(lambda: any(name.endswith(".mic") for name in secure.channels()))
    expect(page.locator("#lamp")).to_have_attribute("data-lit", "yes")
    context.close()


def test_plain_http_is_led_to_https(secure: Secure) -> None:
    url = secure.url("data", scheme="http")
    answer = requests.post(url, b'{"y": 1}', timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, secure.url("data"))


def test_a_certificate_that_is_none_ends_it_with_one_sentence(tmp_path: Path) -> None:
    folder = copy_project(tmp_path / "scope")
    for nginx in ("off", ""):
        flags = ["--port", "0", "--tls-cert", "no.pem", "--tls-key", "no.key"]
        status, said = refusal(folder, *flags, SCOPE_NGINX=nginx)
        assert status == 1
        assert said.startswith("start.sh: The certificate ")
        assert said.count("\n") == 1
