"""What a model says of two catalogues, measured as if it were a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aisle.decisions import ACCEPT
from aisle.insight.drifting.both import Both, Groups
from aisle.insight.drifting.columns import Measuring, RawColumn
from aisle.insight.drifting.guarding import Bools, Floats, Guard
from aisle.models import ProductClassifier, ProductRegressor
from aisle.progress import Progress


@dataclass(frozen=True, eq=False)
class Sides:
    """The rows of both sides: near-duplicate groups, int64 (rows,), and the guard over them."""

    groups: Groups
    guard: Guard
    partings: int
    seed: int


def measure_answers(
    model: ProductClassifier | ProductRegressor,
    both: Both,
    sides: Sides,
    known: bool,
    progress: Progress,
) -> RawColumn:
    """Let a model answer the rows of both catalogues, and measure its answers.

    Of a classifier: shares of predicted categories, confidence, and the share accepted; of a
    regressor: the values. Raises CatalogError if the model can read nothing of them.

    Parameters
    ----------
    model
        The classifier or regressor.
    both
        The rows of both sides.
    sides
        The guard over them.
    known
        Whether the reference trained the model. It is sure of what it knows by heart, so its
        confidence out of fold stands for that of the reference then.
    progress
        Called as work goes on.
    """
    tables = [model.predict(side, progress=progress) for side in (both.reference, both.new)]
    measuring = Measuring(sides.guard)
    rows = measuring.known(np.ones(len(sides.guard.new), dtype=np.bool_))
    if isinstance(model, ProductRegressor):
        values = np.concatenate([_numbers(table, "value") for table in tables])
        raws, curves = measuring.numbers("distribution", values)
        return RawColumn("predicted value", "prediction", rows, tuple(raws), curves=curves)
    names = [str(name) for table in tables for name in table["category"].to_pylist()]
    raws, listed = measuring.categories("shares", names)
    sure = [_numbers(table, "confidence") for table in tables]
    accepted = [_accepted(table) for table in tables]
    if known:
        sure[0], accepted[0], groups = _out_of_fold(model)
        measuring = Measuring(_guard(sides, groups))
    more, curves = measuring.numbers("confidence", np.concatenate(sure))
    decided = measuring.part("accepted", np.concatenate(accepted))
    return RawColumn(
        "predicted category", "prediction", rows, (*raws, *more, decided), listed, curves
    )


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.array(table[name].to_pylist(), dtype=np.float64)


def _accepted(table: pa.Table) -> Bools:
    return np.array([decision == ACCEPT for decision in table["decision"].to_pylist()])


def _out_of_fold(model: ProductClassifier) -> tuple[Floats, Bools, Groups]:
    """Return confidence, decision and group of training products, answered out of fold."""
    evidence, thresholds = model.confidence_, model.thresholds()
    sure, accepted, groups = [], [], []
    for name, own in evidence.own_.items():
        confidence = evidence.confidence_[name][own]
        sure.append(confidence)
        accepted.append(confidence >= thresholds[name].threshold)
        groups.append(evidence.groups_[name][own])
    return np.concatenate(sure), np.concatenate(accepted), np.concatenate(groups)


def _guard(sides: Sides, before: Groups) -> Guard:
    """Return a guard over training products of these groups and the new side's rows."""
    now = sides.groups[sides.guard.new]
    groups = np.concatenate([before, now + int(before.max(initial=0)) + 1])
    new = np.repeat([False, True], [len(before), len(now)])
    return Guard.of(new, groups, sides.partings, sides.seed)
