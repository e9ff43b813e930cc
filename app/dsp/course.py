"""An expression worked out as its signals come, block after block, as if they had come at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from app.dsp.expression import Expression
from app.dsp.pieces import Float64s, Floats, Ints
from app.dsp.terms import Inputs, States


class Block(NamedTuple):
    """Samples of a signal: x (n,), y (n,), and the numbers of those that begin after a gap, 0 among them."""

    x: Float64s
    y: Float64s
    breaks: Ints


class Course:
    """One run of an expression over a signal.

    base  x from which x is counted
    step  the usual step of x, which filters go by
    """

    def __init__(self, expression: Expression, base: float = 0.0, step: float = 0.0) -> None:
        self._expression = expression
        self._base, self._step = base, step
        self._x: Float64s = np.empty(0)
        self._values: dict[str, Float64s] = {name: np.empty(0) for name in expression.names}
        self._breaks: Ints = np.empty(0, np.intp)
        self._given = 0  # samples of the window that were given out already
        self._resumed = False
        self._states: States = {}

    def feed(self, x: Float64s, values: Mapping[str, Floats], breaks: Ints) -> Block:
        """What is final now that these samples are there: those before the newest ones that still wait.

        x, breaks  as in Block, all increasing also from block to block
        values     (n,) of each channel
        """
        self._breaks = np.concatenate((self._breaks, breaks + len(self._x)))
        self._x = np.concatenate((self._x, x))
        self._values = {
            name: np.concatenate((kept, values[name])).astype(np.float64)
            for name, kept in self._values.items()
        }
        return self._take(len(self._x) - self._expression.reach[1])

    def end(self) -> Block:
        """The rest: no sample will follow."""
        return self._take(len(self._x))

    def _take(self, stop: int) -> Block:
        """The results from those given out to this place of the window."""
        start = self._given
        if stop <= start:
            return Block(np.empty(0), np.empty(0), np.empty(0, np.intp))
        following = max(0, stop - self._expression.reach[0])
        if not self._resumed:
            self._states = {}
        inputs = Inputs(
            self._x, self._values, self._breaks, self._base, self._step,
            self._resumed, following, self._states,
        )  # fmt: skip
        y = self._expression.window(inputs)[start:stop]
        breaks = self._breaks[(self._breaks >= start) & (self._breaks < stop)] - start
        block = Block(self._x[start:stop], y, breaks)
        self._drop(following)
        self._given = stop - following
        return block

    def _drop(self, n: int) -> None:
        """Let go of samples that nothing looks at any more."""
        if n == 0:
            return
        self._resumed = True
        self._x = self._x[n:]
        self._values = {name: kept[n:] for name, kept in self._values.items()}
        self._breaks = self._breaks[self._breaks >= n] - n
