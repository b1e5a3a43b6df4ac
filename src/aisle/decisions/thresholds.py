"""From which confidence on an answer may be accepted, so that a precision is kept.

Two ways to choose, both from out-of-fold rows and both with the exact one-sided bound of Clopper
and Pearson (1934):

``clopper-pearson``
    Looks at every distinct confidence and takes the lowest that passes. It accepts the most, but
    the bound holds for a threshold fixed in advance, and this one was picked among many because
    it passed. So the level is approximate. In simulations (800 rows, precision 0.97 at a level
    of 0.95) the promise was broken in 3 to 5 of 100 catalogues where confidences separated right
    from wrong well, in 7 where they did so poorly, and in 14 where they told nothing and the
    accuracy lay just below the precision asked for.
``fixed-sequence``
    Tests groups of the most confident rows whose sizes are fixed without looking at what was
    right, from the most confident downwards, and stops at the first that fails. No error is
    spent on the groups never reached, so the chance of accepting with a lower precision than
    asked is at most ``1 - level`` over the whole sequence, for independent rows whose precision
    does not rise as their confidence falls. The price is a lower coverage, and now and then none:
    one mistake among the most confident rows ends the sequence at its first step.

Both bounds are for independent rows. Near-duplicates are right or wrong together, so the rows of a
group count as one piece of evidence in all, each as its share of the group.

Either way the promise is about products like those seen: drawn from the same catalogue, and judged
by a model as good as those which made the out-of-fold predictions.

References
----------
Clopper and Pearson (1934), The Use of Confidence or Fiducial Limits.
Wiens (2003), A Fixed Sequence Bonferroni Procedure for Testing Multiple Endpoints.
Angelopoulos, Bates, Candes, Jordan and Lei (2021), Learn then Test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import Codes, Floats, bools, confidences, open_share, same_rows
from aisle.metrics.intervals import clopper_pearson_lower

ThresholdMethod = Literal["clopper-pearson", "fixed-sequence"]

# bounds that equal the precision asked but for rounding pass
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Threshold:
    """From which confidence on answers are accepted, and what can be promised about them.

    Parameters
    ----------
    threshold
        Accept where the confidence is at least this; ``inf`` accepts nothing.
    precision
        The precision asked for.
    coverage
        The share of the out-of-fold rows that is accepted.
    accepted_precision
        The share of the accepted rows that is right; None when none is accepted.
    bound
        The lower bound of the precision, at the level asked for; 0 when nothing is accepted.
    rows_accepted
        How many rows are accepted.
    method
        How the threshold was chosen.
    message
        The same in words, and what would help where nothing can be accepted.
    """

    threshold: float
    precision: float
    coverage: float
    accepted_precision: float | None
    bound: float
    rows_accepted: int
    method: ThresholdMethod
    message: str


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """What each possible threshold would accept, from the most to the least confident.

    Parameters
    ----------
    threshold
        float64 (thresholds,), the distinct confidences, falling.
    coverage
        float64 (thresholds,), the share of rows accepted, rising to 1.
    precision
        float64 (thresholds,), the share of the accepted rows that is right.
    bound
        float64 (thresholds,), the one-sided lower bound of that precision.
    """

    threshold: Floats
    coverage: Floats
    precision: Floats
    bound: Floats


@dataclass(frozen=True, eq=False)
class _Groups:
    """The most confident rows, down to each distinct confidence: ties go together."""

    lowest: Floats
    rows: Codes
    right: Codes
    evidence: Floats
    bound: Floats
    total: int


def choose_threshold(
    confidence: ArrayLike,
    correct: ArrayLike,
    precision: float,
    *,
    level: float = 0.95,
    method: ThresholdMethod = "clopper-pearson",
    groups: ArrayLike | None = None,
    least: float = 0.0,
) -> Threshold:
    """Return the lowest threshold whose accepted rows keep a precision.

    Rows weigh the same, and rows of equal confidence are accepted or sent to review together.
    What the two methods promise, and what not, is said at the top of this module.

    Parameters
    ----------
    confidence
        Out-of-fold confidence, float (rows,).
    correct
        Whether the answer was right, bool (rows,).
    precision
        The share of accepted answers that shall be right, such as 0.97.
    level
        How sure the promise shall be.
    method
        ``clopper-pearson`` tries every confidence; ``fixed-sequence`` stops at the first failure.
    groups
        The group of near-duplicates of each row, int (rows,), whose rows are one piece of evidence
        together; without, every row is one.
    least
        Answers of a lower confidence are never accepted, whatever the precision of all together.

    Returns
    -------
    Threshold
        With a threshold of ``inf``, and a message that says why, where none passes.

    Raises
    ------
    AisleError
        If `precision` or `level` is not between 0 and 1, the method is unknown, the lengths
        differ, or a confidence lies outside 0..1.

    Examples
    --------
    >>> confidence = [0.99] * 300 + [0.6] * 20
    >>> correct = [True] * 300 + [False] * 20
    >>> choose_threshold(confidence, correct, 0.97).threshold
    0.99
    """
    open_share("precision", precision)
    open_share("level", level)
    if method not in get_args(ThresholdMethod):
        raise AisleError(
            f"method: expected {' or '.join(get_args(ThresholdMethod))}, found {method!r}"
        )
    tried = _groups(confidence, correct, level, groups)
    passed = (tried.bound >= precision - _ROUNDING) & (tried.lowest >= least)
    if method == "fixed-sequence":
        tested = _sequence(tried, precision, level)
        failed = np.flatnonzero(~passed[tested])
        chosen = tested[: failed[0]] if failed.size else tested
        telling = tested[:1]
    else:
        chosen = np.flatnonzero(passed)
        telling = np.argsort(-tried.bound, kind="stable")[:1]
    if not chosen.size:
        place = int(telling[0]) if telling.size else None
        return _nothing(tried, place, precision, level, method)
    return _accepted(tried, int(chosen[-1]), precision, level, method)


def threshold_curve(
    confidence: ArrayLike, correct: ArrayLike, *, level: float = 0.95
) -> ThresholdCurve:
    """Return coverage and precision at every distinct confidence, for a plot.

    Parameters
    ----------
    confidence
        Out-of-fold confidence, float (rows,).
    correct
        Whether the answer was right, bool (rows,).
    level
        The level of the lower bound, which holds for each threshold by itself.

    Raises
    ------
    AisleError
        If `level` is not between 0 and 1, the lengths differ, or a confidence lies outside 0..1.
    """
    groups = _groups(confidence, correct, level)
    return ThresholdCurve(
        threshold=groups.lowest,
        coverage=groups.rows / max(groups.total, 1),
        precision=groups.right / groups.rows,
        bound=groups.bound,
    )


def rows_needed(precision: float, level: float = 0.95) -> int:
    """Return how many accepted rows it takes, all of them right, to promise a precision.

    It is the least n for which ``precision ** n <= 1 - level``.

    Raises
    ------
    AisleError
        If `precision` or `level` is not between 0 and 1.

    Examples
    --------
    >>> rows_needed(0.97)
    99
    """
    open_share("precision", precision)
    open_share("level", level)
    return max(1, int(np.ceil(np.log1p(-level) / np.log(precision) - 1e-9)))


def _groups(
    confidence: ArrayLike, correct: ArrayLike, level: float, groups: ArrayLike | None = None
) -> _Groups:
    values, right = confidences(confidence), bools("correct", correct)
    same_rows("confidence", len(values), "correct", len(right))
    order = np.argsort(-values, kind="stable")
    falling = values[order]
    last_of_tie = np.append(falling[1:] < falling[:-1], True)[: len(falling)]
    ends = np.flatnonzero(last_of_tie)
    rows = (ends + 1).astype(np.intp)
    hits = np.cumsum(right[order]).astype(np.intp)[ends]
    weight = _evidence(groups, len(values))[order]
    evidence = np.cumsum(weight)[ends]
    against = np.minimum(np.cumsum(np.where(right[order], 0.0, weight))[ends], evidence)
    bound = clopper_pearson_lower(evidence - against, evidence, level)
    return _Groups(falling[ends], rows, hits, evidence, bound, len(values))


def _evidence(groups: ArrayLike | None, rows: int) -> Floats:
    """Return what each row counts as evidence: one over the size of its group."""
    if groups is None:
        return np.ones(rows)
    number = np.unique(np.asarray(groups), return_inverse=True)[1]
    same_rows("confidence", rows, "groups", len(number))
    return np.asarray(1.0 / np.bincount(number)[number], dtype=np.float64)


def _sequence(groups: _Groups, precision: float, level: float) -> Codes:
    """Return the groups to test in order: the smallest that can pass with 0, 1, 2, ... errors.

    At these sizes a test wastes least; between them only further chances to fail would lie. They
    follow from `precision` and `level` alone, so no look at what was right has shaped them.
    """
    most = int(groups.total * (1 - precision)) + 1
    errors = np.arange(most + 1)
    low, high = errors + 1, np.full(most + 1, groups.total + 1)
    while np.any(low < high):
        middle = (low + high) // 2
        enough = clopper_pearson_lower(middle - errors, middle, level) >= precision - _ROUNDING
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
        low = np.minimum(low, high)
    sizes = low[low <= groups.total]
    # a size inside a tie takes the whole tie in
    places = np.searchsorted(groups.evidence, sizes - 1e-6, side="left")
    return np.unique(places[places < len(groups.evidence)])


def _accepted(
    groups: _Groups, place: int, precision: float, level: float, method: ThresholdMethod
) -> Threshold:
    rows, right = int(groups.rows[place]), int(groups.right[place])
    threshold, bound = float(groups.lowest[place]), float(groups.bound[place])
    return Threshold(
        threshold=threshold,
        precision=precision,
        coverage=rows / groups.total,
        accepted_precision=right / rows,
        bound=bound,
        rows_accepted=rows,
        method=method,
        message=(
            f"accepts {rows} of {groups.total} rows ({rows / groups.total:.1%}), those with a "
            f"confidence of {threshold:.4g} or more; {right} of them were right, which makes the "
            f"precision at least {bound:.4f} at a level of {level:g}"
        ),
    )


def _nothing(
    groups: _Groups, place: int | None, precision: float, level: float, method: ThresholdMethod
) -> Threshold:
    """Say why nothing passes, by the group at `place`, which came nearest or stopped the rest."""
    needed = rows_needed(precision, level)
    if place is None or groups.total < needed:
        why = (
            f"there are {groups.total} out-of-fold rows, and even without a single error it takes "
            f"{needed} to show a precision of {precision:g} at a level of {level:g}. More "
            "labelled rows"
        )
    else:
        rows, right = int(groups.rows[place]), int(groups.right[place])
        which = "first" if method == "fixed-sequence" else "best"
        why = (
            f"the {which} group, the {rows} most confident rows, held {rows - right} wrong "
            f"answers, which shows a precision of {groups.bound[place]:.4f} at a level of "
            f"{level:g} where {precision:g} was asked for; without a wrong answer {needed} rows "
            "are enough. More labelled rows, a better model"
        )
    return Threshold(
        threshold=float("inf"),
        precision=precision,
        coverage=0.0,
        accepted_precision=None,
        bound=0.0,
        rows_accepted=0,
        method=method,
        message=f"nothing is accepted: {why}, or a precision of less than {precision:g} would help",
    )
