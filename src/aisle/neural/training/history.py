"""How a training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """One round over the training rows.

    Parameters
    ----------
    training_loss
        The mean over its batches, with dropout, augmentation and mixing.
    stopping_loss
        On the stopping rows after it; None where there are none.
    rate
        The learning rate at its end.
    seconds
        How long it took.
    """

    training_loss: float
    stopping_loss: float | None
    rate: float
    seconds: float


@dataclass(frozen=True)
class History:
    """All epochs of a training.

    Parameters
    ----------
    epochs
        In order.
    best
        The epoch whose weights were kept, from 1: that of the lowest stopping loss, or the last.
    """

    epochs: tuple[Epoch, ...]
    best: int

    @classmethod
    def of(cls, epochs: Sequence[Epoch]) -> History:
        """Return the history of the given epochs."""
        return cls(tuple(epochs), best_of(epochs))

    @property
    def seconds(self) -> float:
        """How long the epochs took together."""
        return sum(epoch.seconds for epoch in self.epochs)

    def curves(self) -> dict[str, list[float]]:
        """Return the curves by name, a number an epoch; no times, so that bundles repeat."""
        found = {
            "training_loss": [epoch.training_loss for epoch in self.epochs],
            "learning_rate": [epoch.rate for epoch in self.epochs],
        }
        stopping = [e.stopping_loss for e in self.epochs if e.stopping_loss is not None]
        return {**found, "stopping_loss": stopping} if stopping else found


def best_of(epochs: Sequence[Epoch]) -> int:
    """Return the epoch to keep, from 1: the first of the lowest stopping loss, else the last."""
    losses = [epoch.stopping_loss for epoch in epochs]
    known = [loss for loss in losses if loss is not None]
    return losses.index(min(known)) + 1 if known else len(epochs)
