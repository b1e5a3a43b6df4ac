"""From what was measured to a plain word: none, some or strong drift."""

from __future__ import annotations

import math
from collections.abc import Mapping

from aisle.insight.drifting.results import Thresholds, Verdict

DISTANCE = "jensen-shannon"
LARGEST_GAP = "kolmogorov-smirnov"
UNSEEN = "unseen-share"
DIFFERENCE = "difference"
AUC = "auc"

THRESHOLDS: Mapping[str, Thresholds] = {
    DISTANCE: Thresholds(0.13, 0.21),
    LARGEST_GAP: Thresholds(0.1, 0.2),
    UNSEEN: Thresholds(0.05, 0.15),
    DIFFERENCE: Thresholds(0.05, 0.15),
    AUC: Thresholds(0.6, 0.75),
}
"""The Jensen-Shannon distances are what a stability index (PSI) of 0.1 and 0.25 comes to."""

SURE = 0.05
"""The corrected p-value above which a difference counts as chance, however large it is."""

LEAST_ROWS = 20
"""Products with a value that each side needs, to be compared at all."""


def excess_over_chance(statistic: str, value: float, chance: float, chance_square: float) -> float:
    """Take what chance explains out of a value.

    Divergences add up, and the Jensen-Shannon distance is the root of one; all else is taken as it
    is.
    """
    if statistic == DISTANCE:
        return math.sqrt(max(0.0, value**2 - chance_square))
    return max(0.0, value - chance)


def judged(statistic: str, excess: float, p_value: float) -> Verdict:
    """Return the verdict on what is left of a value, and on how sure it is."""
    limits = THRESHOLDS[statistic]
    if p_value > SURE or excess < limits.some:
        return "none"
    return "strong" if excess >= limits.strong else "some"
