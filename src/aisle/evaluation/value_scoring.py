"""Evaluating a regressor."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.evaluation.asked import Asked, learning_curve_of, subsets_of
from aisle.evaluation.results import ValueEvaluation, ValueScore
from aisle.evaluation.slicing import Slice, value_slices
from aisle.evaluation.versus import value_against
from aisle.models import ProductRegressor, ValueScores
from aisle.progress import Progress

Floats = npt.NDArray[np.float64]


def value_evaluation(
    model: ProductRegressor,
    products: Catalog,
    unlabelled: int,
    asked: Asked,
    progress: Progress,
) -> ValueEvaluation:
    """Evaluate a regressor on products that all have a truth; see `aisle.evaluation.evaluate`."""
    start = time.perf_counter()
    scored = model.scores(products, subsets=subsets_of(model.modalities_), progress=progress)
    seconds = time.perf_counter() - start
    truth = products.values
    found = metrics.regression_scores(truth, scored.values, scored.low, scored.high)
    median = metrics.median_baseline(truth, truth)
    table = model.tabulated(products, scored)
    return ValueEvaluation(
        rows=len(products),
        unlabelled=unlabelled,
        seconds=seconds,
        target=str(products.schema.target),
        fusion=model.fusion_.name,
        recipe=model.recipe_.name,
        model_rows=model.rows_,
        predictions=table.append_column("truth", pa.array(truth, pa.float64())),
        products=products,
        learning_curve=learning_curve_of(model),
        fusions=model.metrics_["fusions"],
        mae=found.mae,
        mae_log=found.mae_log,
        relative_error=None if found.mae_log is None else math.expm1(found.mae_log),
        rmse=found.rmse,
        rmsle=found.rmsle,
        smape=found.smape,
        r2=found.r2,
        interval_asked=model.recipe_.interval,
        interval_coverage=float(found.interval_coverage or 0.0),
        median_mae=median.mae,
        median_mae_log=median.mae_log,
        by_modality={name: _value_score(truth, values) for name, values in scored.subsets.items()},
        experts={name: _value_score(truth, values) for name, values in scored.experts.items()},
        scale=model.scale_,
        training_error=model.metrics_.get("training_mae"),
        out_of_fold_error=model.metrics_.get("out_of_fold_mae"),
        slices=_slices(products, scored, found.mae_log is not None, asked, progress),
        slice_rows=asked.slice_rows,
        against=asked.compared(ProductRegressor, value_against, products, table, progress),
        seen_in_training=model.seen_in_training(products, progress),
    )


def _slices(
    products: Catalog, scored: ValueScores, log: bool, asked: Asked, progress: Progress
) -> tuple[Slice, ...]:
    """Slice by errors on the log scale if there is one, on which dear products err no more."""
    truth = products.values
    apart = np.log(truth) - np.log(scored.values) if log else truth - scored.values
    return value_slices(
        products,
        scored.modalities,
        np.abs(apart),
        "mae_log" if log else "mae",
        least=asked.slice_rows,
        progress=progress,
    )


def _value_score(truth: Floats, values: Floats) -> ValueScore:
    found = metrics.regression_scores(truth, values)
    return ValueScore(found.mae, found.mae_log)
