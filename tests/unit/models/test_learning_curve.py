"""The learning curve, training scores, and what a recipe may switch off."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from tests.products import product_rows


def test_a_curve_rises_from_few_rows_to_all_but_a_fold() -> None:
    model = ProductClassifier(settings=["folds=4"]).fit(
        Catalog.read(product_rows(160), target="kind")
    )
    curve = model.metrics_["learning_curve"]
    assert [point["rows"] for point in curve] == [15, 30, 60, 120]
    assert all(0 <= point["score"] <= 1 for point in curve)
    assert curve[-1]["score"] >= curve[0]["score"]
    assert model.metrics_["training_accuracy"] >= model.metrics_["out_of_fold_accuracy"]


def test_a_regressor_has_one_too_in_its_unit_of_learning() -> None:
    model = ProductRegressor(settings=["folds=4"]).fit(
        Catalog.read(product_rows(160), target="price")
    )
    curve = model.metrics_["learning_curve"]
    assert len(curve) == 4
    assert curve[-1]["score"] < curve[0]["score"]
    assert model.metrics_["training_mae"] < model.metrics_["out_of_fold_mae"] + 1e-9


def test_few_rows_or_a_recipe_without_it_leave_it_out() -> None:
    few = Catalog.read(product_rows(40), target="kind")
    many = Catalog.read(product_rows(100), target="kind")
    assert ProductClassifier(settings=["folds=2"]).fit(few).metrics_["learning_curve"] == []
    without = ProductClassifier(settings=["folds=2", "learning_curve=false"]).fit(many)
    assert "learning_curve" not in without.metrics_


def test_the_curve_and_the_number_of_workers_change_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = Catalog.read(product_rows(120), target="kind")
    one = ProductClassifier(settings=["folds=3"]).fit(catalog)
    monkeypatch.setattr("aisle.models.training.workers", lambda rows: 1)
    other = ProductClassifier(settings=["folds=3", "learning_curve=false"]).fit(catalog)
    np.testing.assert_array_equal(one.out_of_fold_, other.out_of_fold_)
    assert one.predict(catalog).equals(other.predict(catalog))
