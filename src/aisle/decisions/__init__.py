"""From scores to decisions: calibration, accept thresholds, intervals; arrays only."""

from aisle.decisions.calibration import ConfidenceCalibrator, TemperatureCalibrator
from aisle.decisions.decide import ACCEPT, REVIEW, decide
from aisle.decisions.intervals import ResidualQuantiles, interval_losses
from aisle.decisions.thresholds import (
    Threshold,
    ThresholdCurve,
    ThresholdMethod,
    choose_threshold,
    rows_needed,
    threshold_curve,
)

__all__ = [
    "ACCEPT",
    "REVIEW",
    "ConfidenceCalibrator",
    "ResidualQuantiles",
    "TemperatureCalibrator",
    "Threshold",
    "ThresholdCurve",
    "ThresholdMethod",
    "choose_threshold",
    "decide",
    "interval_losses",
    "rows_needed",
    "threshold_curve",
]
