"""A classifier put together from fitted parts, with its calibration and its promise."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role, Schema
from aisle.experiments.comparing.measuring import TIMED_PRODUCTS, nothing_cached
from aisle.experiments.compressing.rows import Fused, Known, fused
from aisle.experiments.compressing.teacher import class_experts
from aisle.fusion import JOINT, Answer, CrossFitted
from aisle.models import ProductClassifier, Recipe
from aisle.models.confidence import Confidence
from aisle.models.familiarity import Familiarity
from aisle.models.fusions import accuracy
from aisle.models.plan import Plan, roles_read
from aisle.models.seen import TrainingSketch


@dataclass(frozen=True, eq=False)
class Judged:
    """A model, and how right its like were about rows that they had not seen.

    Parameters
    ----------
    model
        Ready for use.
    correct
        bool (rows,).
    bytes
        Size of its bundle.
    """

    model: ProductClassifier
    correct: npt.NDArray[np.bool_]
    bytes: int

    @property
    def accuracy(self) -> float:
        """The share of rows that were right out of fold."""
        return float(self.correct.mean())

    @property
    def coverage(self) -> float:
        """The share of products that would have been accepted out of fold."""
        return self.model.confidence_.coverage(self.model.thresholds())


def assembled(
    model: ProductClassifier,
    plan: Plan,
    recipe: Recipe,
    raw: Mapping[str, Answer],
    known: Known,
) -> Judged:
    """Put a classifier together: scales, fusion and thresholds come from out-of-fold answers.

    Parameters
    ----------
    model
        The model that is compressed.
    plan
        Fitted on all rows; its experts get their scale here.
    recipe
        What the plan was made from.
    raw
        Out-of-fold answers by expert, not calibrated.
    known
        The rows.
    """
    found = fused(class_experts(plan), raw, known, recipe.fusion.methods)
    made = ProductClassifier(recipe=recipe, seed=model.seed)
    made.recipe_ = recipe
    read = {Role.ID, Role.TARGET, *roles_read(plan)}
    made.schema_ = Schema(tuple(c for c in model.schema_ if c.role in read))
    made.rows_ = len(known)
    made.classes_ = list(model.classes_)
    made.plan_ = plan
    made.fusion_ = found.chosen.fusion.whole
    read_of = replace(known.catalog, schema=made.schema_)
    made.familiarity_ = Familiarity().fit(read_of)
    made.seen_ = TrainingSketch.of(read_of)
    made.confidence_ = confidence(found, known)
    right = _note(made, found, known)
    return Judged(made, right, bundle_bytes(made))


def confidence(found: Fused, known: Known) -> Confidence:
    """Learn scales and evidence for thresholds from out-of-fold answers."""
    fusion: CrossFitted[Any] = found.chosen.fusion
    return Confidence().fit(
        fusion, found.answers, known.codes, seen=found.seen, groups=known.catalog.groups
    )


def _note(made: ProductClassifier, found: Fused, known: Known) -> npt.NDArray[np.bool_]:
    """Write down what out-of-fold rows say, and return which of them were right."""
    sets = made.confidence_.sets_of(found.answers)
    made.out_of_fold_ = made.confidence_.transform(found.chosen.scores, sets)
    made.out_of_fold_confidence_ = made.out_of_fold_.max(axis=1)
    made.out_of_fold_correct_ = made.out_of_fold_.argmax(axis=1) == known.codes
    alone = {name: answer for name, answer in found.answers.items() if name not in JOINT}
    made.metrics_ = {
        "out_of_fold_accuracy": float(made.out_of_fold_correct_.mean()),
        "fusion": made.fusion_.name,
        "fusions": dict(found.chosen.headlines),
        "experts": {name: accuracy(answer.scores, known.codes) for name, answer in alone.items()},
        "classes": len(made.classes_),
    }
    return made.out_of_fold_correct_


def bundle_bytes(model: ProductClassifier) -> int:
    """Return the size of a model's bundle in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.aisle"
        model.save(path)
        return path.stat().st_size


def milliseconds(model: ProductClassifier, catalog: Catalog) -> float:
    """Return the time to answer for a product of a batch, encoding included, nothing cached."""
    rows = min(TIMED_PRODUCTS, len(catalog))
    with nothing_cached():
        model.predict(catalog.slice(0, min(4, rows)))
        start = time.perf_counter()
        model.predict(catalog.slice(0, rows))
        return 1e3 * (time.perf_counter() - start) / rows
