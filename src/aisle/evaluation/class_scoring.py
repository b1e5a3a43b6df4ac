"""Evaluating a classifier."""

from __future__ import annotations

import math
import time
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.evaluation.asked import Asked, learning_curve_of, subsets_of
from aisle.evaluation.consistency import Consistency, consistency
from aisle.evaluation.hierarchy import hierarchy
from aisle.evaluation.results import ClassEvaluation, ExpertScore, Promise
from aisle.evaluation.slicing import class_slices
from aisle.evaluation.versus import class_against
from aisle.models import ProductClassifier
from aisle.models.decision_table import ClassScores
from aisle.progress import Progress

Names = npt.NDArray[np.object_]

PROMISES = (0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995)
"""The precisions whose consequences an evaluation tells."""

TOP = (1, 3, 5)
"""Among how many of the most probable classes the truth is looked for."""


def class_evaluation(
    model: ProductClassifier,
    products: Catalog,
    unlabelled: int,
    asked: Asked,
    progress: Progress,
) -> ClassEvaluation:
    """Evaluate a classifier on products that all have a truth; see `aisle.evaluation.evaluate`."""
    precision = asked.precision
    start = time.perf_counter()
    scored = model.scores(products, subsets=subsets_of(model.modalities_), progress=progress)
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
    against = partial(class_against, precision=precision)
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
        learning_curve=learning_curve_of(model),
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
        top_k={
            str(k): metrics.top_k_accuracy(truth, scored.probabilities, model.classes_, k)
            for k in TOP
        },
        hierarchical=hierarchy(products, predicted, model.classes_, asked.taxonomy),
        slices=class_slices(
            products, scored.modalities, right, least=asked.slice_rows, progress=progress
        ),
        slice_rows=asked.slice_rows,
        consistency=_consistency(model, products, table, asked, progress),
        against=asked.compared(ProductClassifier, against, products, table, progress),
        seen_in_training=model.seen_in_training(products, progress),
    )


def _consistency(
    model: ProductClassifier,
    products: Catalog,
    predictions: pa.Table,
    asked: Asked,
    progress: Progress,
) -> Consistency | None:
    if not asked.consistency:
        return None
    return consistency(
        model,
        products,
        predictions,
        precision=asked.precision,
        seed=asked.seed,
        progress=progress,
    )


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
