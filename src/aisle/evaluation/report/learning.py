"""What more products would bring, and what a model knows of products that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.report.answers import Values
from aisle.evaluation.report.gap import (
    class_gap,
    class_gap_bars,
    error_here,
    error_shown,
    scale_name,
    value_gap,
    value_gap_bars,
)
from aisle.evaluation.report.outlook import class_outlook, value_outlook
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation


@dataclass(frozen=True)
class Learning:
    """Words, curve, its points in words, and bars on training against new products."""

    outlook: str
    curve: Markup | None
    points: tuple[tuple[str, str], ...]
    gap: tuple[str, ...]
    bars: Markup | None


def class_learning(found: ClassEvaluation) -> Learning:
    """Return what a classifier learned by the number of products, and what it only remembers."""
    curve = found.learning_curve
    return Learning(
        class_outlook(found),
        _class_curve(found) if len(curve) > 1 else None,
        tuple((pages.count(point.rows), pages.share(point.score)) for point in curve),
        class_gap(found),
        class_gap_bars(found),
    )


def value_learning(found: ValueEvaluation, values: Values) -> Learning:
    """Return what a regressor learned by the number of products, and what it only remembers."""
    curve, here = found.learning_curve, error_here(found, values)
    return Learning(
        value_outlook(found),
        _value_curve(found) if len(curve) > 1 else None,
        tuple((pages.count(p.rows), error_shown(found, p.score)) for p in curve),
        value_gap(found, here),
        value_gap_bars(found, here),
    )


def _class_curve(found: ClassEvaluation) -> Markup:
    points = found.learning_curve
    held = max(found.model_rows - points[-1].rows, 1)
    spans = [metrics.wilson_interval(round(point.score * held), held) for point in points]
    floor = float(np.floor(20 * max(0.0, min(low for low, _ in spans))) / 20)
    hints = [
        f"{pages.count(point.rows)} products trained\n{pages.share(point.score)} right"
        for point in points
    ]
    y = pages.Axis("Accuracy on products held out", floor, 1.0, percent=True)
    return _curve(found, "Learning curve", y, spans, hints)


def _value_curve(found: ValueEvaluation) -> Markup:
    scores = [point.score for point in found.learning_curve]
    hints = [
        f"{pages.count(point.rows)} products trained\nerror {error_shown(found, point.score)}"
        for point in found.learning_curve
    ]
    y = pages.Axis(f"Error ({scale_name(found)})", 0.0, 1.15 * max(scores))
    return _curve(found, "Learning curve", y, (), hints)


def _curve(
    found: Evaluation,
    title: str,
    y: pages.Axis,
    spans: list[tuple[float, float]] | tuple[()],
    hints: list[str],
) -> Markup:
    points = found.learning_curve
    last = points[-1].rows
    return pages.chart(
        pages.Plot(
            title,
            "; ".join(hint.replace("\n", ": ") for hint in hints),
            x=pages.Axis("Products trained on", 0.0, 1.05 * last),
            y=y,
            series=(
                pages.Series(
                    "points",
                    [(float(point.rows), point.score) for point in points],
                    "both",
                    hints=hints,
                    spans=spans,
                ),
            ),
        )
    )
