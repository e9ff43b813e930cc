"""A ring: the newest values of an endless column, by absolute number."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Float64s = NDArray[np.float64]
Side = Literal["left", "right"]
A = TypeVar("A", bound=NDArray[np.float64] | NDArray[np.float32])


class Ring(Generic[A]):
    """Value number n lies in slot n modulo capacity. Which numbers are alive, the owner knows."""

    __slots__ = ("capacity", "data")

    def __init__(self, data: A) -> None:
        self.data = data
        self.capacity = len(data)

    def put(self, n: int, value: float) -> None:
        self.data[n % self.capacity] = value

    def write(self, n: int, values: NDArray[np.floating]) -> None:
        """Put values n, n + 1, ... where they belong; of more than fit, the newest."""
        excess = max(0, len(values) - self.capacity)
        values = values[excess:]
        slot = (n + excess) % self.capacity
        head = min(len(values), self.capacity - slot)
        self.data[slot : slot + head] = values[:head]
        self.data[: len(values) - head] = values[head:]

    def read(self, start: int, stop: int) -> A:
        """Values [start, stop): a view, or a copy where the ring wraps."""
        slot = start % self.capacity
        end = slot + max(0, stop - start)
        if end <= self.capacity:
            return self.data[slot:end]  # type: ignore[return-value]
        return np.concatenate((self.data[slot:], self.data[: end - self.capacity]))  # type: ignore[return-value]

    def at(self, numbers: Ints) -> A:
        """The values with these numbers; they lie less than a capacity apart."""
        if numbers.size == 0:
            return self.data[:0]  # type: ignore[return-value]
        turn = int(numbers.flat[0]) // self.capacity * self.capacity
        return self.data.take(numbers - turn, mode="wrap")  # type: ignore[return-value]

    def item(self, n: int) -> float:
        return float(self.data[n % self.capacity])

    def search(self, value: float, start: int, stop: int, side: Side = "left") -> int:
        """The first number in [start, stop), where values increase, not below (right: above) the value."""
        slot = start % self.capacity
        head = min(stop - start, self.capacity - slot)
        found = int(self.data[slot : slot + head].searchsorted(value, side))
        if found < head or head == stop - start:
            return start + found
        return start + head + int(self.data[: stop - start - head].searchsorted(value, side))

    def places(self, values: Float64s, start: int, stop: int) -> Ints:
        """The same for many values, which increase."""
        slot = start % self.capacity
        head = self.data[slot : slot + stop - start]
        if len(head) == stop - start:
            return start + head.searchsorted(values)
        tail = self.data[: stop - start - len(head)]
        split = int(values.searchsorted(tail[0], "right"))
        found = start + head.searchsorted(values[:split])
        return np.concatenate((found, start + len(head) + tail.searchsorted(values[split:])))

    def reduceat(self, ufunc: np.ufunc, starts: Ints, stop: int) -> Float64s:
        """The reduction from each start to the next, the last to stop, by fmin or fmax; without a copy."""
        first = int(starts[0])
        slot = first % self.capacity
        head = self.data[slot : slot + stop - first]
        wrap = first + len(head)
        if wrap == stop:
            return np.asarray(ufunc.reduceat(head, starts - first), np.float64)
        tail = self.data[: stop - wrap]
        split = int(starts.searchsorted(wrap))
        found = np.empty(len(starts))
        found[:split] = ufunc.reduceat(head, starts[:split] - first)
        if split < len(starts):
            found[split:] = ufunc.reduceat(tail, starts[split:] - wrap)
            tail = tail[: int(starts[split]) - wrap]
        if len(tail):
            found[split - 1] = ufunc(found[split - 1], ufunc.reduce(tail))
        return found

    def moved(self, data: A, start: int, stop: int) -> Ring[A]:
        """A ring on other storage that holds values [start, stop); no other memory is needed."""
        ring, turn = Ring(data), start // self.capacity * self.capacity + self.capacity
        ring.write(start, self.read(start, min(turn, stop)))
        ring.write(turn, self.read(turn, stop))
        return ring

    @property
    def nbytes(self) -> int:
        return int(self.data.nbytes)
