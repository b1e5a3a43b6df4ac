"""How to train a network, as plain numbers that can stand in a recipe."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from aisle.errors import RecipeError

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Schedule = Literal["cosine", "constant"]


@dataclass(frozen=True)
class TrainingPlan:
    """Settings of the trainer.

    Parameters
    ----------
    epochs
        Rounds over all rows, at most.
    batch
        Rows a step.
    learning_rate, weight_decay
        Of AdamW (Loshchilov and Hutter, 2019), the decay decoupled.
    warm_up
        The share of all steps in which the learning rate rises from 0.
    schedule
        ``cosine`` lets the learning rate fall to 0 at the end; ``constant`` keeps it.
    horizon
        How many epochs the schedule spans, where training is to end before: `epochs` if left out.
    patience
        Epochs without a lower loss on the stopping rows after which training ends; 0 never does.
    label_smoothing
        The share of every target that is spread over all classes.
    focal
        The exponent of the focal loss (Lin et al., 2017); 0 is plain cross-entropy.
    mixup
        The parameter of the beta distribution that rows are mixed by (Zhang et al., 2018).
    precision
        What matrix products are computed in; weights stay float32. ``auto`` is bfloat16 where the
        machine has instructions for it, else float32.
    accumulate
        Batches whose gradients are added up before a step.
    gradient_checkpointing
        Compute activations again instead of keeping them: slower, in less memory.
    workers
        Threads that prepare batches ahead of time; 0 prepares each when its turn comes.
    clip
        The largest norm of a step's gradient; 0 is none.
    seed
        Of the order of rows, of dropout, augmentation and mixing.

    Raises
    ------
    RecipeError
        If a value makes no sense.
    """

    epochs: int = 30
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    schedule: Schedule = "cosine"
    horizon: int | None = None
    patience: int = 5
    label_smoothing: float = 0.0
    focal: float = 0.0
    mixup: float = 0.0
    precision: Precision = "float32"
    accumulate: int = 1
    gradient_checkpointing: bool = False
    workers: int = 0
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "accumulate"):
            self._check(name, _whole(getattr(self, name), 1), "a whole number of at least 1")
        for name in ("patience", "workers", "seed"):
            self._check(name, _whole(getattr(self, name), 0), "a whole number of at least 0")
        for name in ("weight_decay", "focal", "mixup", "clip"):
            self._check(name, _within(getattr(self, name)), "a number of at least 0")
        for name in ("warm_up", "label_smoothing"):
            found = _within(getattr(self, name)) and getattr(self, name) < 1
            self._check(name, found, "a number from 0 to less than 1")
        positive = _within(self.learning_rate) and self.learning_rate > 0
        self._check("learning_rate", positive, "a number above 0")
        if self.horizon is not None:
            self._check("horizon", _whole(self.horizon, self.epochs), "at least `epochs`, or none")
        for name, values in (("precision", Precision), ("schedule", Schedule)):
            known = get_args(values)
            self._check(name, getattr(self, name) in known, f"one of {', '.join(known)}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all settings."""
        return tuple(field.name for field in fields(cls))

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate's factor at a step, from 0 to 1.

        Parameters
        ----------
        step
            From 0.
        steps
            All steps that the schedule spans.
        """
        rising = self.warm_up * steps
        if step < rising:
            return (step + 1) / math.ceil(rising + 1)
        if self.schedule == "constant":
            return 1.0
        done = (step - rising) / max(1.0, steps - rising)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def _check(self, name: str, fine: bool, expected: str) -> None:
        if not fine:
            raise RecipeError(f"{name}: expected {expected}, found {getattr(self, name)!r}")


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _within(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
