"""The evaluation of a regressor as one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.page_parts import LISTED, Bools, Floats, Names, expert_name, floats, ids
from aisle.evaluation.results import ValueEvaluation, ValueScore
from aisle.pages.formatting import asked

_SCATTER_POINTS = 2000


@dataclass(frozen=True)
class _Miss:
    """A value far from the truth; `factor` is how many times too high or too low."""

    id: str
    truth: float
    predicted: float
    low: float
    high: float
    factor: float


@dataclass(frozen=True, eq=False)
class _Values:
    """A regressor's predictions as arrays (rows,), for products with a truth and an answer."""

    ids: Names
    truth: Floats
    predicted: Floats
    low: Floats
    high: Floats

    @property
    def positive(self) -> bool:
        return bool(len(self.truth) and (self.truth > 0).all() and (self.predicted > 0).all())


def value_page(found: ValueEvaluation) -> str:
    """Return the evaluation of a regressor as a self-contained HTML page."""
    values = _values(found)
    logarithmic = found.mae_log is not None
    return pages.render(
        "evaluation_value.html",
        found=found,
        interval=_interval(found),
        gain=_gain(found.mae, found.median_mae),
        gain_log=_gain(found.mae_log, found.median_mae_log),
        scatter_chart=_scatter(found, values),
        log_axes=values.positive,
        drawn=min(len(values.ids), _SCATTER_POINTS),
        drawable=len(values.ids),
        bar_words="The mean absolute error on the log scale."
        if logarithmic
        else f"The mean absolute error, in the unit of {pages.shorten(found.target, 40)}.",
        expert_bars=_value_bars(found, found.experts, "Error of each expert", whole=True),
        modality_bars=_value_bars(found, found.by_modality, "Error by modalities present"),
        errors=_misses(values),
    )


def _values(found: ValueEvaluation) -> _Values:
    columns = [floats(found, name) for name in ("truth", "value", "low", "high")]
    known = np.isfinite(columns[0]) & np.isfinite(columns[1])
    return _Values(ids(found)[known], *(column[known] for column in columns))


def _gain(error: float | None, baseline: float | None) -> float | None:
    return None if error is None or not baseline else 1 - error / baseline


def _interval(found: ValueEvaluation) -> pages.Verdict:
    if not found.rows or not np.isfinite(found.interval_coverage):
        return pages.Verdict("warn", "The intervals could not be checked")
    inside = round(found.interval_coverage * found.rows)
    low, high = metrics.wilson_interval(inside, found.rows)
    wanted = asked(found.interval_asked)
    headline = (
        f"{pages.share(found.interval_coverage)} of true values lie between low and high; "
        f"{wanted} were asked for"
    )
    if low <= found.interval_asked <= high:
        return pages.Verdict("good", headline, ("The intervals keep what they promise.",))
    if high < found.interval_asked:
        why = "The intervals are too narrow here, by more than chance explains."
        return pages.Verdict("bad", headline, (why,))
    return pages.Verdict("warn", headline, ("The intervals are wider than they need be here.",))


def _scatter(found: ValueEvaluation, values: _Values) -> Markup | None:
    rows = np.arange(len(values.ids))
    if not len(rows):
        return None
    if len(rows) > _SCATTER_POINTS:
        rows = np.random.default_rng(0).choice(rows, _SCATTER_POINTS, replace=False)
    truth, predicted = values.truth[rows], values.predicted[rows]
    inside = (values.low[rows] <= truth) & (truth <= values.high[rows])
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    places = [(float(x), float(y)) for x, y in zip(truth, predicted, strict=True)]
    kinds: tuple[tuple[str, Bools, pages.Tone], ...] = (
        ("inside", inside, "accent"),
        ("outside", ~inside, "warn"),
    )
    groups = [
        pages.Points(name, [places[at] for at in np.flatnonzero(chosen)], tone)
        for name, chosen, tone in kinds
    ]
    return pages.scatter(
        "Predicted against true values",
        f"{pages.plural(len(rows), 'product')} between {pages.number(low)} and "
        f"{pages.number(high)}; {int(inside.sum())} have their truth inside the interval",
        groups,
        x=pages.Axis(f"True {found.target}", low, high, log=values.positive),
        y=pages.Axis("Predicted", low, high, log=values.positive),
        diagonal=True,
    )


def _value_bars(
    found: ValueEvaluation, scores: Mapping[str, ValueScore], title: str, *, whole: bool = False
) -> Markup:
    model = {f"the model ({found.fusion})": ValueScore(found.mae, found.mae_log)} if whole else {}
    median = {"always the median": ValueScore(found.median_mae, found.median_mae_log)}
    items = []
    for name, score in {**model, **scores, **median}.items():
        logarithmic = found.mae_log is not None
        value = score.mae_log if logarithmic else score.mae
        items.append(
            pages.Bar(
                label=expert_name(name),
                value=value,
                shown=pages.score(value) if logarithmic else pages.number(value),
                note=f"MAE {pages.number(score.mae)}" if logarithmic else "",
                tone="accent" if name in model or not (whole or name in median) else "muted",
            )
        )
    return pages.bars(title, items)


def _misses(values: _Values) -> list[_Miss]:
    if values.positive:
        distance = np.abs(np.log(values.predicted) - np.log(values.truth))
    else:
        distance = np.abs(values.predicted - values.truth)
    return [
        _Miss(
            id=values.ids[row],
            truth=float(values.truth[row]),
            predicted=float(values.predicted[row]),
            low=float(values.low[row]),
            high=float(values.high[row]),
            factor=float(np.exp(distance[row])) if values.positive else float("nan"),
        )
        for row in np.argsort(-distance, kind="stable")[:LISTED]
    ]
