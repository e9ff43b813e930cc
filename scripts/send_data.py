#!/usr/bin/env python3
"""Send signals to the oscilloscope.

send_data.py                               random points, five a second, as the first version did
send_data.py --wave square --channels 4    a wave, until Ctrl-C
send_data.py music.wav                     a WAV or CSV file as if it were played; --fast: at once
send_data.py -                             lines from standard input: 21.5, temp 21.5, or 1,2,3
send_data.py --system                      how busy this machine is
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import random
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

import requests
from recorded import is_recording, recording_blocks
from sources import (
    MOST_SAMPLES,
    POSTS,
    Block,
    SourceError,
    csv_blocks,
    line_blocks,
    system_blocks,
    wav_blocks,
)
from waves import WAVES, Signal

RETRY = {408, 429, 502, 503, 504}  # the server may take the same bytes later; any other error is final
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
FORGIVEN = 1.0  # s; what is late by more than this is not caught up
ENOUGH = 0.95  # of the rate that was asked for
POINT_RATE = 5.0  # points/s without --wave
WAVE_RATE = 1000.0  # samples/s with --wave, and rows/s of a CSV file without a column x
SYSTEM_RATE = 2.0  # readings/s
BAR = 30  # characters
TOKEN = "SCOPE_TOKEN"  # the variable that holds it, so that it need not be in a command


class RefusedError(Exception):
    """The server does not want this data, now or later."""


class Probe:
    """A connection to the oscilloscope, kept open.

    Each body has a number, by which the server knows one that comes again because its answer was lost.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.numbers = itertools.count(1)
        self.session = requests.Session()
        self.session.headers["Content-Type"] = "application/json"
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"
        self.named = {"X-Source-Id": "send_data", "X-Boot-Id": uuid.uuid4().hex}

    def post(self, body: bytes, query: Mapping[str, str] = {}, **headers: str) -> requests.Response:
        return self.session.post(self.url, data=body, params=query, headers=headers, timeout=10)

    def send(self, body: bytes, query: Mapping[str, str] = {}) -> None:
        """Post until it is stored, the same bytes with the same number, with growing random pauses.

        RefusedError  the server will never take it
        """
        headers = {**self.named, "X-Seq": str(next(self.numbers))}
        headers |= {"Content-Type": "application/octet-stream"} if "dtype" in query else {}
        for longest in waits():
            try:
                response = self.post(body, query, **headers)
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
        self.start += wait_until(self.start + self.n / self.rate)

    def report(self, wave: str) -> None:
        """A line each second: the real rate."""
        now = time.monotonic()
        if now - self.reported < 1:
            return
        rate = (self.n - self.n_reported) / (now - self.reported)
        late = "" if rate > ENOUGH * self.rate else "; cannot keep up: larger --batch or lower --rate"
        print(f"{wave}: {self.n} samples, {rate:.1f} samples/s of {self.rate:g} asked{late}", flush=True)
        self.reported, self.n_reported = now, self.n


def wait_until(due: float) -> float:
    """Wait; returns by how many seconds everything after this is to be later, as it cannot be caught up."""
    ahead = due - time.monotonic()
    time.sleep(max(0.0, ahead))
    return -ahead if ahead < -FORGIVEN else 0.0


class Progress:
    """How far it is: a bar on a terminal, else a line each second."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.n = 0
        self.begun = self.told = time.monotonic()
        self.bar = sys.stdout.isatty()

    def tell(self, block: Block) -> None:
        self.n += block.n
        now = time.monotonic()
        if now - self.told < (0.1 if self.bar else 1):
            return
        self.told = now
        print(self.line(block.share), end="" if self.bar else "\n", flush=True)

    def line(self, share: float | None) -> str:
        rate = self.n / max(1e-9, time.monotonic() - self.begun)
        done = "" if share is None else f"{share:4.0%} "
        full = round(BAR * (share or 0))
        bar = f"\r[{'#' * full}{'.' * (BAR - full)}] " if self.bar and share is not None else "\r" * self.bar
        return f"{bar}{done}{self.name}: {self.n} samples, {rate:.1f} samples/s"

    def end(self) -> None:
        seconds = max(1e-9, time.monotonic() - self.begun)
        print(
            "\n" * self.bar
            + f"{self.name}: sent {self.n} samples in {seconds:.2f} s, {self.n / seconds:.1f} samples/s"
        )


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


def send_blocks(probe: Probe, blocks: Iterable[Block], name: str, *, fast: bool, most: int | None) -> None:
    """Blocks one after another, each when its last sample is due.

    fast  as soon as the server has the last one
    most  samples
    """
    progress, start = Progress(name), time.monotonic()
    for block in blocks:
        if not fast and block.until:
            start += wait_until(start + block.until)
        probe.send(block.body, block.query)
        progress.tell(block)
        if most is not None and progress.n >= most:
            break
    progress.end()


def send(probe: Probe, args: argparse.Namespace) -> None:
    """What the arguments ask for."""
    if args.source is None and not args.system:
        (send_wave if args.wave else send_points)(probe, args)
        return
    if args.system:
        name, blocks, fast = "system", system_blocks(args.rate or SYSTEM_RATE), True
    elif args.source == "-":
        name, blocks, fast = "lines", line_blocks(sys.stdin, args.unit), True
    elif args.source.lower().endswith((".wav", ".wave")):
        name, blocks, fast = os.path.basename(args.source), wav_blocks(args.source, args.unit), args.fast
    elif is_recording(args.source):
        name, blocks, fast = os.path.basename(args.source), recording_blocks(args.source), args.fast
    else:
        blocks = csv_blocks(args.source, args.rate or WAVE_RATE, args.unit)
        name, fast = os.path.basename(args.source), args.fast
    send_blocks(probe, blocks, name, fast=fast, most=args.count)


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
    parser = argparse.ArgumentParser(
        usage="send_data.py [flags] [source]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", nargs="?", help="a WAV or CSV file, or - for standard input")
    where = parser.add_argument_group("where to")
    where.add_argument("--url", default="http://localhost:8080/data", help="where to POST (%(default)s)")
    where.add_argument(
        "--token",
        default=os.environ.get(TOKEN, ""),
        help=f"write token, if the scope asks for one (${TOKEN})",
    )
    points = parser.add_argument_group("random points (when nothing else is asked for)")
    points.add_argument("--mean", type=float, default=0, help="mean; also the offset of a wave (%(default)s)")
    points.add_argument("--std", type=float, default=20, help="standard deviation (%(default)s)")
    waves = parser.add_argument_group("waves")
    waves.add_argument("--wave", choices=WAVES, help="its shape")
    waves.add_argument("--frequency", type=above_zero, default=5, help="Hz (%(default)s)")
    waves.add_argument(
        "--amplitude", type=float, default=1, help="peak; of noise: standard deviation (%(default)s)"
    )
    waves.add_argument("--channels", type=count, default=1, help="ch1 to chN, one shifted against the next")
    waves.add_argument("--batch", type=count, help="samples of each channel in one POST (for 20 POSTs/s)")
    others = parser.add_argument_group("other sources")
    others.add_argument(
        "--fast", action="store_true", help="a file as fast as it goes, not as it was recorded"
    )
    others.add_argument(
        "--system", action="store_true", help="processor and memory of this machine, in percent"
    )
    for_all = parser.add_argument_group("for all")
    for_all.add_argument(
        "--rate",
        type=above_zero,
        help="samples/s of each channel (points: 5, waves and CSV files without x: 1000, --system: 2)",
    )
    for_all.add_argument("--count", type=count, help="stop after so many samples of each channel")
    for_all.add_argument("--unit", help="unit of y, such as V")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = arguments(argv)
    probe = Probe(args.url, args.token)
    print(f"Sending to {args.url}; Ctrl-C stops.", flush=True)
    try:
        send(probe, args)
    except KeyboardInterrupt:
        print("Stopped.")
    except (RefusedError, SourceError, OSError) as error:
        print(f"Error sending data: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
