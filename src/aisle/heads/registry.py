"""Heads by name."""

from __future__ import annotations

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
}
REGRESSORS = {
    "ridge": "aisle.heads.linear:RidgeHead",
    "svr": "aisle.heads.linear:SvrHead",
    "forest": "aisle.heads.trees:ForestRegressorHead",
    "bayes": "aisle.heads.linear:BayesianRidgeHead",
    "lightgbm": "aisle.heads.trees:LightGbmRegressorHead",
}


def find_classifier(name: str) -> type[ClassifierHead]:
    """Return the classifier head called `name`; raises RecipeError if there is none."""
    return _checked(plugins.find(name, group=GROUP, own=CLASSIFIERS, kind="head"), ClassifierHead)


def find_regressor(name: str) -> type[RegressorHead]:
    """Return the regressor head called `name`; raises RecipeError if there is none."""
    return _checked(plugins.find(name, group=GROUP, own=REGRESSORS, kind="head"), RegressorHead)


def head_names() -> list[str]:
    """List the heads that are installed, for either task, Aisle's own first."""
    return list(dict.fromkeys([*plugins.names(GROUP, CLASSIFIERS), *REGRESSORS]))


def make_head(kind: type[Head], params: dict[str, Any]) -> Any:
    """Build a head from parameters, with one uniform message for a wrong name."""
    known = kind.parameter_names()
    for name in params:
        if name not in known:
            raise RecipeError(
                f"{kind.__name__} has no parameter {name!r}; it has {', '.join(known) or 'none'}"
            )
    return kind(**params)


def _checked(found: type, base: type[Any]) -> type[Any]:
    if not issubclass(found, base):
        raise RecipeError(f"{found.__name__} is no {base.__name__}: it does not fit this task")
    return found
