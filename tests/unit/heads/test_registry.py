"""Heads by name, for the task that they fit."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, Self

import numpy as np
import pytest

from aisle import plugins
from aisle.errors import RecipeError
from aisle.heads import (
    CLASSIFIERS,
    REGRESSORS,
    ClassifierHead,
    RegressorHead,
    find_classifier,
    find_regressor,
    head_names,
    make_head,
)


class Constant(RegressorHead):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.zeros(len(X))


class Half(ClassifierHead):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        return self


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        name.lower(): (EntryPoint(name.lower(), f"{__name__}:{name}", "aisle.heads"),)
        for name in ("Constant", "Half")
    }
    monkeypatch.setattr(plugins, "_installed", lambda group: points)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_are_found(name: str) -> None:
    kind = find_classifier(name)
    assert issubclass(kind, ClassifierHead)
    assert isinstance(make_head(kind, {}), kind)


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors_are_found(name: str) -> None:
    kind = find_regressor(name)
    assert issubclass(kind, RegressorHead)
    assert isinstance(make_head(kind, {}), kind)


@pytest.mark.parametrize("name", [*CLASSIFIERS, *REGRESSORS])
def test_a_head_that_wants_native_codes_has_a_place_for_them(name: str) -> None:
    for find, own in ((find_classifier, CLASSIFIERS), (find_regressor, REGRESSORS)):
        if name in own:
            kind: Any = find(name)
            assert kind.wants_native == ("categorical" in kind.parameter_names())


def test_names_are_listed_once() -> None:
    names = head_names()
    assert set(names) == {*CLASSIFIERS, *REGRESSORS}
    assert len(names) == len(set(names))


@pytest.mark.usefixtures("_installed")
def test_plug_ins_come_last_and_serve_their_task() -> None:
    assert head_names()[-2:] == ["constant", "half"]
    assert find_regressor("constant") is Constant
    with pytest.raises(RecipeError, match="Constant is no ClassifierHead"):
        find_classifier("constant")
    with pytest.raises(RecipeError, match="Half does not define predict_proba"):
        find_classifier("half")


def test_wrong_names_are_explained() -> None:
    with pytest.raises(RecipeError, match="Did you mean 'logistic'"):
        find_classifier("logistics")
    with pytest.raises(RecipeError, match="no head 'ridge'"):
        find_classifier("ridge")
    with pytest.raises(RecipeError, match="LogisticHead has no parameter 'c'"):
        make_head(find_classifier("logistic"), {"c": 3})
