"""Writing a whole training down, in every system that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from aisle.catalog import Catalog, Role
from aisle.experiments.tracking import facts
from aisle.experiments.tracking.tracker import Tracker, TrackingError
from aisle.models import ProductModel
from aisle.models.card import model_card


@dataclass(frozen=True)
class Tracked:
    """What became of one run.

    Parameters
    ----------
    kind
        The tracking system.
    where
        Where the run can be looked at.
    error
        Why it is not complete, or None.
    """

    kind: str
    where: str
    error: str | None = None


class IncompleteError(TrackingError):
    """Some runs could not be written; `tracked` tells about all of them."""

    def __init__(self, message: str, tracked: tuple[Tracked, ...]) -> None:
        super().__init__(message)
        self.tracked = tracked


def track_training(
    model: ProductModel,
    catalog: Catalog,
    *,
    trackers: Sequence[Tracker],
    bundle: Path,
    seconds: float | None = None,
) -> tuple[Tracked, ...]:
    """Write a training down: parameters, scores, curves, model card and model.

    Parameters
    ----------
    model
        Fitted.
    catalog
        What it was fitted on.
    trackers
        Each gets the same; the others go on where one fails.
    bundle
        The file that `model` was saved to before; nothing here can harm it.
    seconds
        How long the training took.

    Raises
    ------
    TrackingError
        If one or more runs could not be written, after all have been tried.
    """
    tracked = tuple(_tracked(each, model, catalog, bundle, seconds) for each in trackers)
    failures = [run.error for run in tracked if run.error is not None]
    if failures:
        raise IncompleteError(
            f"the model was written to {bundle}, but its training was not tracked: "
            + "; ".join(failures)
            + ". See to the tracker and track the bundle again with "
            "aisle.experiments.tracking.track_training",
            tracked,
        )
    return tracked


def _tracked(
    tracker: Tracker, model: ProductModel, catalog: Catalog, bundle: Path, seconds: float | None
) -> Tracked:
    error = None
    try:
        with tracker:
            _write(tracker, model, catalog, bundle, seconds)
    except TrackingError as found:
        error = str(found)
    return Tracked(tracker.kind, tracker.where, error)


def _write(
    tracker: Tracker, model: ProductModel, catalog: Catalog, bundle: Path, seconds: float | None
) -> None:
    tracker.log_parameters(facts.parameters(model))
    scores = facts.metrics(model) | {"bundle_bytes": float(bundle.stat().st_size)}
    if seconds is not None:
        scores["training_seconds"] = seconds
    tracker.log_metrics(scores)
    for rows, score in facts.learning_curve(model):
        tracker.log_metrics({"learning_curve/score": score}, step=rows)
    curves = facts.curves(model)
    for epoch, values in enumerate(zip_longest(*curves.values()), 1):
        known = {name: v for name, v in zip(curves, values, strict=True) if v is not None}
        tracker.log_metrics(known, step=epoch)
    with TemporaryDirectory() as folder:
        card = Path(folder, "model-card.md")
        card.write_text(model_card(model), encoding="utf-8")
        tracker.log_artefact(card)
    tracker.log_model(model, bundle, _example(model, catalog))


def _example(model: ProductModel, catalog: Catalog) -> pa.Table | None:
    """Return the first product as the model reads it, without photographs."""
    # A photograph's place on this machine means nothing elsewhere, and may be an address.
    names = [
        column.name
        for column in model.schema_
        if column.role not in (Role.TARGET, Role.IMAGE)
        and column.name in catalog.table.column_names
    ]
    return catalog.table.select(names).slice(0, 1) if names and len(catalog) else None
