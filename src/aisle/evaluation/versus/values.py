"""Two regressors compared product by product."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.evaluation.versus.classes import difference
from aisle.evaluation.versus.results import ValueAgainst
from aisle.models import ProductRegressor
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]


def value_against(
    other: ProductRegressor,
    products: Catalog,
    predictions: pa.Table,
    *,
    name: str = "the other model",
    seed: int = 0,
    progress: Progress = silent,
) -> ValueAgainst:
    """Let another regressor answer the same products, and compare.

    Parameters are those of `class_against`; raises CatalogError as it does.
    """
    start = time.perf_counter()
    answered = other.predict(products, progress=progress)
    seconds = time.perf_counter() - start
    truth = products.values
    this, that, low, high = (
        np.array(table[column].to_pylist(), dtype=np.float64)
        for table, column in (
            (predictions, "value"),
            (answered, "value"),
            (answered, "low"),
            (answered, "high"),
        )
    )
    scores = metrics.regression_scores(truth, that, low, high)
    log = min(truth.min(), this.min(), that.min()) > 0
    errors = _errors(truth, this, log=log), _errors(truth, that, log=log)
    apart = errors[0] - errors[1]
    groups = products.find_groups(progress)

    def weighted(times: Floats) -> float:
        return float(apart @ times / times.sum())

    return ValueAgainst(
        name=name,
        recipe=other.recipe_.name,
        fusion=other.fusion_.name,
        model_rows=other.rows_,
        seconds=seconds,
        measure="mae_log" if log else "mae",
        mae=scores.mae,
        mae_log=scores.mae_log,
        interval_coverage=float(scores.interval_coverage or 0.0),
        difference=difference(float(apart.mean()), groups, weighted, seed),
        closer=float((apart < 0).mean()),
        p_value=metrics.mcnemar(apart < 0, apart > 0).p_value,
        groups=len(np.unique(groups)),
        seen_in_training=other.seen_in_training(products, progress),
    )


def _errors(truth: Floats, predicted: Floats, *, log: bool) -> Floats:
    if log:
        return np.asarray(np.abs(np.log(truth) - np.log(predicted)))
    return np.abs(truth - predicted)
