"""Small evaluations made by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from aisle import metrics
from aisle.evaluation import (
    ClassEvaluation,
    ExpertScore,
    LearningPoint,
    Promise,
    ValueEvaluation,
    ValueScore,
)

ALTERNATIVES = pa.list_(pa.struct([("category", pa.string()), ("probability", pa.float64())]))


def classes(
    truth: list[str],
    predicted: list[str],
    confidence: list[float | None] | None = None,
    *,
    threshold: float | None = 0.5,
    precision: float = 0.9,
) -> ClassEvaluation:
    """Make the evaluation of a classifier that accepts from a threshold on."""
    rows = len(truth)
    sure = [0.8] * rows if confidence is None else confidence
    accepted = np.array([threshold is not None and (s or 0) >= threshold for s in sure])
    right = np.array([a == b for a, b in zip(truth, predicted, strict=True)])
    names = list(dict.fromkeys([*truth, *predicted]))
    f1 = metrics.f1_scores(truth, predicted, names)
    others = [{"category": name, "probability": 0.1} for name in names[:2]]
    return ClassEvaluation(
        rows=rows,
        unlabelled=0,
        seconds=0.5,
        target="category",
        fusion="late",
        recipe="fast",
        model_rows=100,
        predictions=pa.table(
            {
                "id": pa.array([f"p{row}" for row in range(rows)]),
                "category": pa.array(predicted, pa.string()),
                "confidence": pa.array(sure, pa.float64()),
                "decision": np.where(accepted, "accept", "review"),
                "alternatives": pa.array([others] * rows, ALTERNATIVES),
                "error": pa.array([None] * rows, pa.string()),
                "truth": pa.array(truth, pa.string()),
            }
        ),
        accuracy=float(right.mean()),
        accuracy_interval=metrics.wilson_interval(int(right.sum()), rows),
        macro_f1=f1.macro,
        micro_f1=f1.micro,
        weighted_f1=f1.weighted,
        log_loss=0.25,
        calibration_error=0.04,
        precision_asked=precision,
        coverage=float(accepted.mean()),
        accepted_precision=float(right[accepted].mean()) if accepted.any() else None,
        threshold=threshold,
        per_class=metrics.per_class(truth, predicted, names),
        by_modality={"text": ExpertScore(0.7, 0.6), "text+image": ExpertScore(0.8, 0.7)},
        experts={"text": ExpertScore(0.7, 0.6), "image": ExpertScore(0.5, 0.4)},
        fusions={"best-single": 0.85, "late": 0.9},
        learning_curve=(LearningPoint(20, 0.6), LearningPoint(40, 0.75), LearningPoint(80, 0.85)),
        training_accuracy=1.0,
        out_of_fold_accuracy=0.9,
        promises=(
            Promise(0.8, 0.4, 1.0, float(right.mean())),
            Promise(0.99, None, 0.0, None),
        ),
    )


def small() -> ClassEvaluation:
    """Forty products of two classes, three of them taken for a third."""
    truth = ["Baby Care"] * 20 + ["Watches"] * 20
    predicted = ["Baby Care"] * 17 + ["Home Furnishing"] * 3 + ["Watches"] * 20
    confidence = [0.95] * 17 + [0.7, 0.9, 0.6] + [0.97] * 20
    return classes(truth, predicted, list(confidence))


def values(rows: int = 50, *, shift: float = 0.0) -> ValueEvaluation:
    """Make the evaluation of a regressor; a shift makes some values negative."""
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(6, 1, rows)) - shift
    predicted = truth * np.exp(rng.normal(0, 0.3, rows))
    predicted[0] = truth[0] * 20
    positive = shift == 0
    return ValueEvaluation(
        rows=rows,
        unlabelled=0,
        seconds=0.5,
        target="price",
        fusion="late",
        recipe="fast",
        model_rows=100,
        predictions=pa.table(
            {
                "id": [f"p{row}" for row in range(rows)],
                "value": predicted,
                "low": predicted * 0.6,
                "high": predicted * 1.6,
                "error": pa.array([None] * rows, pa.string()),
                "truth": truth,
            }
        ),
        mae=120.5,
        mae_log=0.3 if positive else None,
        relative_error=0.35 if positive else None,
        rmse=300.0,
        rmsle=0.4 if positive else None,
        smape=0.3,
        r2=0.8,
        interval_asked=0.9,
        interval_coverage=0.9,
        median_mae=500.0,
        median_mae_log=0.8 if positive else None,
        by_modality={"text": ValueScore(130.0, 0.4 if positive else None)},
        experts={"text": ValueScore(130.0, 0.4 if positive else None)},
        scale="log" if positive else "linear",
        training_error=0.05 if positive else 20.0,
        out_of_fold_error=0.35 if positive else 110.0,
        learning_curve=(LearningPoint(20, 0.6), LearningPoint(40, 0.5), LearningPoint(80, 0.42)),
    )
