"""The main job on real catalogues, small enough for every test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate


@pytest.mark.shared
def test_flipkart_categories(shared: Path, tmp_path: Path) -> None:
    catalog = Catalog.read(shared / "data/flipkart/catalog.csv", target="category")
    train, test = catalog.split(test=0.25, seed=0)
    model = ProductClassifier(recipe="fast", settings=["folds=3"]).fit(train)
    found = evaluate(model, test, precision=0.9)
    assert found.accuracy > 0.92
    assert found.accuracy >= max(s.accuracy for s in found.experts.values()) - 0.02
    assert found.accepted_precision is not None
    assert found.accepted_precision > 0.9
    model.save(tmp_path / "m.aisle")
    assert (tmp_path / "m.aisle").stat().st_size < 20e6


@pytest.mark.shared
def test_flipkart_prices(shared: Path) -> None:
    catalog = Catalog.read(shared / "data/flipkart/catalog.csv", target="discounted_price")
    assert "retail_price" in {column.name for column in catalog.schema if column.leak}
    train, test = catalog.split(test=0.25, seed=0)
    found = evaluate(ProductRegressor(recipe="fast", settings=["folds=3"]).fit(train), test)
    assert found.mae_log is not None
    assert found.median_mae_log is not None
    assert found.mae_log < 0.75 * found.median_mae_log
    assert found.interval_coverage > 0.8
