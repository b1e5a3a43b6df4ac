"""Writing trainings down in MLflow, TensorBoard or Weights & Biases."""

from aisle.experiments.tracking.kinds import KINDS, tracker
from aisle.experiments.tracking.tracker import Tracker, TrackingError
from aisle.experiments.tracking.training import IncompleteError, Tracked, track_training

__all__ = [
    "KINDS",
    "IncompleteError",
    "Tracked",
    "Tracker",
    "TrackingError",
    "track_training",
    "tracker",
]
