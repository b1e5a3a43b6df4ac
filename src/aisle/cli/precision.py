"""Refusing a precision that cannot be promised, before any work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models import ProductClassifier, ProductRegressor


def check_trainable(catalog: Catalog, precision: float | None) -> None:
    """Refuse a precision for a catalogue whose target is a quantity."""
    from aisle.catalog import Task

    if precision is not None and catalog.task is Task.REGRESS:
        raise AisleError(
            f"--precision is for categories, and {catalog.schema.target!r} is a quantity; leave it "
            "out, or say --task classify"
        )


def check_answerable(model: ProductClassifier | ProductRegressor, precision: float | None) -> None:
    """Refuse a precision that is no share, or that is asked of a model of quantities."""
    from aisle.models import ProductClassifier

    if isinstance(model, ProductClassifier):
        model.threshold(precision)
    elif precision is not None:
        raise AisleError(
            "--precision is for categories, and the model answers with a quantity, "
            f"{model.schema_.target!r}; leave it out"
        )
