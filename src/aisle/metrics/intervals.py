"""How far a score may lie from the truth: intervals for shares, and the bootstrap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aisle.errors import AisleError
from aisle.metrics.arrays import Floats, open_share, some_rows


def wilson_interval(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for a share, such as an accuracy.

    Parameters
    ----------
    successes, trials
        How many rows were right, out of how many; fractions where rows do not count in full. No
        trials give (0, 1).
    level
        The share of such intervals that hold the true share.

    Raises
    ------
    AisleError
        If `successes` is not between 0 and `trials`, or `level` not between 0 and 1.

    References
    ----------
    Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference.

    Examples
    --------
    >>> low, high = wilson_interval(95, 100)
    >>> round(low, 3), round(high, 3)
    (0.888, 0.978)
    """
    from scipy.special import ndtri

    open_share("level", level)
    _counted(successes, trials)
    if trials == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    share = successes / trials
    centre = share + z * z / (2 * trials)
    reach = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # the ends are exact at 0 and 1; rounding must not move them inside
    low = 0.0 if successes == 0 else max(0.0, float((centre - reach) / scale))
    high = 1.0 if successes == trials else min(1.0, float((centre + reach) / scale))
    return low, high


def clopper_pearson_lower(successes: ArrayLike, trials: ArrayLike, confidence: float) -> Floats:
    """Return the exact one-sided lower bound of a share, for many counts at once.

    The true share lies at or above the bound with probability `confidence` at least.

    Parameters
    ----------
    successes, trials
        Counts that broadcast together. No successes (and no trials) give 0.
    confidence
        Between 0 and 1, such as 0.95.

    Returns
    -------
    numpy.ndarray
        float64, of the broadcast shape: the `1 - confidence` quantile of
        Beta(successes, trials - successes + 1).

    Raises
    ------
    AisleError
        If a count is not between 0 and its trials, or `confidence` not between 0 and 1.

    References
    ----------
    Clopper and Pearson (1934), The Use of Confidence or Fiducial Limits.
    """
    from scipy.special import betaincinv

    open_share("confidence", confidence)
    _counted(successes, trials)
    right, rows = np.broadcast_arrays(
        np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    )
    bound = betaincinv(np.maximum(right, 1.0), rows - right + 1.0, 1.0 - confidence)
    return np.asarray(np.where(right > 0, bound, 0.0), dtype=np.float64)


def bootstrap_interval(
    values: ArrayLike,
    seed: int | np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    statistic: Callable[[NDArray[np.generic]], float] | None = None,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean, or of any statistic of rows.

    Parameters
    ----------
    values
        One entry a row, resampled along the first axis. For a score that needs several columns
        pass the row numbers, and a statistic that looks the columns up.
    seed
        Seed or generator; the same seed gives the same interval.
    level
        The share of such intervals that should hold the true value.
    resamples
        How many times the rows are drawn again, with replacement.
    statistic
        From resampled values to one number; the mean unless given.

    Raises
    ------
    AisleError
        If there are no rows, `resamples` is below 1, or `level` not between 0 and 1.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    array = np.asarray(values)
    score = statistic if statistic is not None else np.mean
    return _percentiles(
        "values",
        len(array),
        lambda rows: score(array[rows]),
        seed,
        level=level,
        resamples=resamples,
    )


def group_bootstrap(
    groups: ArrayLike,
    statistic: Callable[[Floats], float],
    seed: int | np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 2000,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic whose rows come in groups.

    Whole groups are drawn again, so near-duplicates, which say the same thing twice, do not make
    an interval narrower than it is.

    Parameters
    ----------
    groups
        The group of each row, int (rows,).
    statistic
        From how often each row was drawn, float64 (rows,), to one number.
    seed
        Seed or generator; the same seed gives the same interval.
    level
        The share of such intervals that should hold the true value.
    resamples
        How many times the groups are drawn again, with replacement.

    Raises
    ------
    AisleError
        If there are no rows, `resamples` is below 1, or `level` not between 0 and 1.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.8.
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)

    def score(drawn: NDArray[np.int64]) -> float:
        times = np.bincount(drawn, minlength=len(names))
        return statistic(times[codes].astype(np.float64))

    return _percentiles("groups", len(names), score, seed, level=level, resamples=resamples)


def _percentiles(
    what: str,
    size: int,
    score: Callable[[NDArray[np.int64]], float],
    seed: int | np.random.Generator,
    *,
    level: float,
    resamples: int,
) -> tuple[float, float]:
    """Draw `size` positions again and again, and return where the middle of the scores lies."""
    open_share("level", level)
    if resamples < 1:
        raise AisleError(f"resamples: expected 1 or more, found {resamples}")
    some_rows(what, size)
    generator = np.random.default_rng(seed)
    drawn = np.empty(resamples)
    for i in range(resamples):
        drawn[i] = score(generator.integers(size, size=size))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _counted(successes: ArrayLike, trials: ArrayLike) -> None:
    right, rows = np.asarray(successes), np.asarray(trials)
    if not np.all((right >= 0) & (right <= rows)):
        raise AisleError(
            "successes: expected counts between 0 and the number of trials, "
            f"found {right!r} of {rows!r}"
        )
