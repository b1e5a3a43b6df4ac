"""Cheap random choices: a generator for every row, drawn in blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# A scalar drawn from a numpy Generator costs microseconds; a block of this size, about as much.
_BLOCK = 64


class Dice:
    """Random choices that depend on nothing but the key.

    Parameters
    ----------
    key
        Non-negative integers such as (seed, row, purpose); another key is another stream.
    """

    def __init__(self, *key: int) -> None:
        self._generator = np.random.default_rng(key)
        self._block: list[float] = []

    def roll(self) -> float:
        """Return a number in [0, 1)."""
        if not self._block:
            self._block = self._generator.random(_BLOCK).tolist()
        return self._block.pop()

    def chance(self, share: float) -> bool:
        """Return True with probability `share`."""
        return self.roll() < share

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.roll()

    def below(self, count: int) -> int:
        """Return a whole number in [0, count)."""
        return min(int(self.roll() * count), count - 1)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of `choices`, all equally likely."""
        return choices[self.below(len(choices))]

    def normal(self) -> float:
        """Return a draw from the standard normal law (Box and Muller, 1958)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.roll()))
        return radius * math.cos(2.0 * math.pi * self.roll())
