"""What the tests of several ways in share."""

from __future__ import annotations

from typing import Any

import pytest
from serving import Served
from unpacking import Unpacked

from app.ingest import intake


@pytest.fixture
def unpacked(scope: Served, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    found = Unpacked()
    selector: Any = scope.loop._selector  # type: ignore[attr-defined]
    select, take = selector.select, intake.Inflated.take

    def selected(timeout: float | None = None) -> Any:
        found.iteration += 1
        return select(timeout)

    def taken(self: intake.Inflated, data: bytes) -> bytes:
        found.pieces.append((found.iteration, len(data), self))
        return take(self, data)

    monkeypatch.setattr(selector, "select", selected)
    monkeypatch.setattr(intake.Inflated, "take", taken)
    return found
