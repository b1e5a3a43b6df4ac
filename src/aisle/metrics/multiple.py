"""Many comparisons at once: what still counts when chance had many tries."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import Floats, floats


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for how many there are.

    Calling everything with an adjusted value of at most 0.05 a difference, about one in twenty of
    these calls is wrong, whatever the number of tests (and also where tests are positively
    dependent, as those of overlapping parts of a catalogue are).

    Parameters
    ----------
    p_values
        float (tests,), each between 0 and 1.

    Returns
    -------
    numpy.ndarray
        float64 (tests,), in the same order; never below what was given.

    Raises
    ------
    AisleError
        If a value lies outside of 0 to 1.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the False Discovery Rate.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values = floats("p_values", p_values)
    if not len(values):
        return values
    if values.min() < 0 or values.max() > 1:
        raise AisleError(
            f"p_values: expected values between 0 and 1, found {values.min():g} to {values.max():g}"
        )
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def two_shares_p_value(successes: int, trials: int, others: int, other_trials: int) -> float:
    """Return the two-sided p-value of Fisher's exact test that two shares are the same.

    Parameters
    ----------
    successes, trials
        Of one part.
    others, other_trials
        Successes and trials of the other part.

    Raises
    ------
    AisleError
        If successes are not between 0 and the trials.

    References
    ----------
    Fisher (1922), On the Interpretation of Chi-Square from Contingency Tables.
    """
    from scipy.stats import fisher_exact

    if not 0 <= successes <= trials or not 0 <= others <= other_trials:
        raise AisleError(
            "successes: expected counts between 0 and the number of trials, found "
            f"{successes} of {trials} and {others} of {other_trials}"
        )
    table = [[successes, trials - successes], [others, other_trials - others]]
    return float(fisher_exact(table)[1])
