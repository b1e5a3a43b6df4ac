"""Heads by name."""

from __future__ import annotations

import inspect
from typing import Any

from aisle import plugins
from aisle.errors import RecipeError
from aisle.heads.head import ClassifierHead, Head, RegressorHead

GROUP = "aisle.heads"

CLASSIFIERS = {
    "logistic": "aisle.heads.linear:LogisticHead",
    "svm": "aisle.heads.linear:SvmHead",
    "forest": "aisle.heads.trees:ForestClassifierHead",
    "bayes": "aisle.heads.bayes:NaiveBayesHead",
    "lightgbm": "aisle.heads.trees:LightGbmClassifierHead",
    # Of a floor above, found by name as a plug-in's are.
    "mlp": "aisle.neural.heads:MlpHead",
}
REGRESSORS = {
    "ridge": "aisle.heads.linear:RidgeHead",
    "svr": "aisle.heads.linear:SvrHead",
    "forest": "aisle.heads.trees:ForestRegressorHead",
    "bayes": "aisle.heads.linear:BayesianRidgeHead",
    "lightgbm": "aisle.heads.trees:LightGbmRegressorHead",
    "mlp": "aisle.neural.heads:MlpRegressorHead",
}


def find_classifier(name: str) -> type[ClassifierHead]:
    """Return the classifier head called `name`; raises RecipeError if there is none."""
    return _checked(plugins.find(name, group=GROUP, own=CLASSIFIERS, kind="head"), ClassifierHead)


def find_regressor(name: str) -> type[RegressorHead]:
    """Return the regressor head called `name`; raises RecipeError if there is none."""
    return _checked(plugins.find(name, group=GROUP, own=REGRESSORS, kind="head"), RegressorHead)


def head_names() -> list[str]:
    """List the heads that are installed, for either task, Aisle's own first."""
    return plugins.names(GROUP, {**CLASSIFIERS, **REGRESSORS})


def make_head(kind: type[Head], params: dict[str, Any]) -> Any:
    """Build a head; raises RecipeError for a parameter it does not have."""
    return plugins.build(kind, params, kind.__name__)


def _checked(found: type, base: type[Any]) -> type[Any]:
    if not issubclass(found, base):
        raise RecipeError(f"{found.__name__} is no {base.__name__}: it does not fit this task")
    if inspect.isabstract(found):
        lacking = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
        raise RecipeError(f"the head {found.__name__} does not define {lacking}")
    return found
