"""What a search begins with: bounds that make sense, and rows that can be learned from."""

from __future__ import annotations

import numpy as np

from aisle.catalog import Catalog
from aisle.errors import AisleError, TrainingError
from aisle.progress import Progress


def check_bounds(minutes: float | None, trials: int | None) -> None:
    """Refuse a search without an end, or without a beginning.

    Raises
    ------
    AisleError
        If neither bound is given, or one is not above 0.
    """
    if minutes is None and trials is None:
        raise AisleError("say how long to search: minutes=5, or trials=20 for each expert")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise AisleError(f"minutes: expected a number above 0, found {minutes:g}")
    if trials is not None and trials < 1:
        raise AisleError(f"trials: expected 1 or more, found {trials}")


def with_target(source: object) -> Catalog:
    """Read a catalogue; raises TrainingError if it has no target."""
    opened = Catalog.read(source)
    if opened.schema.target is None:
        raise TrainingError(
            "the catalogue has no target: name the column to learn, "
            "as in Catalog.read(source, target='category')"
        )
    return opened


def training_rows(opened: Catalog, progress: Progress) -> Catalog:
    """Return the rows that have a target, near-duplicates found; raises TrainingError if few."""
    rows = np.flatnonzero(opened.has_target)
    if len(rows) < 4:
        raise TrainingError(
            f"only {len(rows)} of {len(opened)} rows have a usable target in "
            f"{opened.schema.target!r}; at least 4 are needed, and 20 a class are a good start"
        )
    if len(rows) == len(opened):
        # The model that is fitted on this very catalogue need not look for them again.
        opened.find_groups(progress)
    training = opened.take(rows)
    training.find_groups(progress)
    return training
