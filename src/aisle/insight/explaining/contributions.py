"""What each column of features adds to an answer: SHAP values of linear and of tree heads.

Of a linear head they are exact, the weight of a column times how far it lies from its mean in
training (Lundberg and Lee, 2017, A unified approach to interpreting model predictions); of
LightGBM, exact too (Lundberg et al., 2020, From local explanations to global understanding with
explainable AI for trees), by LightGBM itself; of forests, by the library shap.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from aisle.errors import AisleError, EncoderError
from aisle.heads.bayes import NaiveBayesHead
from aisle.heads.head import softmax
from aisle.heads.products import scores as linear_scores
from aisle.heads.trees import (
    ForestClassifierHead,
    ForestRegressorHead,
    LightGbmClassifierHead,
    LightGbmRegressorHead,
)
from aisle.insight.explaining.asked import AskedExpert, dense_row
from aisle.insight.explaining.question import Floats
from aisle.neural.libraries import library

logger = logging.getLogger(__name__)

_AGREES = 1e-4
_MISSING = -10.0


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each column adds to the evidence.

    Parameters
    ----------
    method
        How they were found.
    values
        float64 (columns,).
    base
        The evidence before any of them: that of a mean product, or of one that has nothing.
    against_mean
        Whether columns are compared with their mean in training, and not with 0.
    """

    method: str
    values: Floats
    base: float
    against_mean: bool


def contributions(asked: AskedExpert) -> Contributions | None:
    """Return what each column of the expert's features adds; None where its head tells nothing."""
    head = asked.expert.head
    if isinstance(head, LightGbmClassifierHead | LightGbmRegressorHead):
        return _boosted(asked, head)
    if isinstance(head, ForestClassifierHead | ForestRegressorHead):
        return _forest(asked, head)
    return _linear(asked, head)


def _linear(asked: AskedExpert, head: Any) -> Contributions | None:
    """Return weights times features, where what the head says is linear indeed."""
    weights, intercept = getattr(head, "weights_", None), getattr(head, "intercept_", None)
    squares = isinstance(head, NaiveBayesHead) and head.squares_ is not None
    if weights is None or intercept is None or squares:
        return None
    direction = asked.question.of_scores(asked.expert, asked.scores)
    if direction is None or np.ndim(weights) != 2 or weights.shape[0] != asked.gathered.dimension:
        return None
    row = asked.gathered.matrix[:1]
    told = linear_scores(row, weights, intercept)
    if hasattr(head, "predict_proba"):
        agrees = np.allclose(softmax(told), head.predict_proba(row), atol=_AGREES)
    else:
        agrees = np.allclose(told[:, 0], head.predict(row), rtol=_AGREES)
    if not agrees:
        return None
    slope = np.asarray(weights, dtype=np.float64) @ direction
    base = float(np.asarray(intercept, dtype=np.float64) @ direction)
    values = dense_row(asked.gathered)
    known = bool(asked.means)
    if known:
        means = np.concatenate([asked.means[name] for name in asked.encoders])
        base += float(slope @ means)
        values = values - means
    return Contributions("linear SHAP", slope * values, base, known)


def _boosted(
    asked: AskedExpert, head: LightGbmClassifierHead | LightGbmRegressorHead
) -> Contributions | None:
    direction = asked.question.of_scores(asked.expert, asked.scores)
    if head.booster_ is None or direction is None:
        return None
    row = dense_row(asked.gathered)
    kept = getattr(head, "kept_", None)
    seen = row if kept is None else row[kept]
    found = np.asarray(head.booster_.predict(seen[None], pred_contrib=True), dtype=np.float64)
    # One block of columns a class, the last of each the expected score; of two classes, one block.
    by_output = found.reshape(-1, len(seen) + 1)
    used = direction[1:] if len(by_output) + 1 == len(direction) else direction
    total = used @ by_output
    values = np.zeros(len(row))
    values[np.arange(len(row)) if kept is None else kept] = total[:-1]
    return Contributions("TreeSHAP", values, float(total[-1]), True)


def _forest(
    asked: AskedExpert, head: ForestClassifierHead | ForestRegressorHead
) -> Contributions | None:
    direction = asked.question.of_probabilities(asked.expert, asked.scores)
    if head.forest_ is None or direction is None:
        return None
    try:
        shap = library("shap", "explain")
    except EncoderError as error:
        logger.warning("a forest is explained by leaving things out one by one: %s", error)
        return None
    row = np.nan_to_num(dense_row(asked.gathered), nan=_MISSING)
    explainer = shap.TreeExplainer(head.forest_)
    found = np.asarray(explainer.shap_values(row[None], check_additivity=False), dtype=np.float64)
    by_output = found.reshape(len(row), -1)
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64))
    if len(direction) not in (by_output.shape[1], 1):
        raise AisleError(
            f"shap {shap.__version__} gives {by_output.shape[1]} outputs for a forest with "
            f"{len(direction)}: install another version"
        )
    return Contributions("TreeSHAP", by_output @ direction, float(base @ direction), True)
