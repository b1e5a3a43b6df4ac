"""Weighing coverage against precision: a curve, and a slider over what may be promised."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.decisions.thresholds import ThresholdCurve, threshold_curve
from aisle.evaluation.report.answers import Answers
from aisle.evaluation.results import ClassEvaluation, Promise
from aisle.pages.formatting import asked

_CURVE_POINTS = 200
_SETTLED = 0.02


@dataclass(frozen=True)
class Stop:
    """One stop of the slider: a promised precision, and in words what it would give here.

    `x` and `y` are its place on the curve; None where nothing would be accepted.
    """

    asked: str
    accepted: str
    reviewed: str
    precise: str
    mistakes: str
    accepted_share: str
    reviewed_share: str
    interval: str
    threshold: str
    command: str
    sentence: str
    x: float | None
    y: float | None
    rule: float


@dataclass(frozen=True)
class Promises:
    """The stops of the slider, and the one to begin with."""

    stops: tuple[Stop, ...]
    start: int

    @property
    def data(self) -> Markup:
        """The stops as JSON, for the script that moves the slider."""
        return pages.as_json([asdict(stop) for stop in self.stops])


def promises(found: ClassEvaluation) -> Promises | None:
    """Return what other precisions would give, the chosen one among them; None where not known."""
    if not found.promises or not found.rows:
        return None
    chosen = Promise(
        found.precision_asked, found.threshold, found.coverage, found.accepted_precision
    )
    others = [p for p in found.promises if abs(p.precision - chosen.precision) > 1e-9]
    told = sorted([*others, chosen], key=lambda promise: promise.precision)
    return Promises(tuple(_stop(promise, found.rows) for promise in told), told.index(chosen))


def _stop(promise: Promise, rows: int) -> Stop:
    accepted = round(promise.coverage * rows)
    right = round((promise.accepted_precision or 0.0) * accepted)
    low, high = metrics.wilson_interval(right, accepted)
    return Stop(
        asked=asked(promise.precision),
        accepted=pages.count(accepted),
        reviewed=pages.count(rows - accepted),
        precise=pages.share(promise.accepted_precision),
        mistakes=pages.count(accepted - right),
        accepted_share=pages.share(accepted / rows),
        reviewed_share=pages.share(1 - accepted / rows),
        interval=f"95% interval {pages.share(low)} to {pages.share(high)}"
        if accepted
        else "nothing is accepted",
        threshold=_threshold(promise, accepted),
        command="aisle predict MODEL CATALOG \\\n"
        f"  --precision {promise.precision:g} -o answers.csv",
        sentence=_sentence(promise, accepted, right, rows),
        x=promise.coverage if accepted else None,
        y=promise.accepted_precision,
        rule=promise.precision,
    )


def _threshold(promise: Promise, accepted: int) -> str:
    if promise.threshold is not None:
        return f"{pages.share(promise.threshold, 2)} or more"
    return "by what a product has" if accepted else "none is high enough"


def _sentence(promise: Promise, accepted: int, right: int, rows: int) -> str:
    wanted = asked(promise.precision)
    if not accepted:
        everything = pages.plural(rows, "product")
        return f"Promising {wanted}: nothing is accepted, and all {everything} go to a person."
    return (
        f"Promising {wanted}: {pages.count(accepted)} of {pages.plural(rows, 'product')} accepted, "
        f"{pages.share(right / accepted)} of them right here; "
        f"{pages.plural(accepted - right, 'mistake')} would slip through, and "
        f"{pages.count(rows - accepted)} go to a person."
    )


def tradeoff(found: ClassEvaluation, answers: Answers) -> Markup | None:
    """Return the curve of precision against coverage; None where no answer has a confidence."""
    known = answers.known
    if not known.any():
        return None
    curve = threshold_curve(answers.confidence[known], answers.right[known])
    at = _some(curve)
    floor = _floor(found, curve)
    mark = pages.Mark(None, None, "nothing was accepted")
    if found.accepted_precision is not None:
        label = f"{pages.share(found.coverage)} accepted, {pages.share(found.accepted_precision)}"
        mark = pages.Mark(found.coverage, found.accepted_precision, f"{label} right")
    return pages.chart(
        pages.Plot(
            "Precision against coverage",
            f"Precision is {curve.precision[-1]:.1%} when all products are accepted; chosen: "
            f"{mark.label}",
            x=pages.Axis("Share of products accepted", 0.0, 1.0, percent=True),
            y=pages.Axis("Precision among accepted", floor, 1.0, percent=True),
            series=(_every_threshold(curve, at), _promised(found)),
            band=pages.Band(
                [float(x) for x in curve.coverage[at]],
                [max(floor, float(y)) for y in curve.bound[at]],
                [float(y) for y in curve.precision[at]],
            ),
            mark=mark,
            rule=pages.Rule(found.precision_asked, f"{asked(found.precision_asked)} promised"),
        )
    )


def astray(answers: Answers) -> bool:
    """Say whether products were sent to review with a confidence at which others are accepted.

    Products that lack a modality have thresholds of their own, so that what was accepted need not
    be the surest products.
    """
    known = answers.known
    accepted, reviewed = known & answers.accepted, known & ~answers.accepted
    if not accepted.any() or not reviewed.any():
        return False
    return bool(answers.confidence[reviewed].max() >= answers.confidence[accepted].min())


def _floor(found: ClassEvaluation, curve: ThresholdCurve) -> float:
    """Return where the axis of precision begins, so that all that matters is seen."""
    settled = curve.precision[curve.coverage >= min(_SETTLED, curve.coverage[-1])]
    told = [p.accepted_precision for p in found.promises if p.accepted_precision is not None]
    lowest = min([float(settled.min()), found.precision_asked, *told])
    return max(0.0, float(np.floor((lowest - 0.01) * 20) / 20))


def _some(curve: ThresholdCurve) -> list[int]:
    """Choose points evenly along the curve."""
    coverage = curve.coverage
    at = np.searchsorted(coverage, np.linspace(0.0, coverage[-1], _CURVE_POINTS))
    return [int(place) for place in np.unique(np.minimum(at, len(coverage) - 1))]


def _every_threshold(curve: ThresholdCurve, at: list[int]) -> pages.Series:
    return pages.Series(
        "every threshold",
        [(float(curve.coverage[i]), float(curve.precision[i])) for i in at],
        "line",
        hints=[
            f"confidence {pages.share(float(curve.threshold[i]), 2)} or more\n"
            f"{pages.share(float(curve.coverage[i]))} of products, "
            f"{pages.share(float(curve.precision[i]))} of them right"
            for i in at
        ],
    )


def _promised(found: ClassEvaluation) -> pages.Series:
    kept = [promise for promise in found.promises if promise.accepted_precision is not None]
    return pages.Series(
        "promised precisions",
        [(promise.coverage, promise.accepted_precision or 0.0) for promise in kept],
        tone="muted",
        hints=[
            f"{asked(promise.precision)} promised\n{pages.share(promise.coverage)} accepted, "
            f"{pages.share(promise.accepted_precision)} of them right"
            for promise in kept
        ],
    )
