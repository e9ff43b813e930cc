"""The contract of a single point on Flask's development server, for comparison.

python -m scripts.benches.flask_app --port N
"""

from __future__ import annotations

import math
import sys
from collections import deque
from typing import Any

from flask import Flask, Response, jsonify, request

EXPECTED = "Invalid data format. Expected JSON with keys 'x' and 'y'."
LARGEST = 1e150

app = Flask(__name__)


def number(value: object) -> float:
    """A finite number; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    found = float(value)
    if not math.isfinite(found) or abs(found) > LARGEST:
        raise ValueError
    return found


def serve(port: int) -> None:
    points: deque[tuple[float, float]] = deque(maxlen=1000)
    total = [0]

    @app.post("/data")
    def data() -> tuple[Response, int]:
        body: Any = request.get_json(force=True, silent=True)
        try:
            points.append((number(body["x"]), number(body["y"])))
        except (TypeError, KeyError, ValueError, OverflowError):
            return jsonify(status="error", message=EXPECTED), 400
        total[0] += 1
        return jsonify(status="success"), 200

    @app.get("/channels")
    def channels() -> Response:
        return jsonify([{"name": "ch1", "total": total[0]}])

    app.run(host="127.0.0.1", port=port, threaded=True)


if __name__ == "__main__":
    serve(int(sys.argv[sys.argv.index("--port") + 1]))
