"""Known products against new ones: what a model remembers, and whether it did as training foretold.

That a model answers nearly all of its own products rightly says little: flexible models do, and
may answer new products well all the same. So the words warn of a gap between what training
foretold, out of fold, and what these products show; not of memory.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.report.answers import Values
from aisle.evaluation.results import ClassEvaluation, ValueEvaluation

_CHANCE = 1.96


def class_gap(found: ClassEvaluation) -> tuple[str, ...]:
    """Say how much of a classifier's skill is memory, and whether training foretold the rest."""
    if not np.isfinite(found.accuracy):
        return ()
    known, foretold = found.training_accuracy, found.out_of_fold_accuracy
    return (
        *(() if known is None else (_memory(known, found),)),
        *(() if foretold is None else (_foretold(foretold, found),)),
    )


def _memory(known: float, found: ClassEvaluation) -> str:
    here = found.accuracy
    if known - here <= _CHANCE * np.sqrt(here * (1 - here) / max(found.rows, 1)):
        return (
            "The model does no better on the products that trained it than on these: it has "
            "learned nothing by heart."
        )
    return (
        f"The model answers {pages.share(known)} of the products that trained it rightly. That is "
        "memory: such models know their own products nearly by heart, which does no harm by "
        "itself. What counts are products that it has not seen."
    )


def _foretold(foretold: float, found: ClassEvaluation) -> str:
    here = found.accuracy
    spread = foretold * (1 - foretold) / max(found.model_rows, 1)
    spread += here * (1 - here) / max(found.rows, 1)
    points = 100 * abs(here - foretold)
    if points <= 100 * _CHANCE * np.sqrt(spread):
        return (
            f"What training foretold, {pages.share(foretold)}, and what these products show, "
            f"{pages.share(here)}, agree within what chance allows."
        )
    side = "below" if here < foretold else "above"
    why = (
        "they probably differ from those that trained the model"
        if here < foretold
        else "they are easier than those that trained the model, or some of them trained it"
    )
    return (
        f"These products come out {points:.1f} points {side} what training foretold, more than "
        f"chance explains: {why}."
    )


def class_gap_bars(found: ClassEvaluation) -> Markup | None:
    """Return the accuracy on known, on held-out and on these products; None with one alone."""
    rows: list[tuple[str, float | None, int, pages.Tone]] = [
        ("products that trained it", found.training_accuracy, found.model_rows, "muted"),
        ("the same, out of fold", found.out_of_fold_accuracy, found.model_rows, "muted"),
        ("these products", found.accuracy, found.rows, "accent"),
    ]
    items = []
    for label, value, count, tone in rows:
        if value is None or not np.isfinite(value) or not count:
            continue
        low, high = metrics.wilson_interval(round(value * count), count)
        items.append(pages.Bar(label, value, pages.share(value), low=low, high=high, tone=tone))
    title = "Accuracy on known and on new products"
    return pages.bars(title, items, maximum=1.0) if len(items) > 1 else None


def error_here(found: ValueEvaluation, values: Values) -> float | None:
    """Return the mean absolute error of these products on the scale of learning."""
    truth, predicted = values.truth, values.predicted
    if not len(truth):
        return None
    if found.scale == "linear":
        return float(np.abs(predicted - truth).mean())
    least = 0.0 if found.scale == "log" else -1.0
    if min(truth.min(), predicted.min()) <= least:
        return None
    forward = np.log if found.scale == "log" else np.log1p
    return float(np.abs(forward(predicted) - forward(truth)).mean())


def value_gap(found: ValueEvaluation, here: float | None) -> tuple[str, ...]:
    """Say how much of a regressor's skill is memory, and whether training foretold the rest."""
    known, foretold = found.training_error, found.out_of_fold_error
    if here is None or not foretold:
        return ()
    more = here / foretold - 1
    told = (
        f"Training foretold an error of {error_shown(found, foretold)} ({scale_name(found)}); "
        f"these products show {error_shown(found, here)}, {abs(more):.0%} "
        f"{'more' if more > 0 else 'less'}."
    )
    if known is None:
        return (told,)
    memory = (
        f"On the products that trained the model the error is {error_shown(found, known)}. Much of "
        "that is memory; what counts are products that it has not seen."
    )
    return (memory, told) if known < foretold else (told,)


def value_gap_bars(found: ValueEvaluation, here: float | None) -> Markup | None:
    """Return the error on known, on held-out and on these products; None with one alone."""
    rows: list[tuple[str, float | None, pages.Tone]] = [
        ("products that trained it", found.training_error, "muted"),
        ("the same, out of fold", found.out_of_fold_error, "muted"),
        ("these products", here, "accent"),
    ]
    items = [
        pages.Bar(label, value, error_shown(found, value), tone=tone)
        for label, value, tone in rows
        if value is not None
    ]
    return pages.bars("Error on known and on new products", items) if len(items) > 1 else None


def scale_name(found: ValueEvaluation) -> str:
    """Say what errors on the scale of learning are."""
    return "mean absolute" if found.scale == "linear" else "mean absolute, on the log scale"


def error_shown(found: ValueEvaluation, error: float) -> str:
    """Return an error on the scale of learning as a reader wants it."""
    return pages.number(error) if found.scale == "linear" else pages.score(error)
