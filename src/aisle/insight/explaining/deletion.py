"""How far to trust an explanation: what it calls important is taken away first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kept = npt.NDArray[np.bool_]

STEPS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""The shares that are taken away: finer where curves part."""

DRAWS = 5
"""How many random orders it is compared with."""

CLEAR = 0.02
"""A smaller advantage than this, as a share of the answer's whole range, is none."""


@dataclass(frozen=True)
class Deletion:
    """What is left of an answer as more and more is taken away.

    Parameters
    ----------
    shares
        How much is taken away, from 0.
    own
        What the expert then answers, the most important things taken first: a probability, or a
        value less that of the whole product, on the scale of learning.
    random
        The same in random order, the mean of some.
    """

    shares: tuple[float, ...]
    own: tuple[float, ...]
    random: tuple[float, ...]

    @property
    def area(self) -> float:
        """The area under the curve; the sooner it falls, the smaller."""
        return float(np.trapezoid(self.own, self.shares))

    @property
    def random_area(self) -> float:
        """The area in random order."""
        return float(np.trapezoid(self.random, self.shares))

    @property
    def gain(self) -> float:
        """By how much the area is smaller than in random order."""
        return self.random_area - self.area

    @property
    def trusted(self) -> bool:
        """Whether it is clearly better than random."""
        known = [*self.own, *self.random]
        return self.gain > CLEAR * max(max(known) - min(known), 1e-9)

    def words(self) -> str:
        """Say in a sentence how far to trust it."""
        if self.trusted:
            return (
                f"It can be trusted: what it marks, taken away first, lowers the answer sooner "
                f"than a random order does (area {self.area:.2f} against {self.random_area:.2f})."
            )
        if self.gain > -CLEAR:
            return (
                "Do not rely on it here: taking away what it marks lowers the answer no sooner "
                f"than a random order does (area {self.area:.2f} against {self.random_area:.2f})."
            )
        return (
            "Do not trust it here: a random order lowers the answer sooner "
            f"(area {self.random_area:.2f} against {self.area:.2f})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{shares, own, random, area, ..., better_by, trusted}``."""
        return {
            "shares": list(self.shares),
            "own": list(self.own),
            "random": list(self.random),
            "area": self.area,
            "random_area": self.random_area,
            "better_by": self.gain,
            "trusted": self.trusted,
        }


def deletions(
    rankings: Sequence[Floats],
    answer: Callable[[Sequence[Kept]], Floats],
    *,
    seed: int,
    weights: Floats | None = None,
) -> list[Deletion]:
    """Take things away in the order of each ranking, and in random orders.

    Parameters
    ----------
    rankings
        How important each thing is, float64 (things,), one array a ranking.
    answer
        Gets what is kept, bool (things,), one a variant, and returns an answer each.
    seed
        Of the random orders; the same ones for every ranking.
    weights
        How much each thing counts, float64 (things,); all the same when left out.
    """
    things = len(rankings[0])
    size = np.ones(things) if weights is None else weights
    dice = np.random.default_rng(seed)
    orders = [np.argsort(-ranking, kind="stable") for ranking in rankings]
    orders += [dice.permutation(things) for _ in range(DRAWS)]
    variants = [_kept(order, size, share) for order in orders for share in STEPS[1:]]
    told = answer([np.ones(things, dtype=bool), *variants])
    curves = np.column_stack(
        [np.full(len(orders), told[0]), told[1:].reshape(len(orders), len(STEPS) - 1)]
    )
    random = curves[len(rankings) :].mean(axis=0)
    return [
        Deletion(STEPS, tuple(curve.tolist()), tuple(random.tolist()))
        for curve in curves[: len(rankings)]
    ]


def _kept(order: npt.NDArray[np.intp], size: Floats, share: float) -> Kept:
    """Return what is left when `share` of the whole is taken away in order."""
    kept = np.ones(len(order), dtype=bool)
    before = np.cumsum(size[order]) - size[order]
    kept[order[before < share * size.sum() - 1e-9]] = False
    return kept
