"""The evaluation of a regressor as one HTML page."""

from __future__ import annotations

import math

from aisle import pages
from aisle.evaluation.report.answers import Values
from aisle.evaluation.report.duel import value_duel
from aisle.evaluation.report.learning import value_learning
from aisle.evaluation.report.modalities import value_modalities
from aisle.evaluation.report.products import value_products
from aisle.evaluation.report.scripts import scripts
from aisle.evaluation.report.seen import seen_told
from aisle.evaluation.report.slices import slices
from aisle.evaluation.report.values import POINTS, band_chart, bands, interval_verdict, scatter
from aisle.evaluation.results import ValueEvaluation


def value_page(found: ValueEvaluation) -> str:
    """Return the evaluation of a regressor as a self-contained HTML page."""
    values = Values.of(found)
    told = bands(values)
    return pages.render(
        "evaluation_value.html",
        scripts=scripts(),
        found=found,
        seen=seen_told(found),
        verdict=interval_verdict(found),
        comparison=_comparison(found),
        gain=_gain(found.mae, found.median_mae),
        gain_log=_gain(found.mae_log, found.median_mae_log),
        scatter_chart=scatter(found, values),
        log_axes=values.positive,
        drawn=min(len(values.rows), POINTS),
        drawable=len(values.rows),
        bands=told,
        band_chart=band_chart(values, told),
        products=value_products(found, values),
        modalities=value_modalities(found),
        learning=value_learning(found, values),
        slices=slices(found),
        duel=value_duel(found),
        sections=_sections(found),
    )


def _sections(found: ValueEvaluation) -> list[tuple[str, str]]:
    return [
        *([("against", "Against")] if found.against else []),
        ("answers", "Answers"),
        ("bands", "By value"),
        ("slices", "Slices"),
        ("errors", "Worst errors"),
        ("modalities", "Modalities"),
        ("learning", "Learning"),
        ("gallery", "Gallery"),
    ]


def _comparison(found: ValueEvaluation) -> str:
    if found.mae_log is not None:
        less, where = _gain(found.mae_log, found.median_mae_log), ", on the log scale"
    else:
        less, where = _gain(found.mae, found.median_mae), ""
    if less is None or not math.isfinite(less):
        return "There is no baseline to compare the model with."
    told = f"{pages.share(abs(less))} {'less' if less > 0 else 'more'}"
    return f"The model errs {told} than always answering the median{where}."


def _gain(error: float | None, baseline: float | None) -> float | None:
    return None if error is None or not baseline else 1 - error / baseline
