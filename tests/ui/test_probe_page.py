"""/probe: a phone's screen, sensors and microphone as channels, in a phone-sized browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.test_access import SPOKEN, UNNAMED

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SHAKE = """(n) => new Promise((done) => {
  const move = (i) => {
    if (i === n) return done()
    const accelerationIncludingGravity = {x: 2, y: 9.8, z: i / n}
    dispatchEvent(new DeviceMotionEvent('devicemotion', {accelerationIncludingGravity, interval: 16}))
    requestAnimationFrame(() => move(i + 1))
  }
  move(0)
})"""
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
  document.dispatchEvent(new Event('visibilitychange'))
}"""


class Phone:
    """A phone with the page open, and the POSTs that it has made."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.posts: list[tuple[float, Request]] = []
        page.on("request", self.noted)

    def noted(self, request: Request) -> None:
        if request.method == "POST":
            self.posts.append((time.monotonic(), request))

    def open(self, host: str = "localhost") -> Phone:
        self.page.goto(f"http://{host}:{self.server.port}/probe")
        expect(self.page.locator("#name")).to_have_text(re.compile(r"^phone-[a-z0-9]{3}$"))
        return self

    @property
    def name(self) -> str:
        return self.page.locator("#name").inner_text()

    def channel(self, name: str) -> dict[str, Any]:
        return self.server.channels().get(f"{self.name}.{name}", {"total": 0})

    def samples(self, name: str) -> tuple[Any, Any]:
        status, body = self.server.ask("GET", f"/data?channel={self.name}.{name}&n=all")
        assert status == 200
        found = json.loads(body)["channels"][f"{self.name}.{name}"]
        return np.array(found["x"]), np.array(found["y"], float)

    def touch(self, *places: tuple[float, float]) -> None:
        """Draw from one place of the pad to the next, in shares from its lower left corner, and let go."""
        box = self.page.locator("#pad").bounding_box()
        assert box is not None
        at = [(box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]) for x, y in places]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for place in at[1:]:
            self.page.mouse.move(*place, steps=5)
        self.sent(1)
        self.page.mouse.up()

    def sent(self, n: int) -> None:
        wait_until(lambda: self.channel("touch_x")["total"] >= n)


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Phone]:
    context = new_context(browser, **PHONE)
    context.grant_permissions(["accelerometer", "gyroscope", "magnetometer", "microphone"])
    yield Phone(context.new_page(), server)
    context.close()


def test_a_phone_is_a_probe_within_ten_seconds(phone: Phone) -> None:
    began = time.monotonic()
    phone.open("probe.test").touch((0.5, 0.5), (0.6, 0.6))
    took = time.monotonic() - began
    print(f"from opening /probe to the first sample in memory: {took:.2f} s")
    assert took < 10


def test_a_finger_is_two_channels_in_the_time_of_the_scope(phone: Phone) -> None:
    phone.open("probe.test").touch((0.25, 0.75), (0.75, 0.25))
    expect(phone.page.locator("#lamp")).to_have_attribute("data-lit", "yes")
    expect(phone.page.locator("#sent")).to_contain_text("samples taken")
    wait_until(lambda: len(phone.samples("touch_x")[1]) == len(phone.samples("touch_y")[1]) > 5)
    (x, across), (_, up) = phone.samples("touch_x"), phone.samples("touch_y")
    assert (across[0], up[0]) == pytest.approx((0.25, 0.75), abs=0.01)
    assert (np.diff(across) > -1e-6).all()
    assert (np.diff(up) < 1e-6).all()
    assert np.diff(x) == pytest.approx(1 / 60, abs=1e-4)
    assert abs(x[-1] - time.time()) < 5


def test_over_plain_http_the_page_says_why_it_is_only_a_touch_pad(phone: Phone) -> None:
    phone.open("probe.test")
    assert phone.page.evaluate("isSecureContext") is False
    expect(phone.page.locator("#sources")).to_be_hidden()
    expect(phone.page.locator("#plain")).to_contain_text("plain http")
    expect(phone.page.locator("#plain")).to_contain_text("./start.sh --tls")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.page.evaluate(UNNAMED) == []
    assert phone.page.evaluate(SPOKEN) == []


def test_motion_becomes_three_channels(phone: Phone) -> None:
    phone.open()
    assert phone.page.evaluate("isSecureContext") is True
    expect(phone.page.locator("#plain")).to_be_hidden()
    phone.page.click("#motion")
    expect(phone.page.locator("#motion")).to_have_attribute("aria-pressed", "true")
    phone.page.evaluate(SHAKE, 30)
    phone.page.click("#motion")
    wait_until(lambda: phone.channel("az")["total"] >= 20)
    assert [phone.channel(name)["unit"] for name in ("ax", "ay", "az")] == ["m/s²"] * 3
    (_, ax), (_, ay), (_, az) = (phone.samples(name) for name in ("ax", "ay", "az"))
    assert ax == pytest.approx(2)
    assert ay == pytest.approx(9.8)
    assert (np.diff(az) >= -1e-6).all()
    assert 0.5 < az[-1] < 1


@pytest.mark.timed
def test_the_microphone_is_a_channel_without_a_gap(phone: Phone) -> None:
    phone.open().page.click("#mic")
    wait_until(lambda: phone.channel("mic")["total"] > 60_000)
    phone.page.click("#mic")
    expect(phone.page.locator("#mic")).to_have_attribute("aria-pressed", "false")
    told = phone.channel("mic")
    rate = float(re.search(r"rate=(\d+)", phone.posts[-1][1].url)[1])  # type: ignore[index]
    x, heard = phone.samples("mic")
    assert np.diff(x).max() < 1.5 / rate
    assert np.abs(heard).max() > 0.1  # it beeps
    assert (told["gaps"], told["lost"]) == (0, 0)


def test_all_sources_together_make_less_than_twenty_posts_a_second(phone: Phone) -> None:
    phone.open().page.click("#mic")
    phone.page.click("#motion")
    phone.page.mouse.move(200, 300)
    phone.page.mouse.down()
    phone.page.evaluate(SHAKE, 90)
    phone.page.mouse.up()
    at = np.array([when for when, _ in phone.posts])
    assert len(at) > 5
    assert max(((at >= start) & (at < start + 1)).sum() for start in at) <= 21


def test_two_phones_have_channels_of_their_own(browser: Browser, phone: Phone) -> None:
    other = Phone(new_context(browser, **PHONE).new_page(), phone.server).open()
    phone.open()
    assert other.name != phone.name
    other.page.context.close()
    name = phone.name
    phone.page.reload()
    assert phone.open().name == name


def test_a_scope_that_takes_nothing_is_tried_again_when_it_said(phone: Phone) -> None:
    tries: list[tuple[float, str]] = []

    def answer(route: Route) -> None:
        tries.append((time.monotonic(), route.request.headers["x-seq"]))
        if len(tries) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"message": "later"})
        else:
            route.continue_()

    phone.page.route("**/data?*", answer)
    phone.open().page.locator("#pad").click()
    expect(phone.page.locator("#trouble")).to_contain_text("Trying again in 1 s")
    expect(phone.page.locator("#sent")).to_contain_text("samples taken")
    expect(phone.page.locator("#trouble")).to_be_empty()
    assert tries[1][0] - tries[0][0] > 0.9
    assert tries[1][1] == tries[0][1] == "1"  # the same request once more


def test_a_refusal_is_told_in_the_scopes_words_and_ends_the_source(phone: Phone) -> None:
    refusal = {"status": "error", "code": "forbidden", "message": "not a channel of this token"}
    phone.page.route("**/data?*", lambda route: route.fulfill(status=403, json=refusal))
    phone.open().page.click("#mic")
    expect(phone.page.locator("#trouble")).to_contain_text("not a channel of this token")
    expect(phone.page.locator("#mic")).to_have_attribute("aria-pressed", "false")


def test_a_hidden_page_sends_nothing(phone: Phone) -> None:
    phone.open().page.click("#mic")
    wait_until(lambda: phone.channel("mic")["total"] > 0)
    phone.page.evaluate(HIDE, True)
    expect(phone.page.locator("#mic")).to_have_attribute("aria-pressed", "false")
    expect(phone.page.locator("#trouble")).to_contain_text("while this page was hidden")
    expect(phone.page.locator("#lamp")).to_have_attribute("data-lit", "no")
