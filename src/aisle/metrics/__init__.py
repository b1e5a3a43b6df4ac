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
from aisle.metrics.distances import (
    jensen_shannon,
    kolmogorov_smirnov,
    stability_index,
    wasserstein,
)
from aisle.metrics.hierarchical import HierarchicalScores, LevelScore, hierarchical_scores
from aisle.metrics.intervals import (
    bootstrap_interval,
    clopper_pearson_lower,
    group_bootstrap,
    wilson_interval,
)
from aisle.metrics.multiple import benjamini_hochberg, two_shares_p_value
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
    "HierarchicalScores",
    "LevelScore",
    "McNemar",
    "PairedDifference",
    "RegressionScores",
    "Reliability",
    "accuracy",
    "benjamini_hochberg",
    "bootstrap_interval",
    "brier",
    "calibration_error",
    "clopper_pearson_lower",
    "confusion_matrix",
    "f1_scores",
    "group_bootstrap",
    "hierarchical_scores",
    "interval_coverage",
    "jensen_shannon",
    "kolmogorov_smirnov",
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
    "stability_index",
    "top_k_accuracy",
    "two_shares_p_value",
    "wasserstein",
    "wilson_interval",
]
