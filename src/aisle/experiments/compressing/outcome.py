"""What came of a compression, step by step."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aisle.models import ProductClassifier


@dataclass(frozen=True)
class Stage:
    """The model after one step.

    Parameters
    ----------
    name
        Such as ``distilled``.
    accuracy
        Out of fold: every row answered by a like model that had seen neither it nor a
        near-duplicate.
    difference, low, high
        Accuracy against the model as it was, on the same rows and folds, with a 95 % interval of
        the paired difference.
    coverage
        The share of products that is accepted at the precision asked for, out of fold.
    bytes
        Size of the bundle.
    ms_per_product
        To answer for one product of a batch, encoding included, nothing cached.
    kept
        Whether the result went through this step.
    reason
        Why, or why not.
    """

    name: str
    accuracy: float
    difference: float
    low: float
    high: float
    coverage: float
    bytes: int
    ms_per_product: float
    kept: bool = True
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Compressed:
    """A smaller model, and how it came about.

    Parameters
    ----------
    model
        An ordinary classifier, to be saved.
    stages
        The model as it was first, then each step that was taken or tried.
    experts, dropped
        The experts that are left, and those that are gone.
    tried
        By step that was measured, its accuracy out of fold and its size in bytes.
    """

    model: ProductClassifier
    stages: tuple[Stage, ...]
    experts: tuple[str, ...]
    dropped: tuple[str, ...]
    tried: dict[str, tuple[float, int]]

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "stages": [asdict(stage) for stage in self.stages],
            "experts": list(self.experts),
            "dropped": list(self.dropped),
            "tried": [
                {"name": name, "accuracy": accuracy, "bytes": size}
                for name, (accuracy, size) in self.tried.items()
            ],
        }
