#!/usr/bin/env python3
"""Send test signals to the oscilloscope: random points as the first version did, or a wave."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import requests

RETRY = {408, 429, 502, 503, 504}  # the server may take the same bytes later; any other error is final
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
FORGIVEN = 1.0  # s; what is late by more than this is not caught up
ENOUGH = 0.95  # of the rate that was asked for
POINT_RATE = 5.0  # points/s without --wave
WAVE_RATE = 1000.0  # samples/s with --wave
POSTS = 20  # POSTs/s when --batch is not given
MOST_SAMPLES = 50_000  # numbers in one POST when --batch is not given
TURN = 2 * math.pi


class RefusedError(Exception):
    """The server does not want this data, now or later."""


def sine(phase: float) -> float:
    return math.sin(TURN * phase)


def square(phase: float) -> float:
    return 1.0 if phase % 1 < 0.5 else -1.0


def triangle(phase: float) -> float:
    return 1 - 4 * abs((phase + 0.25) % 1 - 0.5)


def chirp(phase: float) -> float:
    """A sweep over 20 periods of the lowest frequency, up to ten times that."""
    t = phase % 20
    return math.sin(TURN * (t + 9 * t * t / 40))


def noise(_: float) -> float:
    return random.gauss(0, 1)


def lissajous(phase: float) -> float:
    """The y of the figure; its x is a sine of two thirds of the frequency."""
    return math.sin(TURN * phase)


WAVES: dict[str, Callable[[float], float]] = {
    "sine": sine,
    "square": square,
    "triangle": triangle,
    "chirp": chirp,
    "noise": noise,
    "lissajous": lissajous,
}


@dataclass(frozen=True)
class Signal:
    """What to send: the wave of each channel, one shifted against the next.

    frequency  Hz
    rate       samples/s of each channel
    """

    wave: str
    frequency: float
    amplitude: float
    mean: float
    rate: float
    channels: int
    unit: str | None

    def body(self, start: int, n: int) -> bytes:
        """The JSON of samples start to start + n, which join those before without a gap."""
        block: dict[str, object] = {
            "channels": {f"ch{k + 1}": self.y(k, start, n) for k in range(self.channels)}
        }
        if self.wave == "lissajous":
            block["x"] = self.values(sine, 2 / 3, 0.0, range(start, start + n))
        else:
            block |= {"t0": start / self.rate, "rate": self.rate}
        if self.unit is not None:
            block["unit"] = self.unit
        return json.dumps(block, separators=(",", ":")).encode()

    def y(self, channel: int, start: int, n: int) -> list[float]:
        return self.values(WAVES[self.wave], 1, channel / self.channels, range(start, start + n))

    def values(
        self, shape: Callable[[float], float], ratio: float, shift: float, numbers: range
    ) -> list[float]:
        step = self.frequency * ratio / self.rate
        return [round(self.mean + self.amplitude * shape(i * step + shift), 9) for i in numbers]


class Probe:
    """A connection to the oscilloscope, kept open."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Content-Type"] = "application/json"

    def post(self, body: bytes) -> requests.Response:
        return self.session.post(self.url, data=body, timeout=10)

    def send(self, body: bytes) -> None:
        """Post until it is stored, with growing random pauses.

        RefusedError  the server will never take it
        """
        for longest in waits():
            try:
                response = self.post(body)
            except requests.RequestException as error:
                reason, least = str(error), 0.0
            else:
                if response.ok:
                    return
                reason, least = f"{response.status_code} {message(response)}", retry_after(response)
                if response.status_code not in RETRY:
                    raise RefusedError(reason)
            wait = max(least, random.uniform(0, longest))
            print(f"Error sending data: {reason}; again in {wait:.1f} s", flush=True)
            time.sleep(wait)


def waits() -> Iterator[float]:
    """The longest pause after each failure in turn."""
    return (min(LONGEST_WAIT, FIRST_WAIT * 2**n) for n in itertools.count())


def retry_after(response: requests.Response) -> float:
    """The pause that the server asks for, in seconds."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def message(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason


class Pace:
    """Absolute deadlines: what is late once does not make everything after it later.

    rate  samples/s
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.start = self.reported = time.monotonic()
        self.n = self.n_reported = 0

    def wait(self, n: int) -> None:
        """Until the next n samples have been taken."""
        self.n += n
        ahead = self.start + self.n / self.rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        elif ahead < -FORGIVEN:
            self.start -= ahead

    def report(self, wave: str) -> None:
        """A line each second: the real rate."""
        now = time.monotonic()
        if now - self.reported < 1:
            return
        rate = (self.n - self.n_reported) / (now - self.reported)
        late = "" if rate > ENOUGH * self.rate else "; cannot keep up: larger --batch or lower --rate"
        print(f"{wave}: {self.n} samples, {rate:.1f} samples/s of {self.rate:g} asked{late}", flush=True)
        self.reported, self.n_reported = now, self.n


def send_points(probe: Probe, args: argparse.Namespace) -> None:
    """One random point at a time, as the first version of this script did."""
    pace = Pace(args.rate or POINT_RATE)
    for x in itertools.count() if args.count is None else range(args.count):
        point = {"x": x, "y": random.gauss(args.mean, args.std)}
        try:
            response = probe.post(json.dumps(point | ({"unit": args.unit} if args.unit else {})).encode())
            print(f"Sent data point: x={x}, y={point['y']:.2f}")
            print(f"Response: {response.json()}", flush=True)
        except (requests.RequestException, ValueError) as error:
            print(f"Error sending data: {error}", flush=True)
        pace.wait(1)


def send_wave(probe: Probe, args: argparse.Namespace) -> None:
    """Blocks of a wave, each sent when its last sample is due."""
    rate = args.rate or WAVE_RATE
    signal = Signal(args.wave, args.frequency, args.amplitude, args.mean, rate, args.channels, args.unit)
    most = max(1, MOST_SAMPLES // (args.channels + 1))
    batch = args.batch or min(most, max(1, round(rate / POSTS)))
    pace = Pace(rate)
    begun = time.monotonic()
    while args.count is None or pace.n < args.count:
        n = batch if args.count is None else min(batch, args.count - pace.n)
        body = signal.body(pace.n, n)
        pace.wait(n)
        probe.send(body)
        pace.report(args.wave)
    seconds = time.monotonic() - begun
    print(f"{args.wave}: sent {pace.n} samples in {seconds:.2f} s, {pace.n / seconds:.1f} samples/s")


def above_zero(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Send test signals to the oscilloscope.")
    parser.add_argument("--url", default="http://localhost:8080/data", help="where to POST (%(default)s)")
    parser.add_argument(
        "--mean", type=float, default=0, help="mean of the points, offset of a wave (%(default)s)"
    )
    parser.add_argument(
        "--std", type=float, default=20, help="standard deviation of the points (%(default)s)"
    )
    parser.add_argument("--wave", choices=WAVES, help="send a wave instead of random points")
    parser.add_argument("--frequency", type=above_zero, default=5, help="Hz (%(default)s)")
    parser.add_argument(
        "--amplitude", type=float, default=1, help="peak; of noise: standard deviation (%(default)s)"
    )
    parser.add_argument("--rate", type=above_zero, help="samples/s of each channel (points: 5, waves: 1000)")
    parser.add_argument("--channels", type=count, default=1, help="ch1 to chN, one shifted against the next")
    parser.add_argument("--batch", type=count, help="samples of each channel in one POST (for 20 POSTs/s)")
    parser.add_argument("--count", type=count, help="stop after so many samples of each channel")
    parser.add_argument("--unit", help="unit of y, such as V")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = arguments(argv)
    probe = Probe(args.url)
    print(f"Sending to {args.url}; Ctrl-C stops.", flush=True)
    try:
        (send_wave if args.wave else send_points)(probe, args)
    except KeyboardInterrupt:
        print("Stopped.")
    except RefusedError as error:
        print(f"Error sending data: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
