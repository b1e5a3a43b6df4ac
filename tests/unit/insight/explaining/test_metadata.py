"""Columns of metadata."""

from __future__ import annotations

import pytest

from aisle import Catalog, ProductClassifier
from aisle.insight.explaining import metadata
from aisle.insight.explaining.metadata import explain_columns
from aisle.insight.explaining.question import ClassQuestion
from tests.unit.insight.explaining.conftest import ask, fitted


def row_of(model: ProductClassifier, **values: object) -> Catalog:
    return Catalog.read([{"title": "x", **values}], schema=model.schema_)


@pytest.mark.parametrize("head", ["logistic", "lightgbm"])
def test_the_maker_of_lamps_speaks_for_lamps(products: Catalog, head: str) -> None:
    model = fitted(products, f"metadata.head={head}")
    catalog = row_of(model, maker="Laco", price=40.0)
    asked = ask(model, catalog, ClassQuestion(1, 2), name="metadata")
    found = explain_columns(asked)
    assert found is not None
    told = {one.column: one for one in found.columns}
    assert set(told) == {"maker", "price"}
    assert told["maker"].value == "Laco"
    assert abs(found.columns[0].evidence) >= abs(found.columns[1].evidence)
    assert told["maker"].evidence + told["price"].evidence > 0
    expected = asked.evidence
    total = found.rest + sum(one.evidence for one in found.columns)
    assert total == pytest.approx(expected, rel=1e-2, abs=1e-2)


def test_without_shap_values_columns_are_left_out(
    products: Catalog, reading: ProductClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "contributions", lambda asked: None)
    catalog = row_of(reading, maker="Laco", price=40.0)
    asked = ask(reading, catalog, ClassQuestion(1), name="metadata")
    found = explain_columns(asked)
    assert found is not None
    assert found.method == "columns left out"
    bare = ask(reading, row_of(reading, maker=None, price=40.0), ClassQuestion(1), name="metadata")
    told = {one.column: one.evidence for one in found.columns}
    assert told["maker"] == pytest.approx(asked.evidence - bare.evidence)
