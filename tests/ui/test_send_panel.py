"""The send panel: what it tells for each program works as it stands, and its lamp says what was taken."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import requests
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PROGRAMS = ("curl", "Python", "JavaScript", "Arduino", "PowerShell", "Telegraf", "Node-RED")
TOLD = """async ([base, options]) => (await import('./assets/snippets.js')).snippets(base, options)"""
FOUND = """async ([base, lan]) => (await import('./assets/phone.js')).found(base, lan)?.href ?? null"""
IN_NETWORK = """new MutationObserver((_, watching) => {
  if (!document.body) return
  watching.disconnect()
  document.body.dataset.lan = '%s'
}).observe(document, {childList: true, subtree: true})"""  # what the server says of its own address
Texts = dict[str, str]


@pytest.fixture
def texts(front: Front) -> Texts:
    card = front.page.locator("#empty")
    return {name: text for name in PROGRAMS if (text := shown(card, name))}


def shown(card: Any, name: str) -> str:
    card.get_by_role("tab", name=name).click()
    expect(card.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    return str(card.locator("pre").text_content())


def told(front: Front, base: str, **options: object) -> Texts:
    found: Texts = front.page.evaluate(TOLD, [base, options])
    return found


def group(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


def posted(url: str, body: bytes, kind: str) -> None:
    answer = requests.post(url, body, headers={"Content-Type": kind}, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})


# the programs


def test_the_group_has_the_same_texts_in_a_menu(front: Front, texts: Texts) -> None:
    front.page.evaluate("document.querySelector('[data-group=send]').open = true")
    for name in PROGRAMS:
        front.page.select_option("#send-with", name)
        assert front.page.locator("#send pre").text_content() == texts[name]


def test_javascript_sends_in_a_browser_and_in_node(front: Front, texts: Texts, server: Server) -> None:
    page = front.page.context.new_page()
    page.goto(server.url + "healthz")
    page.evaluate(texts["JavaScript"])
    wait_until(lambda: front.received(3))
    page.close()
    node = shutil.which("node")
    if node is not None:
        before = server.channels()["ch1"]["total"]
        with subprocess.Popen([node, "-e", texts["JavaScript"]]) as sender:
            wait_until(lambda: server.channels()["ch1"]["total"] >= before + 3)
            sender.kill()


def test_what_an_arduino_would_send_is_taken(texts: Texts, server: Server) -> None:
    text = texts["Arduino"]
    body = group(text, r"http\.POST\((.+)\);").replace("String(analogRead(34) * 3.3 / 4095)", '"1.5"')
    parts = [json.loads(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', body)]
    posted(group(text, r'http\.begin\("([^"]+)"\)'), "".join(parts).encode(), "")
    assert server.channels()["ch1"]["unit"] == "V"


def test_what_powershell_would_send_is_taken(texts: Texts, server: Server) -> None:
    text = texts["PowerShell"]
    table = group(text, r"@\{ (.+?) \} \| ConvertTo-Json")
    pairs = dict(pair.split(" = ") for pair in table.split("; "))
    assert pairs == {"x": "$t", "y": "[Math]::Sin($t)"}
    url, kind = (group(text, rf'-{flag} "([^"]+)"') for flag in ("Uri", "ContentType"))
    posted(url, json.dumps({"x": 0.05, "y": 0.04998}).encode(), kind)
    assert server.channels()["ch1"]["total"] == 1


def test_what_telegraf_would_send_is_taken(texts: Texts, server: Server) -> None:
    """As its output influxdb_v2 does: gzip, nanoseconds, the token in Authorization."""
    settings = tomllib.loads(texts["Telegraf"])
    (output,), (cpu,) = settings["outputs"]["influxdb_v2"], settings["inputs"]["cpu"]
    fields = ",".join(f"{name}=1.5" for name in cpu["fieldinclude"])
    answer = requests.post(
        output["urls"][0] + "/api/v2/write",
        gzip.compress(f"cpu,cpu=cpu-total,host=lab {fields} {time.time_ns()}\n".encode()),
        params={"bucket": output["bucket"], "org": output["organization"]},
        headers={
            "Authorization": f"Token {output['token']}",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Encoding": "gzip",
            "User-Agent": "Telegraf",
        },
        timeout=10,
    )
    assert answer.status_code == 204
    assert set(server.channels()) == {f"cpu.{name}/cpu-total/lab" for name in cpu["fieldinclude"]}


def test_the_node_red_flow_is_a_chain_of_nodes_whose_message_is_taken(
    front: Front, texts: Texts, server: Server
) -> None:
    nodes = {node["id"]: node for node in json.loads(texts["Node-RED"])}
    (tick,) = (node for node in nodes.values() if node["type"] == "inject")
    ((made,),) = tick["wires"]
    ((sent,),) = nodes[made]["wires"]
    assert (nodes[made]["type"], nodes[sent]["type"]) == ("function", "http request")
    message = front.page.evaluate(f"((msg) => {{ {nodes[made]['func']} }})({{payload: 0}})")
    assert nodes[sent]["method"] == "POST"
    posted(nodes[sent]["url"], json.dumps(message["payload"]).encode(), "application/json")


def test_the_readme_shows_these_texts(front: Front) -> None:
    local, lan = "http://localhost:8080", "http://192.168.1.20:8080"
    for name, text in told(front, local + "/", lan=lan.removeprefix("http://")).items():
        if name == "curl":
            continue  # it has several there
        assert text in README, name


@pytest.mark.parametrize(
    ("base", "lan", "url"),
    [
        ("http://localhost:8080/", "192.168.1.20:8080", "http://192.168.1.20:8080/data"),
        ("https://127.0.0.1/lab/", "192.168.1.20:443", "https://192.168.1.20/lab/data"),
        ("http://scope.local/", "192.168.1.20:80", "http://scope.local/data"),
    ],
)
def test_a_device_is_told_an_address_in_the_network(front: Front, base: str, lan: str, url: str) -> None:
    texts = told(front, base, lan=lan)
    assert f'"{url}"' in texts["Arduino"]
    assert "// ESP32\n" in texts["Arduino"]
    assert f"{base}data" in texts["curl"]


def test_a_device_without_such_an_address_is_told_what_it_needs(front: Front) -> None:
    text = told(front, "http://localhost:8080/")["Arduino"]
    assert "this machine’s address in your network" in text.splitlines()[0]


def test_a_token_and_a_certificate_of_the_scopes_own_go_into_every_text(front: Front) -> None:
    made = told(front, "https://scope.lan/", token="bench-4f1c9a27", selfSigned=True)
    careless = (
        "-k",
        "verify=False",
        "REJECT_UNAUTHORIZED=0",
        "setInsecure",
        "-SkipCert",
        "skip_verify",
        "false",
    )
    for (name, text), word in zip(made.items(), careless, strict=True):
        assert "bench-4f1c9a27" in text, name
        assert word in text, name
        assert "https://scope.lan" in text, name
    assert subprocess.run(["bash", "-n", "-c", made["curl"]]).returncode == 0
    json.loads(made["Node-RED"])
    assert tomllib.loads(made["Telegraf"])["outputs"]["influxdb_v2"][0]["insecure_skip_verify"] is True
    plain = told(front, "https://scope.lan/", selfSigned=False)
    assert not any(word in plain[name] for name, word in (("curl", "-k"), ("Python", "verify")))


# the lamp


def test_the_lamp_is_green_while_the_scope_takes_samples(front: Front, server: Server) -> None:
    lamp = front.page.locator("#send .receiving")
    front.page.evaluate("document.querySelector('[data-group=send]').open = true")
    expect(lamp).to_have_text("waiting for the first sample")
    status, _ = server.ask("POST", "/data", {"y": "no number"})
    assert status == 400
    expect(lamp).to_have_text("waiting for the first sample")
    server.post({"y": 1.5})
    expect(lamp).to_have_text(re.compile(r"^receiving [\d.]+ m?Sa/s$"))
    expect(lamp).to_have_class(re.compile("lit"))


def test_the_demo_does_not_light_it(front: Front) -> None:
    front.page.locator("#empty .demo").click()
    front.has("demo signal")
    lamp = front.page.locator("#send .receiving")
    expect(lamp).to_have_text("waiting for the first sample")
    front.page.locator("#stop-demo").click()
    front.has()


# the code for a phone


@pytest.mark.parametrize(
    ("base", "lan", "found"),
    [
        ("http://localhost:8080/", "192.168.1.20:8080", "http://192.168.1.20:8080/probe"),
        ("http://127.0.0.1/", "192.168.1.20:80", "http://192.168.1.20/probe"),
        ("https://localhost/lab/", "[fd00::2]:443", "https://[fd00::2]/lab/probe"),
        ("http://localhost:9000/", "172.17.0.2:80", None),
        ("http://[::1]:8080/", "", None),
        ("http://scope.local:8080/", "", "http://scope.local:8080/probe"),
        ("https://scope.example.org/", "10.0.0.4:80", "https://scope.example.org/probe"),
    ],
)
def test_the_code_holds_an_address_that_a_phone_can_reach(
    front: Front, base: str, lan: str, found: str | None
) -> None:
    assert front.page.evaluate(FOUND, [base, lan]) == found


def test_a_page_of_this_machine_alone_says_that_a_phone_cannot_come(front: Front) -> None:
    expect(front.page.locator("#empty .scan")).to_contain_text("A phone cannot reach this scope")
    assert front.page.locator("#empty .scan img").count() == 0


def test_a_page_under_localhost_shows_the_address_in_the_network_as_a_code(
    front: Front, server: Server
) -> None:
    page, place = front.page.context.new_page(), f"192.168.1.20:{server.port}"

    page.add_init_script(IN_NETWORK % place)
    page.goto(server.url)
    assert read(page.locator("#empty .scan img")) == f"http://{place}/probe"
    expect(page.locator("#empty .scan a")).to_have_text(f"{place}/probe")
    page.close()


def read(picture: Locator) -> str:
    """What a camera reads from a picture."""
    expect(picture).to_have_attribute("src", re.compile("^blob:"))
    wait_until(lambda: picture.evaluate("(image) => image.complete && image.naturalWidth > 0"))
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    return str(code.text)


def test_a_page_of_another_host_shows_its_own_address_as_a_code(front: Front, server: Server) -> None:
    page = front.page.context.new_page()
    page.goto(f"http://probe.test:{server.port}/")
    asked = f"http://probe.test:{server.port}/probe"
    picture = page.locator("#empty .scan img")
    assert read(picture) == asked
    expect(picture).to_have_attribute("alt", f"QR code of {html.escape(asked)}")
    page.close()
