"""Channels for which nothing has come for long."""

from __future__ import annotations

from app.memory.memory import Memory


class Silence:
    """Forgets channels that have been silent for so many seconds.

    It goes by what it has seen come, and not by the time of arrival: that clock may be set.
    """

    def __init__(self, memory: Memory, seconds: float) -> None:
        self._memory, self._seconds = memory, seconds
        self._heard: dict[int, tuple[int, float]] = {}  # by serial: samples received, and when that was new

    def look(self, now: float) -> list[str]:
        """The names of those that were forgotten.

        now  s, of a clock that nobody sets
        """
        records = list(self._memory.records.values())
        known = self._heard
        self._heard = {}
        for record in records:
            total, since = known.get(record.serial, (-1, now))
            self._heard[record.serial] = (record.total, since if record.total == total else now)
        gone = [r.name for r in records if now - self._heard[r.serial][1] >= self._seconds]
        for name in gone:
            self._memory.delete(name)
        return gone
