from __future__ import annotations

from copy import copy, deepcopy
from types import SimpleNamespace

import numpy
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.experiments.tracking import facts


def test_parameters_say_what_the_model_was_fitted_from(model: ProductClassifier) -> None:
    found = facts.parameters(model)
    assert found["seed"] == 3
    assert found["rows"] == 60
    assert found["classes"] == 3
    assert found["target"] == "kind"
    assert found["task"] == "classify"
    assert found["fusion"] == model.metrics_["fusion"]
    assert found["recipe.folds"] == 2
    assert found["recipe.experts.text.encoders.0.use"] == "tfidf"
    assert found["recipe.experts.text.encoders.0.ngrams"] == "[1, 2]"
    assert found["recipe.experts.text.head.C"] == 30.0
    assert found["recipe.learning_curve"] is True
    assert found["version.numpy"] == numpy.__version__
    assert all(isinstance(value, bool | int | float | str) for value in found.values())


def test_metrics_are_every_finite_number_of_the_training(model: ProductClassifier) -> None:
    found = facts.metrics(model)
    assert found["out_of_fold_accuracy"] == model.metrics_["out_of_fold_accuracy"]
    assert found["experts/metadata"] == model.metrics_["experts"]["metadata"]
    assert {f"fusions/{name}" for name in model.metrics_["fusions"]} <= found.keys()
    assert "fusion" not in found
    changed = copy(model)
    changed.metrics_ = {"experts": {"text": float("nan"), "image": 0.5}, "sure": True}
    assert facts.metrics(changed) == {"experts/image": 0.5}


def test_a_regressor_has_its_own(priced: Catalog) -> None:
    model = ProductRegressor(settings=["folds=2", "fusion=best-single"]).fit(priced)
    assert "classes" not in facts.parameters(model)
    assert facts.parameters(model)["scale"] == model.metrics_["scale"]
    assert facts.metrics(model)["out_of_fold_mae"] == model.metrics_["out_of_fold_mae"]
    points = facts.learning_curve(model)
    assert [rows for rows, _ in points] == [p["rows"] for p in model.metrics_["learning_curve"]]
    assert points[-1][1] == model.metrics_["learning_curve"][-1]["score"]


def test_curves_are_found_in_encoders_and_heads(model: ProductClassifier) -> None:
    assert facts.curves(model) == {}
    changed = copy(model)
    changed.plan_ = deepcopy(model.plan_)
    changed.plan_.experts["text"].head.curves_ = {"loss": [3, 2.5], "lr": numpy.array([0.1])}
    encoder = next(iter(changed.plan_.encoders))
    changed.plan_.encoders[encoder].curves_ = {"loss": [1.0], "notes": ["slow"]}
    assert facts.curves(changed) == {
        f"curves/{encoder}/loss": [1.0],
        "curves/text/loss": [3.0, 2.5],
        "curves/text/lr": [0.1],
    }


def test_curves_of_another_form_are_left_alone(model: ProductClassifier) -> None:
    changed = copy(model)
    expert = SimpleNamespace(head=SimpleNamespace(curves_=[1.0, 2.0]))
    changed.plan_ = SimpleNamespace(encoders={}, experts={"text": expert})  # type: ignore[assignment]
    assert facts.curves(changed) == {}


@pytest.mark.parametrize("separator", ["/", "."])
def test_flattened(separator: str) -> None:
    nested = {"a": {"b": {"c": 1}, "d": [2]}, "e": {}}
    assert dict(facts.flattened(nested, separator)) == {
        separator.join("abc"): 1,
        separator.join("ad"): [2],
    }
