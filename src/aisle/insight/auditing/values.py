"""Prices and other quantities that are unlikely for such a product."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.insight.auditing.findings import Finding
from aisle.insight.auditing.suspicion import Codes, Floats
from aisle.models import ProductRegressor, Recipe
from aisle.progress import Progress, silent

HALF = 6.0
"""Robust standard deviations off the prediction at which the score is a half."""

LISTED = 0.2
"""The score from which a value is listed."""


def doubt_values(
    products: Catalog,
    rows: Codes,
    recipe: str | Path | Recipe | ProductRegressor,
    settings: tuple[str, ...],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[str, tuple[Finding, ...]]:
    """Find the values farthest from what products like these have.

    Parameters
    ----------
    products
        Products that all have a value.
    rows
        Their row numbers in the catalogue, int64 (products,).
    recipe, settings, seed, progress
        As for a `ProductRegressor`; or such a model, whose recipe is taken.

    Returns
    -------
    tuple
        The recipe's name, and the findings, the most unlikely first.
    """
    if isinstance(recipe, ProductRegressor):
        fitted: Recipe | None = getattr(recipe, "recipe_", None)
        settings = (*(() if fitted else recipe.settings), *settings)
        recipe = fitted or recipe.recipe
    model = ProductRegressor(
        recipe=recipe,
        settings=("learning_curve=false", *settings),
        seed=seed,
    ).fit(products, progress=progress)
    values, told = products.values, model.out_of_fold_
    score = _scores(values, told, logarithmic=model.scale_ != "linear")
    ids = products.ids
    texts = products.schema.names(Role.TEXT)
    titles = products.strings(texts[0]) if texts else [None] * len(products)
    order = np.argsort(-score, kind="stable")
    listed = [int(place) for place in order if score[place] >= LISTED]
    return model.recipe_.name, tuple(
        Finding(
            id=str(ids[place]),
            row=int(rows[place]),
            given=f"{values[place]:g}",
            suggested=f"{told[place]:.4g}",
            score=float(score[place]),
            kind="unlikely-value",
            title=titles[place] or "",
        )
        for place in listed
    )


def _scores(values: Floats, told: Floats, *, logarithmic: bool) -> Floats:
    """Return how unlikely each value is, from 0 to 1, by its robust distance, float64 (rows,)."""
    if logarithmic:
        least = 1e-3 * max(float(np.median(np.abs(values))), 1e-12)
        off = np.log(np.maximum(values, least)) - np.log(np.maximum(told, least))
    else:
        off = values - told
    middle = float(np.median(off))
    spread = 1.4826 * float(np.median(np.abs(off - middle)))
    if spread <= 0:
        spread = float(np.std(off)) or 1.0
    distance = np.abs(off - middle) / spread
    return np.asarray(distance**2 / (distance**2 + HALF**2))
