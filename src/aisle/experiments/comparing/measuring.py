"""Measuring one candidate on one split."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aisle.catalog import Catalog, Task
from aisle.encoders.pretrained.encoder import PretrainedEncoder
from aisle.errors import AisleError
from aisle.evaluation import ClassEvaluation, Evaluation, evaluate
from aisle.evaluation.results import ValueEvaluation
from aisle.experiments.comparing.runs import Run
from aisle.models import ProductClassifier, ProductRegressor
from aisle.models.plan import make_plan
from aisle.models.recipe import Recipe
from aisle.neural.tuning import counting_spared
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

TIMED_PRODUCTS = 100
"""Test products that are answered for the clock."""

_CACHE_SWITCH = "AISLE_FEATURE_CACHE"

# What foreign code, a plug-in's or a library's, raises where it cannot do what it was asked.
_FAILURES = (
    AisleError,
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

CLASS_MEASURES = ("accuracy", "macro_f1", "weighted_f1")
VALUE_MEASURES = ("mae", "mae_log", "smape", "r2")


def measure(
    recipe: Recipe, train: Catalog, test: Catalog, seed: int, progress: Progress = silent
) -> Run:
    """Fit a recipe on the training rows of a split, and score it on the test rows.

    The model sees no test row before it is finished. It is scored with cached features; the clock
    then runs on at most `TIMED_PRODUCTS` test products, answered in one batch by one process, with
    the feature cache off: photographs are read and decoded, and networks run.

    Returns
    -------
    Run
        With `error` set if anything failed; the traceback is logged.
    """
    kind = ProductRegressor if train.task is Task.REGRESS else ProductClassifier
    try:
        model = kind(recipe=recipe, seed=seed)
        start = time.perf_counter()
        with counting_spared() as spared:
            model.fit(train, progress=progress)
        # What another candidate has tuned before is no merit of this one.
        seconds = time.perf_counter() - start + spared.seconds
        found = evaluate(model, test)
        return Run(
            seed=seed,
            scores=_scores(found),
            train_seconds=seconds,
            ms_per_product=_milliseconds(model, test),
            megabytes=_megabytes(model),
            fusion=found.fusion,
        )
    except _FAILURES as error:
        logger.info("%s, seed %d, failed", recipe.name, seed, exc_info=True)
        said = str(error).strip() or "no reason given"
        own = isinstance(error, AisleError)
        return Run(seed=seed, error=said if own else f"{type(error).__name__}: {said}")


def _scores(found: Evaluation) -> dict[str, float | None]:
    if isinstance(found, ClassEvaluation):
        return {name: getattr(found, name) for name in CLASS_MEASURES}
    assert isinstance(found, ValueEvaluation)
    return {name: getattr(found, name) for name in VALUE_MEASURES}


def _milliseconds(model: ProductClassifier | ProductRegressor, test: Catalog) -> float:
    """Return the time to answer for a product in a batch, after a few that warm up."""
    rows = min(TIMED_PRODUCTS, len(test))
    with nothing_cached():
        model.predict(test.slice(0, min(4, rows)))
        start = time.perf_counter()
        model.predict(test.slice(0, rows))
        return 1e3 * (time.perf_counter() - start) / rows


def _megabytes(model: ProductClassifier | ProductRegressor) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.aisle"
        model.save(path)
        return path.stat().st_size / 1e6


@contextmanager
def nothing_cached() -> Iterator[None]:
    """Let no vector of a pretrained network come from the feature cache, nor go there."""
    before = os.environ.get(_CACHE_SWITCH)
    os.environ[_CACHE_SWITCH] = "off"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE_SWITCH]
        else:
            os.environ[_CACHE_SWITCH] = before


def encode_once(recipes: list[Recipe], catalog: Catalog, progress: Progress = silent) -> None:
    """Fill the feature cache with what the recipes' pretrained networks say of every product.

    So no candidate pays in training for what another one finds at hand. Networks that cannot be
    run are passed over: the candidates that need them tell why.
    """
    done: list[tuple[type, dict[str, object]]] = []
    for recipe in recipes:
        try:
            encoders = make_plan(recipe, catalog, seed=0).encoders.values()
            for encoder in encoders:
                known = (type(encoder), encoder.get_params())
                if isinstance(encoder, PretrainedEncoder) and known not in done:
                    done.append(known)
                    encoder.describe(catalog, progress=progress)
        except _FAILURES:
            logger.info("%s could not be encoded beforehand", recipe.name, exc_info=True)
