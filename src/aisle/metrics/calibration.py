"""Whether a confidence means what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import Bools, Codes, Floats, bools, confidences, same_rows, some_rows


@dataclass(frozen=True, eq=False)
class Reliability:
    """A reliability diagram: one entry for each bin that holds rows.

    Parameters
    ----------
    low, high
        float64 (bins,), the edges of each bin.
    rows
        int64 (bins,), how many rows lie in it.
    confidence
        float64 (bins,), their mean confidence.
    accuracy
        float64 (bins,), the share of them that is right.
    """

    low: Floats
    high: Floats
    rows: Codes
    confidence: Floats
    accuracy: Floats


def reliability(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 15, *, equal_mass: bool = False
) -> Reliability:
    """Return accuracy against confidence, bin by bin.

    Parameters
    ----------
    confidence
        Probability of the top class, float (rows,).
    correct
        Whether the top class was right, bool (rows,).
    bins
        How many bins; those that stay empty are left out.
    equal_mass
        Cut at quantiles of the confidence, so that bins hold about equally many rows, and not at
        equal widths. Equal confidences always share a bin, so ties can make fewer bins.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or `bins` is below 1.
    """
    level, right = _checked(confidence, correct)
    if bins < 1:
        raise AisleError(f"bins: expected 1 or more, found {bins}")
    ticks = np.linspace(0.0, 1.0, bins + 1)
    edges = np.unique(np.quantile(level, ticks)) if equal_mass else ticks
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    # bins are (low, high], as in Guo et al., so a confidence of exactly 1 is in the last one
    place = np.searchsorted(edges[1:-1], level, side="left")
    rows = np.bincount(place, minlength=len(edges) - 1)
    filled = rows > 0
    sums = np.bincount(place, weights=level, minlength=len(rows))[filled]
    hits = np.bincount(place, weights=right, minlength=len(rows))[filled]
    return Reliability(
        low=edges[:-1][filled],
        high=edges[1:][filled],
        rows=rows[filled],
        confidence=sums / rows[filled],
        accuracy=hits / rows[filled],
    )


def calibration_error(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 15, *, equal_mass: bool = False
) -> float:
    """Return the expected calibration error of the top class, between 0 and 1.

    It is the mean over rows of |accuracy - confidence| of the row's bin. Noise alone makes it
    positive: on a thousand rows a perfectly calibrated model scores about 0.01 where the mean
    confidence is 0.95, and 0.025 where it is 0.8.

    Parameters
    ----------
    confidence
        Probability of the top class, float (rows,).
    correct
        Whether the top class was right, bool (rows,).
    bins
        How many bins.
    equal_mass
        Bins with about equally many rows instead of equal widths; see `reliability`.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or `bins` is below 1.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks.
    """
    diagram = reliability(confidence, correct, bins, equal_mass=equal_mass)
    gaps = np.abs(diagram.accuracy - diagram.confidence)
    return float(gaps @ diagram.rows / diagram.rows.sum())


def brier(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Return the mean of (confidence - correct)^2 over rows: the Brier score of the top class.

    Parameters
    ----------
    confidence
        Probability of the top class, float (rows,).
    correct
        Whether the top class was right, bool (rows,).

    Raises
    ------
    AisleError
        If there are no rows, or the lengths differ.
    """
    level, right = _checked(confidence, correct)
    return float(np.mean((level - right) ** 2))


def _checked(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Bools]:
    level, right = confidences(confidence), bools("correct", correct)
    same_rows("confidence", len(level), "correct", len(right))
    some_rows("confidence", len(level))
    return level, right
