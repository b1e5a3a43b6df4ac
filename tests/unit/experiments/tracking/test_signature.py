from __future__ import annotations

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.experiments.tracking.signature import requirements, roles, signature

pytest.importorskip("mlflow", reason="mlflow is not installed")


def test_inputs_are_what_the_model_reads_and_all_optional(model: ProductClassifier) -> None:
    inputs = signature(model).inputs
    assert inputs.input_names() == ["sku", "title", "maker", "price"]
    assert inputs.required_input_names() == []
    assert roles(model) == {"sku": "id", "title": "text", "maker": "category", "price": "number"}


def test_outputs_are_the_columns_of_predict(
    model: ProductClassifier, products: Catalog, priced: Catalog
) -> None:
    assert signature(model).outputs.input_names() == model.predict(products).column_names
    regressor = ProductRegressor(settings=["folds=2", "fusion=best-single"]).fit(priced)
    assert signature(regressor).outputs.input_names() == regressor.predict(priced).column_names


def test_requirements_are_pinned() -> None:
    found = requirements()
    assert found[0].startswith("aisle==")
    assert "python" not in " ".join(found)
    assert {"pandas", "mlflow"} <= set(found)
