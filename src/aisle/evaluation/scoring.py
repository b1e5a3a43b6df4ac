"""Evaluating a model on products whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import overload

import numpy as np

from aisle.catalog import Catalog
from aisle.errors import AisleError, CatalogError
from aisle.evaluation.asked import Asked
from aisle.evaluation.class_scoring import class_evaluation
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation
from aisle.evaluation.slicing import LEAST_ROWS
from aisle.evaluation.value_scoring import value_evaluation
from aisle.models import ProductClassifier, ProductRegressor
from aisle.progress import Progress, silent


@overload
def evaluate(
    model: ProductClassifier,
    catalog: object,
    *,
    precision: float | None = ...,
    against: ProductClassifier | None = ...,
    against_name: str = ...,
    consistency: bool = ...,
    taxonomy: str | Path | None = ...,
    slice_rows: int = ...,
    seed: int = ...,
    progress: Progress = ...,
) -> ClassEvaluation: ...
@overload
def evaluate(
    model: ProductRegressor,
    catalog: object,
    *,
    precision: float | None = ...,
    against: ProductRegressor | None = ...,
    against_name: str = ...,
    consistency: bool = ...,
    taxonomy: str | Path | None = ...,
    slice_rows: int = ...,
    seed: int = ...,
    progress: Progress = ...,
) -> ValueEvaluation: ...


def evaluate(
    model: ProductClassifier | ProductRegressor,
    catalog: object,
    *,
    precision: float | None = None,
    against: ProductClassifier | ProductRegressor | None = None,
    against_name: str = "the other model",
    consistency: bool = False,
    taxonomy: str | Path | None = None,
    slice_rows: int = LEAST_ROWS,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Compare a model's answers with the truth.

    Parameters
    ----------
    model
        A fitted classifier or regressor.
    catalog
        Products with the target's column, in any form that `Catalog.read` takes. They should be
        products that the model was not trained on.
    precision
        The precision to promise for accepted products; the recipe's when left out.
    against
        Another model of the same kind, to be compared on the same products.
    against_name
        What to call it.
    consistency
        Edit the products harmlessly and predict them again, to see whether categories stay. That
        takes up to eleven further predictions.
    taxonomy
        A file with the tree of the classes, for hierarchical scores; a tree in the catalogue is
        found without.
    slice_rows
        The fewest products of a slice.
    seed
        Of edits and of the bootstrap.
    progress
        Called as work goes on.

    Returns
    -------
    ClassEvaluation or ValueEvaluation

    Raises
    ------
    CatalogError
        If the target's column is missing, no row has a usable target, or the taxonomy does not fit.
    AisleError
        If what was asked for does not fit the kind of model, or the other model shares no class.
    """
    asked = Asked(precision, against, against_name, consistency, taxonomy, slice_rows, seed)
    _check(model, asked)
    products = _with_truth(model, catalog)
    known = np.flatnonzero(products.has_target)
    if not len(known):
        raise CatalogError(
            f"not one of the {len(products)} rows has a usable value in "
            f"{products.schema.target!r}: there is nothing to compare answers with"
        )
    unlabelled = len(products) - len(known)
    labelled = products.take(known) if unlabelled else products
    if isinstance(model, ProductClassifier):
        return class_evaluation(model, labelled, unlabelled, asked, progress)
    return value_evaluation(model, labelled, unlabelled, asked, progress)


def _check(model: ProductClassifier | ProductRegressor, asked: Asked) -> None:
    """Refuse what does not fit the kind of model, before any work is done."""
    if asked.slice_rows < 1:
        raise AisleError(f"slice_rows: expected 1 or more products, found {asked.slice_rows}")
    if asked.against is not None and asked.against.kind != model.kind:
        raise AisleError(
            f"a {model.kind} of {model.schema_.target!r} cannot be compared with a "
            f"{asked.against.kind} of {asked.against.schema_.target!r}; expected two models of "
            "one kind"
        )
    if isinstance(model, ProductClassifier):
        _check_classes(model, asked)
        return
    for name, given in (("consistency", asked.consistency), ("taxonomy", asked.taxonomy)):
        if given:
            raise AisleError(
                f"{name} is for categories, and the model answers with a quantity, "
                f"{model.schema_.target!r}; leave it out"
            )


def _check_classes(model: ProductClassifier, asked: Asked) -> None:
    """Refuse a classifier that learned something else: it would be wrong on every product."""
    other = asked.against
    if isinstance(other, ProductClassifier) and not set(other.classes_) & set(model.classes_):
        raise AisleError(
            f"{asked.against_name} learned {other.schema_.target!r} (such as "
            f"{other.classes_[0]!r}), and not one of its {len(other.classes_)} classes is among "
            f"those of this model, which learned {model.schema_.target!r} (such as "
            f"{model.classes_[0]!r}); expected two models that share classes"
        )


def _with_truth(model: ProductClassifier | ProductRegressor, catalog: object) -> Catalog:
    """Read products with the model's columns, and the target that they or the model name."""
    products = model.read(catalog)
    target = products.schema.target
    if target is None or target not in products.table.column_names:
        raise CatalogError(
            f"the model learned {model.schema_.target!r}, and the catalogue has no such column to "
            f"compare with; its columns are {', '.join(map(repr, products.table.column_names))}"
        )
    return products
