"""Two classifiers compared product by product."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.evaluation.answered import Answered
from aisle.evaluation.versus.results import ClassAgainst, ClassFlips, Difference, Differing
from aisle.models import ProductClassifier
from aisle.progress import Progress, silent

Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

SHOWN = 24
"""How many of the products on which two models differ are told one by one."""

RESAMPLES = 2_000


def class_against(
    other: ProductClassifier,
    products: Catalog,
    predictions: pa.Table,
    *,
    name: str = "the other model",
    precision: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ClassAgainst:
    """Let another classifier answer the same products, and compare.

    Parameters
    ----------
    other
        The model to compare with; it reads its own columns of the catalogue.
    products
        Products with their truth.
    predictions
        What this model says of them, as `ProductClassifier.predict` returns it.
    name
        What to call the other model.
    precision
        The precision promised for decisions; each model's own when left out.
    seed
        Of the bootstrap.
    progress
        Called as work goes on.

    Raises
    ------
    CatalogError
        If not one of the columns that the other model reads is there.
    """
    start = time.perf_counter()
    answered = other.predict(products, precision=precision, progress=progress)
    seconds = time.perf_counter() - start
    truth = products.labels
    this, that = Answered.of(predictions, truth), Answered.of(answered, truth)
    test = metrics.mcnemar(this.right, that.right)
    groups = products.find_groups(progress)
    differ = np.flatnonzero(this.category != that.category)
    return ClassAgainst(
        name=name,
        recipe=other.recipe_.name,
        fusion=other.fusion_.name,
        model_rows=other.rows_,
        seconds=seconds,
        accuracy=that.accuracy,
        macro_f1=metrics.f1_scores(truth, that.category, other.classes_).macro,
        coverage=that.coverage,
        accepted_precision=that.accepted_precision,
        accuracy_difference=_accuracy_difference(this.right, that.right, groups, seed),
        macro_f1_difference=_f1_difference(this, that, groups, seed),
        both_right=int((this.right & that.right).sum()),
        only_this=test.only_a,
        only_other=test.only_b,
        both_wrong=int((~this.right & ~that.right).sum()),
        p_value=test.p_value,
        groups=len(np.unique(groups)),
        differ=len(differ),
        per_class=_by_class(truth, this.right, that.right),
        differing=_differing(predictions["id"].to_pylist(), this, that, differ),
        seen_in_training=other.seen_in_training(products, progress),
    )


def difference(
    mean: float, groups: Codes, statistic: Callable[[Floats], float], seed: int
) -> Difference:
    """Return a difference with its interval over groups."""
    low, high = metrics.group_bootstrap(groups, statistic, seed, resamples=RESAMPLES)
    return Difference(mean, low, high)


def _accuracy_difference(right: Bools, others: Bools, groups: Codes, seed: int) -> Difference:
    apart = right.astype(np.float64) - others

    def weighted(times: Floats) -> float:
        return float(apart @ times / times.sum())

    return difference(float(apart.mean()), groups, weighted, seed)


def _f1_difference(this: Answered, that: Answered, groups: Codes, seed: int) -> Difference:
    names = [this.truth, this.category, that.category]
    classes, flat = np.unique(np.concatenate(names).astype(str), return_inverse=True)
    codes = flat.reshape(3, len(this.truth))

    def macro(predicted: npt.NDArray[np.intp], times: Floats) -> float:
        size, given = len(classes), codes[0]
        hit = predicted == given
        met = np.bincount(given, times, size) + np.bincount(predicted, times, size)
        hits = np.bincount(given[hit], times[hit], size)
        return float((2 * hits[met > 0] / met[met > 0]).mean())

    def weighted(times: Floats) -> float:
        return macro(codes[1], times) - macro(codes[2], times)

    return difference(weighted(np.ones(len(this.truth))), groups, weighted, seed)


def _by_class(truth: Names, right: Bools, others: Bools) -> tuple[ClassFlips, ...]:
    names = sorted(set(truth))
    own = [np.asarray(truth == name, dtype=np.bool_) for name in names]
    tests = [metrics.mcnemar(right[rows], others[rows]) for rows in own]
    adjusted = metrics.benjamini_hochberg([test.p_value for test in tests])
    found = [
        ClassFlips(
            name=name,
            rows=int(rows.sum()),
            accuracy=float(right[rows].mean()),
            other_accuracy=float(others[rows].mean()),
            only_this=test.only_a,
            only_other=test.only_b,
            p_value=float(p_value),
        )
        for name, rows, test, p_value in zip(names, own, tests, adjusted, strict=True)
    ]
    apart = sorted(found, key=lambda one: (-abs(one.only_this - one.only_other), -one.rows))
    return tuple(apart)


def _differing(
    ids: Sequence[str | None], this: Answered, that: Answered, differ: npt.NDArray[np.intp]
) -> tuple[Differing, ...]:
    """Choose products by a fixed rule: in turn one that only this, only the other, or none has."""
    sure = np.minimum(this.confidence, that.confidence)
    kind = np.select([this.right[differ], that.right[differ]], [0, 1], 2)
    queues = [differ[kind == at] for at in range(3)]
    queues = [rows[np.argsort(-sure[rows], kind="stable")] for rows in queues]
    turns = [
        int(rows[at]) for at in range(max(map(len, queues))) for rows in queues if at < len(rows)
    ]
    return tuple(
        Differing(
            row=row,
            id=f"row {row}" if ids[row] is None else str(ids[row]),
            truth=str(this.truth[row]),
            category=str(this.category[row]),
            confidence=float(this.confidence[row]),
            accepted=bool(this.accepted[row]),
            other_category=str(that.category[row]),
            other_confidence=float(that.confidence[row]),
            other_accepted=bool(that.accepted[row]),
        )
        for row in turns[:SHOWN]
    )
