"""Evaluating a model on products whose truth is known."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import combinations
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.errors import CatalogError
from aisle.evaluation.results import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    LearningPoint,
    Promise,
    ValueEvaluation,
    ValueScore,
)
from aisle.models import ProductClassifier, ProductRegressor
from aisle.models.decision_table import ClassScores
from aisle.progress import Progress, silent

Names = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

PROMISES = (0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995)
"""The precisions whose consequences an evaluation tells."""


@overload
def evaluate(
    model: ProductClassifier,
    catalog: object,
    *,
    precision: float | None = ...,
    progress: Progress = ...,
) -> ClassEvaluation: ...
@overload
def evaluate(
    model: ProductRegressor,
    catalog: object,
    *,
    precision: float | None = ...,
    progress: Progress = ...,
) -> ValueEvaluation: ...


def evaluate(
    model: ProductClassifier | ProductRegressor,
    catalog: object,
    *,
    precision: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Compare a model's answers with the truth.

    Parameters
    ----------
    model
        A fitted classifier or regressor.
    catalog
        Products with the target's column, in any form that `Catalog.read` takes. They should be
        products that the model was not trained on.
    precision
        The precision to promise for accepted products; the recipe's when left out.
    progress
        Called as work goes on.

    Returns
    -------
    ClassEvaluation or ValueEvaluation

    Raises
    ------
    CatalogError
        If the target's column is missing, or no row has a usable target.
    """
    products = _with_truth(model, catalog)
    known = np.flatnonzero(products.has_target)
    if not len(known):
        raise CatalogError(
            f"not one of the {len(products)} rows has a usable value in "
            f"{products.schema.target!r}: there is nothing to compare answers with"
        )
    unlabelled = len(products) - len(known)
    labelled = products.take(known) if unlabelled else products
    if isinstance(model, ProductClassifier):
        return _classes(model, labelled, unlabelled, precision, progress)
    return _values(model, labelled, unlabelled, progress)


def _with_truth(model: ProductClassifier | ProductRegressor, catalog: object) -> Catalog:
    """Read products with the model's columns, and the target that they or the model name."""
    products = model.read(catalog)
    target = products.schema.target
    if target is None or target not in products.table.column_names:
        raise CatalogError(
            f"the model learned {model.schema_.target!r}, and the catalogue has no such column to "
            f"compare with; its columns are {', '.join(map(repr, products.table.column_names))}"
        )
    return products


def _subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """List all sets of one modality or more, the small ones first."""
    sizes = range(1, len(modalities) + 1)
    return [subset for size in sizes for subset in combinations(modalities, size)]


def _classes(
    model: ProductClassifier,
    products: Catalog,
    unlabelled: int,
    precision: float | None,
    progress: Progress,
) -> ClassEvaluation:
    start = time.perf_counter()
    scored = model.scores(products, subsets=_subsets(model.modalities_), progress=progress)
    table = model.decided(products, scored, precision=precision)
    seconds = time.perf_counter() - start
    truth = products.labels
    names = np.array([*model.classes_, None], dtype=object)[:-1]
    predicted = names[scored.probabilities.argmax(axis=1)]
    confidence = table["confidence"].to_numpy()
    right = predicted == truth
    accepted = np.array(table["decision"].to_pylist(), dtype=object) == "accept"
    threshold = model.threshold(precision)
    f1 = metrics.f1_scores(truth, predicted, _union(names, truth))
    return ClassEvaluation(
        rows=len(products),
        unlabelled=unlabelled,
        seconds=seconds,
        target=str(products.schema.target),
        fusion=model.fusion_.name,
        recipe=model.recipe_.name,
        model_rows=model.rows_,
        predictions=table.append_column("truth", pa.array(truth, pa.string())),
        products=products,
        learning_curve=_learning_curve(model),
        fusions=model.metrics_["fusions"],
        accuracy=float(right.mean()),
        accuracy_interval=metrics.wilson_interval(int(right.sum()), len(right)),
        macro_f1=f1.macro,
        micro_f1=f1.micro,
        weighted_f1=f1.weighted,
        log_loss=metrics.log_loss(truth, scored.probabilities, model.classes_),
        calibration_error=metrics.calibration_error(confidence, right),
        precision_asked=threshold.precision,
        coverage=float(accepted.mean()),
        accepted_precision=float(right[accepted].mean()) if accepted.any() else None,
        threshold=threshold.threshold if math.isfinite(threshold.threshold) else None,
        per_class=metrics.per_class(truth, predicted, _union(names, truth)),
        by_modality={
            name: _class_score(truth, names[codes], names) for name, codes in scored.subsets.items()
        },
        experts={
            name: _class_score(truth, names[scores.argmax(axis=1)], names)
            for name, scores in scored.experts.items()
        },
        unknown_classes=tuple(sorted(set(map(str, truth)) - set(model.classes_))),
        training_accuracy=model.metrics_.get("training_accuracy"),
        out_of_fold_accuracy=model.metrics_.get("out_of_fold_accuracy"),
        promises=tuple(_promise(model, p, products, scored, right) for p in PROMISES),
    )


def _learning_curve(model: ProductClassifier | ProductRegressor) -> tuple[LearningPoint, ...]:
    points = model.metrics_.get("learning_curve", [])
    return tuple(LearningPoint(int(point["rows"]), float(point["score"])) for point in points)


def _promise(
    model: ProductClassifier,
    precision: float,
    products: Catalog,
    scored: ClassScores,
    right: npt.NDArray[np.bool_],
) -> Promise:
    """Say what promising another precision would give on these products."""
    accepted = model.accepted(products, scored, precision=precision)
    threshold = model.threshold(precision).threshold
    return Promise(
        precision,
        threshold if math.isfinite(threshold) else None,
        float(accepted.mean()),
        float(right[accepted].mean()) if accepted.any() else None,
    )


def _union(names: Names, truth: Names) -> list[str]:
    """List the classes that the model knows, then those that only these products have."""
    return [*names, *sorted(set(truth) - set(names))]


def _class_score(truth: Names, predicted: Names, names: Names) -> ExpertScore:
    f1 = metrics.f1_scores(truth, predicted, _union(names, truth))
    return ExpertScore(metrics.accuracy(truth, predicted), f1.macro)


def _values(
    model: ProductRegressor, products: Catalog, unlabelled: int, progress: Progress
) -> ValueEvaluation:
    start = time.perf_counter()
    scored = model.scores(products, subsets=_subsets(model.modalities_), progress=progress)
    seconds = time.perf_counter() - start
    truth = products.values
    found = metrics.regression_scores(truth, scored.values, scored.low, scored.high)
    median = metrics.median_baseline(truth, truth)
    table = model.tabulated(products, scored)
    return ValueEvaluation(
        rows=len(products),
        unlabelled=unlabelled,
        seconds=seconds,
        target=str(products.schema.target),
        fusion=model.fusion_.name,
        recipe=model.recipe_.name,
        model_rows=model.rows_,
        predictions=table.append_column("truth", pa.array(truth, pa.float64())),
        products=products,
        learning_curve=_learning_curve(model),
        fusions=model.metrics_["fusions"],
        mae=found.mae,
        mae_log=found.mae_log,
        relative_error=None if found.mae_log is None else math.expm1(found.mae_log),
        rmse=found.rmse,
        rmsle=found.rmsle,
        smape=found.smape,
        r2=found.r2,
        interval_asked=model.recipe_.interval,
        interval_coverage=float(found.interval_coverage or 0.0),
        median_mae=median.mae,
        median_mae_log=median.mae_log,
        by_modality={name: _value_score(truth, values) for name, values in scored.subsets.items()},
        experts={name: _value_score(truth, values) for name, values in scored.experts.items()},
        scale=model.scale_,
        training_error=model.metrics_.get("training_mae"),
        out_of_fold_error=model.metrics_.get("out_of_fold_mae"),
    )


def _value_score(truth: Floats, values: Floats) -> ValueScore:
    found = metrics.regression_scores(truth, values)
    return ValueScore(found.mae, found.mae_log)
