from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate
from aisle.errors import AisleError, CatalogError
from tests.products import product_rows

CLASS_KEYS = {
    "rows", "seconds", "accuracy", "accuracy_interval", "macro_f1", "micro_f1", "weighted_f1",
    "log_loss", "calibration_error", "precision_asked", "coverage", "accepted_precision",
    "per_class", "by_modality", "experts", "fusion",
}  # fmt: skip
VALUE_KEYS = {
    "rows", "seconds", "mae", "mae_log", "rmse", "rmsle", "smape", "r2", "interval_coverage",
    "by_modality", "experts", "fusion",
}  # fmt: skip


@pytest.fixture(scope="module")
def model(products: Catalog) -> ProductClassifier:
    return ProductClassifier(settings=["folds=3"]).fit(products)


def test_a_classifier_is_scored_in_the_agreed_shape(model: ProductClassifier) -> None:
    found = evaluate(model, product_rows(30, seed=1), precision=0.8)
    assert found.to_dict().keys() >= CLASS_KEYS
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.rows == 30
    low, high = found.accuracy_interval
    assert low < found.accuracy <= high
    assert list(found.top_k) == ["1", "3", "5"]
    assert found.top_k["1"] == found.accuracy
    assert found.top_k["5"] == 1.0
    assert not found.to_dict().keys() & {"hierarchical", "consistency", "against"}
    assert found.by_modality.keys() == {"text", "metadata", "text+metadata"}
    assert found.by_modality["text+metadata"].accuracy == found.accuracy
    assert found.experts.keys() == {"text", "metadata"}
    assert set(found.per_class) == {"Mugs", "Lamps", "Boots"}
    table = found.predictions
    right = np.array(table["category"].to_pylist()) == np.array(table["truth"].to_pylist())
    assert right.mean() == found.accuracy
    accepted = np.array(table["decision"].to_pylist()) == "accept"
    assert found.coverage == accepted.mean()
    assert found.precision_asked == 0.8


def test_only_some_modalities_answer_as_if_the_others_were_missing(
    model: ProductClassifier,
) -> None:
    rows = product_rows(30, seed=1)
    whole = evaluate(model, rows)
    bare = evaluate(model, [{k: r[k] for k in ("sku", "title", "kind")} for r in rows])
    assert whole.by_modality["text"].accuracy == bare.accuracy


def test_rows_without_truth_are_counted_and_left_out(model: ProductClassifier) -> None:
    rows = product_rows(30, seed=1)
    rows[0]["kind"] = None
    found = evaluate(model, rows)
    assert (found.rows, found.unlabelled) == (29, 1)


def test_a_class_that_the_model_does_not_know_counts_as_an_error(model: ProductClassifier) -> None:
    rows = product_rows(30, seed=1)
    rows[0]["kind"] = "Kettles"
    found = evaluate(model, rows)
    assert found.unknown_classes == ("Kettles",)
    assert found.accuracy <= 29 / 30
    assert found.per_class["Kettles"].recall == 0
    assert np.isfinite(found.log_loss)


def test_nothing_to_compare_with_is_explained(model: ProductClassifier) -> None:
    with pytest.raises(CatalogError, match="'kind'"):
        evaluate(model, [{"title": "mug"}])
    with pytest.raises(CatalogError, match="nothing to compare"):
        evaluate(model, [{"title": "mug", "kind": None}, {"title": "x", "kind": " "}])


def test_a_regressor_is_scored_in_the_agreed_shape(priced: Catalog) -> None:
    fitted = ProductRegressor(settings=["folds=3"]).fit(priced)
    found = evaluate(fitted, product_rows(30, seed=1))
    assert found.to_dict().keys() >= VALUE_KEYS
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.mae < found.median_mae
    assert found.mae_log is not None
    assert found.relative_error == pytest.approx(np.exp(found.mae_log) - 1)
    assert 0 <= found.interval_coverage <= 1


def test_it_is_saved_as_json_or_html_and_nothing_else(
    model: ProductClassifier, tmp_path: Path
) -> None:
    found = evaluate(model, product_rows(30, seed=1))
    found.save(tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text("utf-8"))["accuracy"] == found.accuracy
    found.save(tmp_path / "e.html")
    assert "<html" in (tmp_path / "e.html").read_text("utf-8")
    with pytest.raises(AisleError, match=r"\.json or \.html"):
        found.save(tmp_path / "e.pdf")
