"""One trainer for heads, fusion and fine-tuning."""

from aisle.neural.training.abandoning import abandonable, stop_if_abandoned
from aisle.neural.training.exclusive import exclusive
from aisle.neural.training.history import Epoch, History
from aisle.neural.training.holding import held_out
from aisle.neural.training.job import Batch, Job
from aisle.neural.training.losses import (
    ClassLoss,
    ValueLoss,
    image_text_contrastive,
    supervised_contrastive,
)
from aisle.neural.training.plan import TrainingPlan
from aisle.neural.training.trainer import train

__all__ = [
    "Batch",
    "ClassLoss",
    "Epoch",
    "History",
    "Job",
    "TrainingPlan",
    "ValueLoss",
    "abandonable",
    "exclusive",
    "held_out",
    "image_text_contrastive",
    "stop_if_abandoned",
    "supervised_contrastive",
    "train",
]
