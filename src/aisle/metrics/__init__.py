"""Scores of predictions, from accuracy to calibration, with intervals and paired tests."""

from aisle.metrics.calibration import Reliability, brier, calibration_error, reliability
from aisle.metrics.classification import (
    ClassScore,
    ConfusionMatrix,
    F1Scores,
    accuracy,
    confusion_matrix,
    f1_scores,
    log_loss,
    per_class,
    top_k_accuracy,
)
from aisle.metrics.intervals import bootstrap_interval, clopper_pearson_lower, wilson_interval
from aisle.metrics.paired import McNemar, PairedDifference, mcnemar, paired_difference
from aisle.metrics.regression import (
    RegressionScores,
    interval_coverage,
    mae,
    mae_log,
    median_baseline,
    r2,
    regression_scores,
    rmse,
    rmsle,
    smape,
)

__all__ = [
    "ClassScore",
    "ConfusionMatrix",
    "F1Scores",
    "McNemar",
    "PairedDifference",
    "RegressionScores",
    "Reliability",
    "accuracy",
    "bootstrap_interval",
    "brier",
    "calibration_error",
    "clopper_pearson_lower",
    "confusion_matrix",
    "f1_scores",
    "interval_coverage",
    "log_loss",
    "mae",
    "mae_log",
    "mcnemar",
    "median_baseline",
    "paired_difference",
    "per_class",
    "r2",
    "regression_scores",
    "reliability",
    "rmse",
    "rmsle",
    "smape",
    "top_k_accuracy",
    "wilson_interval",
]
