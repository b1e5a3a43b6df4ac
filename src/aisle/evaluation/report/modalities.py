"""What each modality knows: experts side by side, and the model on only some modalities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.report.answers import expert_name
from aisle.evaluation.report.gap import error_shown
from aisle.evaluation.results import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    ValueEvaluation,
    ValueScore,
)
from aisle.pages.formatting import shorten

_CHANCE = 1.96


@dataclass(frozen=True)
class Modalities:
    """Words and bars on the model, its experts, modalities withheld, and the fusions tried."""

    comparison: str
    reading: str
    experts: Markup
    subsets: Markup
    fusions: Markup | None


def class_modalities(found: ClassEvaluation) -> Modalities:
    """Return what each modality knows of categories."""
    whole = {"the model": ExpertScore(found.accuracy, found.macro_f1)}
    experts = _class_bars(found, found.experts, "muted")
    return Modalities(
        _class_comparison(found),
        "Bars show accuracy; the thin line at the end of each is its 95% interval.",
        pages.bars(
            "Accuracy of each expert", [*_class_bars(found, whole, "accent"), *experts], maximum=1.0
        ),
        pages.bars(
            "Accuracy by modalities present",
            _class_bars(found, found.by_modality, "accent"),
            maximum=1.0,
        ),
        _fusions(found, "Out-of-fold accuracy by fusion", pages.share, maximum=1.0),
    )


def value_modalities(found: ValueEvaluation) -> Modalities:
    """Return what each modality knows of a quantity."""
    whole = {"the model": ValueScore(found.mae, found.mae_log)}
    median = {"always the median": ValueScore(found.median_mae, found.median_mae_log)}
    logarithmic = found.mae_log is not None
    return Modalities(
        _value_comparison(found),
        "Bars show the mean absolute error on the log scale: shorter is better."
        if logarithmic
        else "Bars show the mean absolute error, in the unit of "
        f"{shorten(found.target, 40)}: shorter is better.",
        pages.bars(
            "Error of each expert",
            [
                *_value_bars(found, whole, "accent"),
                *_value_bars(found, {**found.experts, **median}, "muted"),
            ],
        ),
        pages.bars(
            "Error by modalities present",
            [
                *_value_bars(found, found.by_modality, "accent"),
                *_value_bars(found, median, "muted"),
            ],
        ),
        _fusions(found, "Out-of-fold error by fusion", partial(error_shown, found)),
    )


def _class_comparison(found: ClassEvaluation) -> str:
    scored = {name: e for name, e in found.experts.items() if np.isfinite(e.accuracy)}
    if not scored or not np.isfinite(found.accuracy):
        return "There is no expert’s score to compare the model with."
    name, best = max(scored.items(), key=lambda item: item[1].accuracy)
    if len(found.experts) == 1:
        return f"The model has one expert, {expert_name(name)}."
    points = 100 * (found.accuracy - best.accuracy)
    if abs(points) < 0.05:
        return f"The model is exactly as accurate as its best expert, {expert_name(name)}."
    side = "above" if points > 0 else "below"
    told = f"The model is {abs(points):.1f} points {side} its best expert, {expert_name(name)}"
    noise = 100 * _CHANCE * float(np.sqrt(best.accuracy * (1 - best.accuracy) / found.rows))
    if abs(points) <= noise:
        return f"{told}: on {pages.plural(found.rows, 'product')} that can be chance."
    return f"{told}."


def _value_comparison(found: ValueEvaluation) -> str:
    whole = _error(found, ValueScore(found.mae, found.mae_log))
    scored = {
        name: error for name, e in found.experts.items() if np.isfinite(error := _error(found, e))
    }
    if not scored or not np.isfinite(whole):
        return "There is no expert’s score to compare the model with."
    name, best = min(scored.items(), key=lambda item: item[1])
    if len(found.experts) == 1:
        return f"The model has one expert, {expert_name(name)}."
    less = 1 - whole / best if best else 0.0
    if abs(less) < 0.0005:
        return f"The model errs exactly as much as its best expert, {expert_name(name)}."
    side = "less" if less > 0 else "more"
    return f"The model errs {abs(less):.1%} {side} than its best expert, {expert_name(name)}."


def _class_bars(
    found: ClassEvaluation, scores: Mapping[str, ExpertScore], tone: pages.Tone
) -> list[pages.Bar]:
    items = []
    for name, score in scores.items():
        known = found.rows > 0 and bool(np.isfinite(score.accuracy))
        right = round(score.accuracy * found.rows) if known else 0
        low, high = metrics.wilson_interval(right, found.rows) if known else (None, None)
        items.append(
            pages.Bar(
                label=expert_name(name),
                value=score.accuracy if known else None,
                shown=pages.share(score.accuracy),
                note=f"macro F1 {pages.share(score.macro_f1)}",
                low=low,
                high=high,
                tone=tone,
            )
        )
    return items


def _value_bars(
    found: ValueEvaluation, scores: Mapping[str, ValueScore], tone: pages.Tone
) -> list[pages.Bar]:
    logarithmic = found.mae_log is not None
    return [
        pages.Bar(
            label=expert_name(name),
            value=(error := _error(found, score)),
            shown=pages.score(error) if logarithmic else pages.number(error),
            note=f"MAE {pages.number(score.mae)}" if logarithmic else "",
            tone=tone,
        )
        for name, score in scores.items()
    ]


def _error(found: ValueEvaluation, score: ValueScore) -> float:
    if found.mae_log is None:
        return score.mae
    return float("nan") if score.mae_log is None else score.mae_log


def _fusions(
    found: Evaluation, title: str, shown: Callable[[float], str], *, maximum: float | None = None
) -> Markup | None:
    if len(found.fusions) < 2:
        return None
    return pages.bars(
        title,
        [
            pages.Bar(
                label=name,
                value=score,
                shown=shown(score),
                note="chosen" if name == found.fusion else "",
                tone="accent" if name == found.fusion else "muted",
            )
            for name, score in found.fusions.items()
        ],
        maximum=maximum,
    )
