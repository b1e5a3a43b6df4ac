"""A regressor's answers as charts: predicted against true, and errors by price band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.report.answers import Bools, Floats, Values
from aisle.evaluation.results import ValueEvaluation
from aisle.pages.formatting import asked, shorten

POINTS = 2000
"""How many products a scatter plot draws at most."""

_BANDS = 5
_FEW_A_BAND = 8


@dataclass(frozen=True)
class Band:
    """Products whose true values lie in one range.

    `error` is the median of the factor between answer and truth, less 1, or the median distance
    where a value is not above 0; `bias` is above 0 where answers are mostly too high.
    """

    low: float
    high: float
    rows: int
    error: float
    bias: float
    inside: float


def interval_verdict(found: ValueEvaluation) -> pages.Verdict:
    """Say whether the intervals hold as many true values as was asked."""
    if not found.rows or not np.isfinite(found.interval_coverage):
        return pages.Verdict("warn", "The intervals could not be checked")
    inside = round(found.interval_coverage * found.rows)
    low, high = metrics.wilson_interval(inside, found.rows)
    wanted = asked(found.interval_asked)
    headline = (
        f"{pages.share(found.interval_coverage)} of true values lie between low and high; "
        f"{wanted} were asked for"
    )
    measured = (
        f"{pages.count(inside)} of {pages.plural(found.rows, 'product')}, 95% interval "
        f"{pages.share(low)} to {pages.share(high)}."
    )
    if low <= found.interval_asked <= high:
        kept = f"{measured} The intervals keep what they promise."
        return pages.Verdict("good", headline, (kept,))
    if high < found.interval_asked:
        narrow = f"{measured} They are too narrow here, by more than chance explains."
        return pages.Verdict("bad", headline, (narrow,))
    return pages.Verdict("warn", headline, (f"{measured} They are wider than they need be here.",))


def scatter(found: ValueEvaluation, values: Values) -> Markup | None:
    """Return true against predicted values; None where there are none."""
    at = np.arange(len(values.rows))
    if not len(at):
        return None
    if len(at) > POINTS:
        at = np.sort(np.random.default_rng(0).choice(at, POINTS, replace=False))
    truth, predicted, inside = values.truth[at], values.predicted[at], values.inside[at]
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    ids = found.predictions["id"].take(values.rows[at]).to_pylist()
    hints = [
        f"{shorten(str(key), 40)}\ntrue {pages.number(values.truth[p])}, predicted "
        f"{pages.number(values.predicted[p])}\nfrom {pages.number(values.low[p])} to "
        f"{pages.number(values.high[p])}"
        for p, key in zip(at, ids, strict=True)
    ]

    def group(name: str, chosen: Bools, tone: pages.Tone) -> pages.Series:
        some = np.flatnonzero(chosen)
        places = [(float(truth[p]), float(predicted[p])) for p in some]
        return pages.Series(name, places, tone=tone, hints=[hints[p] for p in some])

    return pages.chart(
        pages.Plot(
            "Predicted against true values",
            f"{pages.plural(len(at), 'product')} between {pages.number(low)} and "
            f"{pages.number(high)}; {int(inside.sum())} have their truth inside the interval",
            x=pages.Axis(f"True {shorten(found.target, 30)}", low, high, log=values.positive),
            y=pages.Axis("Predicted", low, high, log=values.positive),
            series=(
                group("inside its interval", inside, "accent"),
                group("outside its interval", ~inside, "warn"),
            ),
            diagonal=True,
            square=True,
            zoom=True,
        )
    )


def bands(values: Values) -> tuple[Band, ...]:
    """Cut the true values into ranges of equally many products; empty with too few of them."""
    if len(values.rows) < _BANDS * _FEW_A_BAND:
        return ()
    edges = np.unique(np.quantile(values.truth, np.linspace(0, 1, _BANDS + 1)))
    if len(edges) < 3:
        return ()
    band = np.clip(np.searchsorted(edges, values.truth, side="right") - 1, 0, len(edges) - 2)
    return tuple(_band(values, band == at) for at in range(len(edges) - 1))


def _band(values: Values, own: Bools) -> Band:
    truth, error = values.truth[own], _signed(values)[own]
    return Band(
        low=float(truth.min()),
        high=float(truth.max()),
        rows=int(own.sum()),
        error=float(
            np.expm1(np.median(np.abs(error))) if values.positive else np.median(np.abs(error))
        ),
        bias=float(np.median(error)),
        inside=float(values.inside[own].mean()),
    )


def _signed(values: Values) -> Floats:
    if values.positive:
        return np.asarray(np.log(values.predicted) - np.log(values.truth))
    return values.predicted - values.truth


def band_chart(values: Values, told: tuple[Band, ...]) -> Markup | None:
    """Return predicted over true, by true value; None unless all values are above 0."""
    if not told or not values.positive:
        return None
    ratio = values.predicted / values.truth
    places, spans, hints = [], [], []
    for band in told:
        own = (values.truth >= band.low) & (values.truth <= band.high)
        low, middle, high = (float(q) for q in np.quantile(ratio[own], (0.25, 0.5, 0.75)))
        places.append((float(np.median(values.truth[own])), middle))
        spans.append((low, high))
        hints.append(
            f"true values {pages.number(band.low)} to {pages.number(band.high)}\n"
            f"predicted / true: median {middle:.2f}, half of them {low:.2f} to {high:.2f}"
        )
    lowest, highest = min(low for low, _ in spans), max(high for _, high in spans)
    return pages.chart(
        pages.Plot(
            "Predicted over true, by true value",
            "; ".join(hint.replace("\n", ": ") for hint in hints),
            x=pages.Axis(
                "True value", float(values.truth.min()), float(values.truth.max()), log=True
            ),
            y=pages.Axis(
                "Predicted / true", min(0.5, lowest / 1.1), max(2.0, 1.1 * highest), log=True
            ),
            series=(pages.Series("bands", places, "both", hints=hints, spans=spans),),
            rule=pages.Rule(1.0, "exact"),
        )
    )
