"""What twice as many products would bring, as far as a learning curve can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aisle import pages
from aisle.evaluation.results import ClassEvaluation, LearningPoint, ValueEvaluation

_CHANCE = 1.96
_LITTLE = 0.005
_LITTLE_RELATIVE = 0.02


@dataclass(frozen=True)
class Doubling:
    """By what share the error would shrink with twice as many products, and the 95 % interval."""

    less: float
    low: float
    high: float


def doubling(
    rows: list[int], errors: list[float], spread: list[float] | None = None
) -> Doubling | None:
    """Say by how much the error would shrink with twice as many products, by a power law.

    ``log error = a - b log rows`` is fitted by weighted least squares; twice as many products then
    leave a share of ``2 ** -b`` of the error. Points are of the same products held out, and so
    less uncertain to each other than `spread` has it: the interval is a wide one.

    Parameters
    ----------
    rows, errors
        The points of a learning curve, from few to many.
    spread
        The standard error of each error, where it is known.

    Returns
    -------
    Doubling or None
        None with fewer than three points, or where an error is 0.

    References
    ----------
    Hestness et al. (2017), Deep Learning Scaling is Predictable, Empirically.
    """
    if len(rows) < 3 or min(errors) <= 0 or len(set(rows)) < 3:
        return None
    from scipy.special import stdtrit

    x, y = np.log(rows), np.log(errors)
    relative = np.ones(len(x)) if spread is None else np.asarray(spread) / np.asarray(errors)
    weight = 1.0 / np.square(relative)
    centre = float(np.average(x, weights=weight))
    lever = float(np.sum(weight * np.square(x - centre)))
    slope = float(np.sum(weight * (x - centre) * y)) / lever
    level = float(np.average(y, weights=weight))
    misfit = float(np.sum(weight * np.square(y - level - slope * (x - centre)))) / (len(x) - 2)
    if spread is None:
        reach = float(stdtrit(len(x) - 2, 0.975)) * np.sqrt(misfit / lever)
    else:
        reach = _CHANCE * np.sqrt(max(1.0, misfit) / lever)
    less, low, high = (1.0 - 2.0**s for s in (slope, slope + reach, slope - reach))
    return Doubling(float(less), float(low), float(high))


def class_outlook(found: ClassEvaluation) -> str:
    """Say what accuracy did with the last products, and what it would do with twice as many."""
    points = found.learning_curve
    if len(points) < 2:
        return "How accuracy grows with the number of products was not measured."
    step = points[-1].score - points[-2].score
    told = f"{_range(points)}, accuracy {'grew' if step >= 0 else 'fell'} by {_points(abs(step))}."
    wrong = [1.0 - point.score for point in points]
    held = max(found.model_rows - points[-1].rows, 1)
    spread = [float(np.sqrt(max(e * (1 - e), 1e-9) / held)) for e in wrong]
    next_ = doubling([point.rows for point in points], wrong, spread)
    if next_ is None:
        return f"{told} That is too little to go by to say what more would bring."
    gain, low, high = (wrong[-1] * share for share in (next_.less, next_.low, next_.high))
    if low > 0 and gain >= _LITTLE:
        return (
            f"{told} If it goes on so, twice as many products would bring about {_points(gain)} "
            f"more ({100 * low:.1f} to {100 * high:.1f})."
        )
    if high < _LITTLE:
        return (
            f"{told} The curve is flat by now: twice as many products would bring less than half "
            "a point. Better labels, photographs or encoders promise more."
        )
    return (
        f"{told} What twice as many products would bring is uncertain: between {_signed(low)} and "
        f"{_signed(high)} points."
    )


def value_outlook(found: ValueEvaluation) -> str:
    """Say what the error did with the last products, and what it would do with twice as many."""
    points = found.learning_curve
    if len(points) < 2 or points[-2].score <= 0:
        return "How the error shrinks with the number of products was not measured."
    less = 1 - points[-1].score / points[-2].score
    told = f"{_range(points)}, the error {'fell' if less >= 0 else 'grew'} by {abs(less):.0%}."
    next_ = doubling([point.rows for point in points], [point.score for point in points])
    if next_ is None:
        return f"{told} That is too little to go by to say what more would bring."
    if next_.low > 0 and next_.less >= _LITTLE_RELATIVE:
        return (
            f"{told} If it goes on so, twice as many products would lower it by about "
            f"{next_.less:.0%} ({next_.low:.0%} to {next_.high:.0%})."
        )
    if next_.high < _LITTLE_RELATIVE:
        return (
            f"{told} The curve is flat by now: twice as many products would lower it by less than "
            "2%."
        )
    return f"{told} What twice as many products would bring, the curve does not tell."


def _range(points: Sequence[LearningPoint]) -> str:
    few, many = points[-2:]
    return f"From {pages.count(few.rows)} to {pages.plural(many.rows, 'product')}"


def _points(share: float) -> str:
    shown = f"{100 * share:.1f}"
    return f"{shown} point{'' if shown == '1.0' else 's'}"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
