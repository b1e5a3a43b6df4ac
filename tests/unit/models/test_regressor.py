from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductRegressor
from aisle.catalog import Task
from aisle.errors import TrainingError
from aisle.models import load_model
from tests.products import product_rows


@pytest.fixture(scope="module")
def model(priced: Catalog) -> ProductRegressor:
    return ProductRegressor(settings=["folds=3"]).fit(priced)


def test_a_price_is_learned_on_a_logarithmic_scale(
    model: ProductRegressor, priced: Catalog
) -> None:
    assert priced.task is Task.REGRESS
    assert model.scale_ == "log"
    table = model.predict(product_rows(30, seed=4))
    assert table.column_names == ["id", "value", "low", "high", "modalities", "error"]
    truth = np.array([row["price"] for row in product_rows(30, seed=4)], dtype=float)
    value = table["value"].to_numpy()
    assert np.abs(np.log(value / truth)).mean() < 0.3
    assert (table["low"].to_numpy() <= value).all()
    assert (value <= table["high"].to_numpy()).all()
    inside = (table["low"].to_numpy() <= truth) & (truth <= table["high"].to_numpy())
    assert inside.mean() > 0.7


def test_saving_and_loading_changes_nothing(model: ProductRegressor, tmp_path: Path) -> None:
    model.save(tmp_path / "m.aisle")
    rows = product_rows(12, seed=5)
    again = load_model(tmp_path / "m.aisle")
    assert isinstance(again, ProductRegressor)
    assert again.predict(rows).equals(model.predict(rows))
    alone = [again.predict([row]).to_pylist()[0] for row in rows]
    assert alone == model.predict(rows).to_pylist()


@pytest.mark.parametrize("head", ["ridge", "svr", "forest", "bayes", "lightgbm"])
def test_every_head_trains(head: str, priced: Catalog, tmp_path: Path) -> None:
    parts = ("text", "metadata", "fusion")
    quick = {"forest": "trees=20", "lightgbm": "rounds=40"}.get(head)
    settings = [f"{part}.head.{quick}" for part in parts] if quick else []
    fitted = ProductRegressor(settings=[f"head={head}", "folds=2", *settings]).fit(priced)
    fitted.save(tmp_path / "m.aisle")
    rows = product_rows(6)
    assert load_model(tmp_path / "m.aisle").predict(rows).equals(fitted.predict(rows))
    assert fitted.metrics_["out_of_fold_mae"] < fitted.metrics_["median_mae"]


@pytest.mark.parametrize("method", ["best-single", "late", "early"])
def test_every_fusion_answers_with_a_modality_missing(method: str, priced: Catalog) -> None:
    fitted = ProductRegressor(settings=[f"fusion={method}", "folds=2"]).fit(priced)
    (row,) = fitted.predict([{"maker": "Acme"}]).to_pylist()
    assert row["modalities"] == ["metadata"]
    assert row["value"] > 0
    (blind,) = fitted.predict([{"maker": None, "title": ""}]).to_pylist()
    assert "guess" in blind["error"]


def test_missing_and_worthless_prices_are_left_out() -> None:
    rows = product_rows(40)
    rows[2]["price"] = float("nan")
    rows[5]["price"] = None
    catalog = Catalog.read(rows, target="price")
    fitted = ProductRegressor(settings=["folds=2"]).fit(catalog)
    assert fitted.rows_ == 38
    assert np.isnan(fitted.out_of_fold_[[2, 5]]).all()


def test_the_scale_follows_the_values() -> None:
    rows = product_rows(40)
    free = [{**row, "price": 0.0 if n % 9 == 0 else row["price"]} for n, row in enumerate(rows)]
    assert fit(free).scale_ == "log1p"
    below = [{**row, "price": row["price"] - 30} for row in rows]
    assert fit(below).scale_ == "linear"
    assert fit(rows, "target_scale=linear").scale_ == "linear"
    with pytest.raises(TrainingError, match="below 0"):
        fit(below, "target_scale=log")
    with pytest.raises(TrainingError, match="same value"):
        fit([{**row, "price": 5.0} for row in rows])


def fit(rows: list[dict[str, object]], *settings: str) -> ProductRegressor:
    catalog = Catalog.read(rows, target="price", task="regress")
    return ProductRegressor(settings=["folds=2", "metadata.head=ridge", *settings]).fit(catalog)


def test_a_price_that_stands_in_the_texts_is_masked() -> None:
    rows = product_rows(60)
    for row in rows:
        row["title"] = f"{row['title']} now only ${row['price']:.2f} today"
    fitted = fit(rows)
    texts = [e for e in fitted.plan_.encoders.values() if e.modality == "text"]
    assert all(encoder.get_params()["mask_prices"] for encoder in texts)
    words = fitted.plan_.encoders["text-0"].feature_names() or []
    assert not any(f"{rows[0]['price']:.2f}".split(".")[0] == word for word in words)
