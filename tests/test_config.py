"""Every setting, by environment variable and by flag, and what a bad value hears."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from app.config import Config, ConfigError, load, parser
from app.texts import Broker, Store, Token, digest

GOOD = [
    ("port", "PORT", "9000", 9000),
    ("port", "PORT", "0", 0),
    ("bind", "BIND", "127.0.0.1", "127.0.0.1"),
    ("socket", "SCOPE_SOCKET", "/run/scope.sock", "/run/scope.sock"),
    ("allow_ws_origin", "BOKEH_ALLOW_WS_ORIGIN", "a.example, b.example:81,", ("a.example", "b.example:81")),
    (
        "allow_origin",
        "SCOPE_ALLOW_ORIGIN",
        "https://Lab.example/, http://a:81",
        ("https://lab.example", "http://a:81"),
    ),
    ("write_tokens", "SCOPE_WRITE_TOKENS", "a-long-token", (Token(digest("a-long-token")),)),
    (
        "write_tokens",
        "SCOPE_WRITE_TOKENS",
        "long-token:a|b:c,\nother-one\n",
        (Token(digest("long-token"), frozenset({"a", "b:c"})), Token(digest("other-one"))),
    ),
    ("view_tokens", "SCOPE_VIEW_TOKENS", "12345678", (Token(digest("12345678")),)),
    ("secret_key", "BOKEH_SECRET_KEY", "a key", "a key"),
    ("rate_points", "SCOPE_RATE_POINTS", "1e6", 1_000_000),
    ("rate_requests", "SCOPE_RATE_REQUESTS", "0", 0),
    ("rate_channels", "SCOPE_RATE_CHANNELS", "30", 30),
    ("data", "SCOPE_DATA", "/var/lib/scope", Path("/var/lib/scope")),
    ("data", "SCOPE_DATA", "~/scope", Path.home() / "scope"),
    ("tls", "SCOPE_TLS", "on", True),
    ("tls", "SCOPE_TLS", "no", False),
    ("tls_cert", "SCOPE_TLS_CERT", "cert.pem", "cert.pem"),
    ("tls_key", "SCOPE_TLS_KEY", "key.pem", "key.pem"),
    ("max_recording", "SCOPE_MAX_RECORDING", "2G", 2 << 30),
    ("max_recordings", "SCOPE_MAX_RECORDINGS", "5", 5),
    ("mqtt", "SCOPE_MQTT", "mqtt://broker.local/lab/#", Broker("broker.local", 1883, "lab/#")),
    ("mqtt", "SCOPE_MQTT", "mqtts://me:p%40ss@[::1]:1/a", Broker("::1", 1, "a", "me", "p@ss", secure=True)),
    ("redis", "SCOPE_REDIS", "redis://localhost", Store("localhost", 6379)),
    ("redis", "SCOPE_REDIS", "rediss://me:p%40ss@[::1]:1/2", Store("::1", 1, 2, "me", "p@ss", secure=True)),
    ("scope_points", "SCOPE_POINTS", "1_000", 1000),
    ("scope_points", "SCOPE_POINTS", "1e6", 1_000_000),
    ("scope_memory", "SCOPE_MEMORY", "512M", 512 << 20),
    ("scope_memory", "SCOPE_MEMORY", "2GiB", 2 << 30),
    ("scope_memory", "SCOPE_MEMORY", "1.5g", 3 << 29),
    ("max_body", "SCOPE_MAX_BODY", "4096", 4096),
    ("max_body", "SCOPE_MAX_BODY", "64 kB", 64 << 10),
    ("teleplot_udp", "SCOPE_TELEPLOT_UDP", "47269", 47269),
    ("max_binary", "SCOPE_MAX_BINARY", "2M", 2 << 20),
    ("max_binary_samples", "SCOPE_MAX_BINARY_SAMPLES", "1e6", 1_000_000),
    ("max_samples", "SCOPE_MAX_SAMPLES", "10", 10),
    ("max_channels", "SCOPE_MAX_CHANNELS", "8", 8),
    ("max_requests", "SCOPE_MAX_REQUESTS", "8", 8),
    ("channel_idle", "SCOPE_CHANNEL_IDLE", "0", 0),
    ("channel_idle", "SCOPE_CHANNEL_IDLE", "72", 72),
    ("max_tabs", "SCOPE_MAX_TABS", "20", 20),
    ("max_viewers", "SCOPE_MAX_VIEWERS", "100", 100),
    ("max_senders", "SCOPE_MAX_SENDERS", "10", 10),
    ("max_connections", "SCOPE_MAX_CONNECTIONS", "1e3", 1000),
    ("memory_limit", "SCOPE_MEMORY_LIMIT", "512M", 512 << 20),
    ("log", "SCOPE_LOG", "json", "json"),
]
BAD = [
    ("PORT", "http"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("BOKEH_ALLOW_WS_ORIGIN", "*"),
    ("BOKEH_ALLOW_WS_ORIGIN", "https://lab.example"),
    ("BOKEH_ALLOW_WS_ORIGIN", "lab.example:port"),
    ("SCOPE_ALLOW_ORIGIN", "*"),
    ("SCOPE_ALLOW_ORIGIN", "lab.example"),
    ("SCOPE_RATE_POINTS", "-1"),
    ("SCOPE_DATA", "a\0b"),
    ("SCOPE_POINTS", "0"),
    ("SCOPE_POINTS", "1.5"),
    ("SCOPE_POINTS", "nan"),
    ("SCOPE_POINTS", "inf"),
    ("SCOPE_MEMORY", "much"),
    ("SCOPE_MEMORY", "0"),
    ("SCOPE_MEMORY", "-1M"),
    ("SCOPE_MEMORY", "inf"),
    ("SCOPE_MEMORY", "M"),
    ("SCOPE_MAX_BODY", "1x"),
    ("SCOPE_MAX_CHANNELS", "none"),
    ("SCOPE_MAX_TABS", "-3"),
    ("SCOPE_LOG", "xml"),
]


def names(kind: str) -> list[str]:
    return [f.metadata[kind] for f in fields(Config)]


def test_nothing_set_gives_the_defaults() -> None:
    assert load([], {}) == Config()
    assert (Config().port, Config().bind, Config().scope_points) == (8080, "0.0.0.0", 1_000_000)


@pytest.mark.parametrize(("name", "variable", "text", "value"), GOOD)
def test_a_variable_sets_its_setting(name: str, variable: str, text: str, value: object) -> None:
    assert load([], {variable: text}) == Config(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "variable", "text", "value"), GOOD)
def test_a_flag_sets_its_setting(name: str, variable: str, text: str, value: object) -> None:
    assert load(["--" + name.replace("_", "-"), text], {}) == Config(**{name: value})  # type: ignore[arg-type]


def test_every_setting_is_tried_here() -> None:
    assert {name for name, *_ in GOOD} == {f.name for f in fields(Config)}


def test_a_flag_wins_over_the_variable() -> None:
    assert load(["--port", "1"], {"PORT": "2"}).port == 1


def test_an_empty_variable_is_not_set() -> None:
    assert load([], dict.fromkeys(names("env"), "")) == Config()


@pytest.mark.parametrize("flag", ["-s", "--scope_points", "--scope-points"])
def test_the_first_versions_flag_for_the_record_length_still_works(flag: str) -> None:
    assert load([flag, "500"], {}).scope_points == 500


@pytest.mark.parametrize(("variable", "text"), BAD)
def test_a_bad_value_is_named_with_what_would_be_right(variable: str, text: str) -> None:
    wants = dict(zip(names("env"), names("wants"), strict=True))[variable]
    with pytest.raises(ConfigError) as caught:
        load([], {variable: text})
    assert str(caught.value) == f"{variable}={text!r}: wants {wants}"


@pytest.mark.parametrize("text", ["short", "good-enough,short", "töken-töken", "good-enough:a, :b"])
def test_a_bad_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load([], {"SCOPE_WRITE_TOKENS": text})
    assert "8 characters" in str(caught.value)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["http://broker/a", "mqtt://broker", "mqtt://broker/", "mqtt://a:secret@b:99999/c"]
)
def test_a_bad_broker_is_refused_and_its_password_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="wants mqtt://") as caught:
        load([], {"SCOPE_MQTT": text})
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(load([], {"SCOPE_MQTT": "mqtt://a:secret@b/c"}))


@pytest.mark.parametrize("text", ["localhost:6379", "redis://", "redis://a:secret@b:99999", "redis://b/x"])
def test_a_bad_redis_is_refused_and_its_password_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="wants redis://") as caught:
        load([], {"SCOPE_REDIS": text})
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(load([], {"SCOPE_REDIS": "redis://a:secret@b"}))


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("first-token\nsecond-token:ch1\n")
    made = load([], {"SCOPE_WRITE_TOKENS_FILE": str(path)})
    assert made.write_tokens == (
        Token(digest("first-token")),
        Token(digest("second-token"), frozenset({"ch1"})),
    )
    assert "token" not in repr(made.write_tokens).replace("Token", "")
    both = {"SCOPE_WRITE_TOKENS_FILE": str(path), "SCOPE_WRITE_TOKENS": "third-token"}
    assert load([], both).write_tokens == (Token(digest("third-token")),)
    with pytest.raises(ConfigError, match="wants a file that can be read"):
        load([], {"SCOPE_VIEW_TOKENS_FILE": str(tmp_path / "none")})


def test_a_flag_that_does_not_exist_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        load(["--volts", "5"], {})
    assert caught.value.code == 2
    assert "--volts" in capsys.readouterr().err


def test_flags_are_not_guessed_from_their_beginning() -> None:
    with pytest.raises(SystemExit):
        load(["--por", "5"], {})


def test_help_names_every_variable_and_default() -> None:
    text = " ".join(parser().format_help().split())
    for f in fields(Config):
        assert f"environment: {f.metadata['env']}, default: " in text
        assert f.metadata["doc"] in text


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]
