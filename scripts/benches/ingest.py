"""What comes in: POST by POST, and in batches."""

from __future__ import annotations

import time
from collections.abc import Iterator

from app.ingest.batch import Limits
from app.ingest.formats import decode
from app.memory.memory import Memory
from scripts.benches.bodies import BATCH, BODIES
from scripts.benches.running import LISTENING, PAGES, Server, app, flask
from scripts.benches.sender import Sender
from scripts.benches.table import Row, Size, WrongError

TIMES_FLASK = 10.0
JSON_SAMPLES = 3e6  # a second and core
PARALLEL = 4


def single(size: Size) -> Iterator[Row]:
    """Single points, beside Flask: the best of the rounds of each, taken in turns."""
    with app(ready=PAGES if size.judged else LISTENING) as ours, flask() as theirs:
        rounds = [
            (posts_per_second(ours, size.points), posts_per_second(theirs, size.flask_points))
            for _ in range(size.rounds)
        ]
    (busy, wall), (flask_busy, flask_wall) = (
        tuple(map(max, zip(*rates, strict=True))) for rates in zip(*rounds, strict=True)
    )
    yield Row(
        f"single-point POST, {PARALLEL} connections kept open",
        f"{busy:.0f} POST/s of processor time, {wall:.0f} by the clock",
        f"{flask_busy:.0f} POST/s, Flask's development server, {flask_wall:.0f} by the clock",
        busy / flask_busy,
        f">= {TIMES_FLASK:g} x",
        busy / flask_busy >= TIMES_FLASK,
    )


def posts_per_second(server: Server, n: int) -> tuple[float, float]:
    """POSTs a second of the server's processor time, and by the clock, which counts the sender, too."""
    before, busy = sum(server.totals().values()), server.cpu()
    sent = Sender(server.port, "points", range(n), PARALLEL).run()
    busy = max(server.cpu() - busy, 0.01)  # what the kernel can tell apart
    if sum(server.totals().values()) - before != n:
        raise WrongError(f"{n} points were sent, {server.totals()} is there after {before}")
    return n / busy, n / sent.seconds


def columnar(size: Size) -> Iterator[Row]:
    """JSON columns over HTTP, by the server's processor time; beside it the same bodies in this process."""
    forms = {"steps": "t0 and dt", "pairs": "x and y"}
    with app(ready=PAGES if size.judged else LISTENING) as server:
        for kind, form in forms.items():
            busy, wall = over_http(server, kind, size)
            beside = in_process(kind, size)
            yield Row(
                f"JSON columns ({form}), 10,000 points a body, over HTTP",
                f"{busy / 1e6:.2f} M samples/s of processor time, {wall / 1e6:.2f} by the clock",
                f"{beside / 1e6:.2f} M samples/s, decoded and stored in process",
                busy / beside,
                f">= {JSON_SAMPLES / 1e6:g} M a core",
                busy >= JSON_SAMPLES,
            )


def over_http(server: Server, kind: str, size: Size) -> tuple[float, float]:
    """Samples a second of the server's processor time, and by the clock: the best round of each."""
    found = []
    for _ in range(size.rounds):
        before, sender = server.totals().get(kind, 0), Sender(server.port, kind, range(size.columns), 1)
        busy = server.cpu()
        sent = sender.run()
        busy = max(server.cpu() - busy, 0.01)  # what the kernel can tell apart
        if server.totals()[kind] - before != size.columns * BATCH:
            raise WrongError(f"{size.columns} bodies were sent, {server.totals()} is there")
        found.append((busy, sent.seconds))
    least_busy, least = (min(times) for times in zip(*found, strict=True))
    return size.columns * BATCH / least_busy, size.columns * BATCH / least


def in_process(kind: str, size: Size) -> float:
    """Samples a second of processor time, decoded and appended without HTTP."""
    bodies, memory = list(BODIES[kind](range(size.columns))), Memory(1_000_000)
    found = []
    for _ in range(size.rounds):
        began = time.process_time()
        for body in bodies:
            memory.append(decode("application/json", body, 1_700_000_000 * 10**9, Limits()), 1.7e9)
        found.append(time.process_time() - began)
    return size.columns * BATCH / min(found)
