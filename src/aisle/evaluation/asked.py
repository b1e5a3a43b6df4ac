"""What one evaluation was asked for, and what evaluations of both kinds need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from aisle.catalog import Catalog
from aisle.evaluation.results import LearningPoint
from aisle.models import ProductClassifier, ProductRegressor
from aisle.progress import Progress

Model = TypeVar("Model", ProductClassifier, ProductRegressor)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Asked:
    """What was asked for, as `aisle.evaluation.evaluate` explains it."""

    precision: float | None
    against: ProductClassifier | ProductRegressor | None
    against_name: str
    consistency: bool
    taxonomy: str | Path | None
    slice_rows: int
    seed: int

    def compared(
        self,
        kind: type[Model],
        compare: Callable[..., Result],
        products: Catalog,
        predictions: pa.Table,
        progress: Progress,
    ) -> Result | None:
        """Compare with the other model of a kind; None where none was asked for."""
        if not isinstance(self.against, kind):
            return None
        return compare(
            self.against,
            products,
            predictions,
            name=self.against_name,
            seed=self.seed,
            progress=progress,
        )


def subsets_of(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """List all sets of one modality or more, the small ones first."""
    sizes = range(1, len(modalities) + 1)
    return [subset for size in sizes for subset in combinations(modalities, size)]


def learning_curve_of(model: ProductClassifier | ProductRegressor) -> tuple[LearningPoint, ...]:
    """Return the learning curve that training noted."""
    points = model.metrics_.get("learning_curve", [])
    return tuple(LearningPoint(int(point["rows"]), float(point["score"])) for point in points)
