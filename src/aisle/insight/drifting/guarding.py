"""What chance would show: both catalogues together, parted anew at random, again and again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

Statistic = Callable[[Bools], float]
"""From which rows are new, bool (rows,), to how far these lie from the others."""

_TAIL = 100
"""How many of the largest values of random partings tell how chance goes on beyond them."""


@dataclass(frozen=True)
class Guarded:
    """A statistic, its mean over random partings, and the share of these that reach it.

    `chance_square` is the mean of the squares, for statistics whose squares add up.
    """

    value: float
    chance: float
    chance_square: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Guard:
    """Which rows are new in truth, and in random partings of the same rows.

    Parameters
    ----------
    new
        bool (rows,).
    random
        bool (partings, rows). Groups of near-duplicates stay together in each, so that a shelf of
        variants that happens to lie on one side does not pass for drift.
    least
        One in so many partings as the groups can make: no p-value lies below.
    """

    new: Bools
    random: Bools
    least: float = 0.0

    @classmethod
    def of(cls, new: Bools, groups: Groups, partings: int, seed: int) -> Guard:
        """Draw random partings.

        Parameters
        ----------
        new
            Which rows are new, bool (rows,).
        groups
            The near-duplicate group of each row, int64 (rows,).
        partings
            How many to draw.
        seed
            The same seed draws the same.
        """
        generator = np.random.default_rng(seed)
        codes = np.unique(groups, return_inverse=True)[1]
        sizes = np.bincount(codes)
        wanted = int(new.sum())
        random = np.empty((partings, len(new)), dtype=np.bool_)
        taken = 1
        for at in range(partings):
            order = generator.permutation(len(sizes))
            # a group goes to the new side while its middle lies within what that side holds
            middle = np.cumsum(sizes[order]) - sizes[order] / 2
            chosen = np.zeros(len(sizes), dtype=np.bool_)
            chosen[order] = middle < wanted
            random[at] = chosen[codes]
            taken = int(chosen.sum())
        return cls(new, random, 1 / math.comb(len(sizes), taken))

    def take(self, rows: Bools) -> Guard:
        """Return the guard of some rows."""
        return Guard(self.new[rows], self.random[:, rows], self.least)

    def judge(self, statistic: Statistic) -> Guarded:
        """Measure the true parting and the random ones.

        The p-value counts the true one among the random ones, so it is never 0. A value beyond
        all of a thousand could still not be told from chance in a catalogue of fifty columns, so
        its p-value goes on along the tail of the random ones.

        References
        ----------
        Phipson and Smyth (2010), Permutation P-values Should Never Be Zero. Knijnenburg, Wessels,
        Reinders and Shmulevich (2009), Fewer Permutations, More Accurate P-values.
        """
        value = statistic(self.new)
        both = self.random.any(axis=1) & ~self.random.all(axis=1)
        drawn = np.array([statistic(new) for new in self.random[both]])
        reached = int((drawn >= value - 1e-12).sum())
        p_value = (1 + reached) / (1 + len(drawn))
        if not reached:
            p_value = min(p_value, max(self.least, _beyond(drawn, value)))
        return Guarded(
            value=value,
            chance=float(drawn.mean()) if len(drawn) else value,
            chance_square=float((drawn**2).mean()) if len(drawn) else value**2,
            p_value=p_value,
        )


def _beyond(drawn: Floats, value: float) -> float:
    """Return how likely chance goes beyond all that was drawn; 1 where too little was.

    The tail is taken for an exponential one. Those of distances and differences of shares fall
    faster, so this errs towards chance.
    """
    if len(drawn) < 5 * _TAIL:
        return 1.0
    tail = np.sort(drawn)[-_TAIL:]
    reach = float((tail - tail[0]).mean())
    if reach <= 0:
        return 1.0
    return max(_TAIL / len(drawn) * math.exp(-(value - float(tail[0])) / reach), 1e-300)
