from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone

from aisle import Catalog, ProductClassifier
from aisle.errors import (
    AisleError,
    BundleError,
    CatalogError,
    NotFittedError,
    RecipeError,
    TrainingError,
)
from aisle.models import ProductRegressor, load_model
from tests.products import product_rows


@pytest.fixture(scope="module")
def model(products: Catalog) -> ProductClassifier:
    return ProductClassifier(settings=["folds=3"]).fit(products)


def test_it_learns_and_answers_in_the_agreed_columns(
    model: ProductClassifier, products: Catalog
) -> None:
    table = model.predict(product_rows(30, seed=1))
    assert table.column_names == [
        "id", "category", "confidence", "decision", "alternatives", "modalities", "error",
    ]  # fmt: skip
    truth = [row["kind"] for row in product_rows(30, seed=1)]
    assert (np.array(table["category"].to_pylist()) == np.array(truth)).mean() > 0.9
    assert set(table["decision"].to_pylist()) <= {"accept", "review"}
    assert table["id"].to_pylist()[:2] == ["S0000", "S0001"]
    best = [row[0] for row in table["alternatives"].to_pylist()]
    assert [b["category"] for b in best] == table["category"].to_pylist()
    assert [b["probability"] for b in best] == table["confidence"].to_pylist()


def test_every_row_trains_and_is_answered_out_of_fold(
    model: ProductClassifier, products: Catalog
) -> None:
    assert model.out_of_fold_.shape == (60, 3)
    np.testing.assert_allclose(model.out_of_fold_.sum(axis=1), 1)
    assert model.rows_ == 60


def test_rows_without_a_target_keep_their_place(products: Catalog) -> None:
    rows = product_rows(40)
    rows[3]["kind"] = None
    rows[7]["kind"] = "  "
    fitted = ProductClassifier(settings=["folds=2"]).fit(Catalog.read(rows, target="kind"))
    assert fitted.rows_ == 38
    assert np.isnan(fitted.out_of_fold_[[3, 7]]).all()
    assert not np.isnan(np.delete(fitted.out_of_fold_, [3, 7], axis=0)).any()


def test_a_product_gets_the_same_row_alone_and_among_others(model: ProductClassifier) -> None:
    rows = product_rows(25, seed=2)
    rows[4] = {"sku": "only-id", "title": None}
    together = model.predict(rows).to_pylist()
    assert [model.predict([row]).to_pylist()[0] for row in rows] == together


def test_a_product_without_anything_is_reviewed_and_says_why(model: ProductClassifier) -> None:
    (row,) = model.predict([{"sku": "x", "title": " ", "maker": None}]).to_pylist()
    assert row["decision"] == "review"
    assert row["modalities"] == []
    assert "guess" in row["error"]


def test_only_some_modalities(model: ProductClassifier) -> None:
    rows = product_rows(9)
    text = model.predict(rows, modalities=["text"]).to_pylist()
    without_maker = model.predict([{k: r[k] for k in ("sku", "title")} for r in rows]).to_pylist()
    assert [r["modalities"] for r in text] == [["text"]] * 9
    assert [r["confidence"] for r in text] == [r["confidence"] for r in without_maker]


def test_another_precision_needs_no_retraining(model: ProductClassifier) -> None:
    strict, loose = model.threshold(0.999), model.threshold(0.5)
    assert strict.threshold >= loose.threshold
    assert loose.coverage == 1.0
    assert "accept" in model.predict(product_rows(9), precision=0.5)["decision"].to_pylist()


def test_saving_and_loading_changes_nothing(model: ProductClassifier, tmp_path: Path) -> None:
    path = tmp_path / "m.aisle"
    model.save(path)
    again = ProductClassifier.load(path)
    rows = product_rows(12, seed=5)
    assert again.predict(rows).equals(model.predict(rows))
    assert again.threshold(0.9) == model.threshold(0.9)
    assert again.metrics_ == model.metrics_
    again.save(tmp_path / "again.aisle")
    assert (tmp_path / "again.aisle").read_bytes() == path.read_bytes()
    assert isinstance(load_model(path), ProductClassifier)
    with pytest.raises(BundleError, match="holds a classifier"):
        ProductRegressor.load(path)


@pytest.mark.parametrize("head", ["logistic", "svm", "forest", "bayes", "lightgbm"])
def test_every_head_trains_saves_and_answers(head: str, products: Catalog, tmp_path: Path) -> None:
    settings = [f"head={head}", "folds=2"]
    settings += {
        "forest": [f"{part}.head.trees=20" for part in ("text", "metadata", "fusion")],
        "lightgbm": [f"{part}.head.rounds=20" for part in ("text", "metadata", "fusion")],
    }.get(head, [])
    fitted = ProductClassifier(settings=settings).fit(products)
    fitted.save(tmp_path / "m.aisle")
    rows = product_rows(12, seed=3)
    answers = fitted.predict(rows)
    assert ProductClassifier.load(tmp_path / "m.aisle").predict(rows).equals(answers)
    assert model_accuracy(answers, rows) > 0.8


@pytest.mark.parametrize("method", ["best-single", "late", "early"])
def test_every_fusion_answers_with_a_modality_missing(
    method: str, products: Catalog, tmp_path: Path
) -> None:
    fitted = ProductClassifier(settings=[f"fusion={method}", "folds=2"]).fit(products)
    assert fitted.fusion_.name == method
    rows = [{"sku": str(n), "maker": row["maker"]} for n, row in enumerate(product_rows(9))]
    answers = fitted.predict(rows)
    assert answers["modalities"].to_pylist() == [["metadata"]] * 9
    fitted.save(tmp_path / "m.aisle")
    assert load_model(tmp_path / "m.aisle").predict(rows).equals(answers)


def model_accuracy(table: pa.Table, rows: list[dict[str, object]]) -> float:
    pairs = zip(table["category"].to_pylist(), rows, strict=True)
    return float(np.mean([category == row["kind"] for category, row in pairs]))


def test_vectors_are_a_modality_of_their_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = product_rows(40)
    for row in rows:
        base = rng.normal(0, 0.1, 6)
        base[["Mugs", "Lamps", "Boots"].index(str(row["kind"]))] += 1
        row["embedding"] = base.tolist()
    fitted = ProductClassifier(settings=["folds=2"]).fit(Catalog.read(rows, target="kind"))
    assert "vector" in fitted.modalities_
    alone = [{"sku": "a", "embedding": row["embedding"], "kind": row["kind"]} for row in rows]
    assert model_accuracy(fitted.predict(alone), alone) > 0.9


def test_balanced_weights_lift_a_rare_class() -> None:
    rows = product_rows(90)
    rare = [row for n, row in enumerate(rows) if row["kind"] != "Boots" or n % 15 == 2]
    catalog = Catalog.read(rare, target="kind")
    settings = ["folds=2", "fusion=best-single", "text.head.C=0.01"]
    plain = ProductClassifier(settings=settings).fit(catalog)
    fair = ProductClassifier(settings=[*settings, "class_weights=balanced"]).fit(catalog)
    boots = plain.classes_.index("Boots")
    asked = [row for row in product_rows(30, seed=9) if row["kind"] == "Boots"]
    before, after = plain.predict_proba(asked)[:, boots], fair.predict_proba(asked)[:, boots]
    assert after.mean() > before.mean()


def test_it_follows_scikit_learns_habits(products: Catalog) -> None:
    original = ProductClassifier(recipe="fast", settings=["folds=2"], seed=3)
    copy = clone(original)
    assert copy.get_params() == original.get_params()
    assert copy.set_params(seed=4).seed == 4
    assert original.fit(products) is original
    with pytest.raises(NotFittedError, match="fit"):
        copy.predict([{"title": "x"}])
    with pytest.raises(NotFittedError):
        copy.save("nowhere.aisle")


def test_what_cannot_be_learned_is_explained(products: Catalog) -> None:
    rows = product_rows(20)
    with pytest.raises(TrainingError, match="no target"):
        ProductClassifier().fit(Catalog.read(rows))
    with pytest.raises(TrainingError, match="same value"):
        ProductClassifier().fit(Catalog.read([{**r, "kind": "Mugs"} for r in rows], target="kind"))
    with pytest.raises(TrainingError, match="at least 4"):
        ProductClassifier().fit(Catalog.read(rows[:3], target="kind"))
    only = [{"sku": r["sku"], "kind": r["kind"]} for r in rows]
    with pytest.raises(TrainingError, match="no column"):
        ProductClassifier().fit(Catalog.read(only, target="kind", roles={"sku": "id"}))
    family = [{**row, "family": "one"} for row in rows]
    with pytest.raises(TrainingError, match="held out"):
        ProductClassifier().fit(Catalog.read(family, target="kind", roles={"family": "group"}))
    with pytest.raises(RecipeError, match="no head"):
        ProductClassifier(settings=["text.head=magic"]).fit(products)
    with pytest.raises(RecipeError, match="no parameter"):
        ProductClassifier(settings=["text.head.colour=red"]).fit(products)


def test_a_catalogue_without_the_models_columns_is_refused(model: ProductClassifier) -> None:
    with pytest.raises(CatalogError, match="none of the columns"):
        model.predict([{"titel": "mug"}])
    assert model.missing_columns(model.read([{"title": "mug"}])) == ("maker", "price")


def test_progress_is_told(products: Catalog) -> None:
    told: list[tuple[str, int, int]] = []
    fitted = ProductClassifier(settings=["folds=2"]).fit(
        products, progress=lambda what, done, total: told.append((what, done, total))
    )
    assert told[-1][1] == told[-1][2] == len(told)
    told.clear()
    fitted.predict(products, progress=lambda what, done, total: told.append((what, done, total)))
    assert told == [("predicting", 60, 60)]


@pytest.mark.parametrize("seed", [None, -1, 1.5, "x", True, 2**40])
def test_a_seed_that_cannot_be_used_is_refused(seed: object, products: Catalog) -> None:
    with pytest.raises(RecipeError, match="seed"):
        ProductClassifier(seed=seed).fit(products)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "setting", ["text.head.C=0", "text.head={use: svm, C: -1}", "head={use: lightgbm, leaves: 1}"]
)
def test_a_parameter_that_a_library_refuses_is_a_users_mistake(
    setting: str, products: Catalog
) -> None:
    with pytest.raises(RecipeError, match="not valid"):
        ProductClassifier(settings=[setting, "folds=2"]).fit(products)


def test_an_unknown_modality_is_refused(model: ProductClassifier) -> None:
    with pytest.raises(AisleError, match="it reads text, metadata"):
        model.predict(product_rows(3), modalities=["txt"])


def test_the_catalogues_own_id_serves_where_the_models_is_missing(
    model: ProductClassifier,
) -> None:
    rows = Catalog.read([{"article": "A1", "title": "mug"}], roles={"article": "id"})
    assert model.predict(rows)["id"].to_pylist() == ["A1"]


def test_a_product_unlike_those_of_training_is_reviewed() -> None:
    rows = [{**row, "description": f"{row['title']} for you"} for row in product_rows(90)]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text", "description": "text"})
    fitted = ProductClassifier(settings=["folds=2", "precision=0.5"]).fit(catalog)
    bare = [{"title": row["title"], "maker": row["maker"]} for row in product_rows(5)]
    table = fitted.predict(bare)
    assert table["category"].to_pylist() == [row["kind"] for row in product_rows(5)]
    assert set(table["decision"].to_pylist()) == {"review"}
    assert "have only title:" in table["error"].to_pylist()[0]
    assert "accept" in fitted.predict(rows)["decision"].to_pylist()


def test_words_that_training_never_met_are_no_text(model: ProductClassifier) -> None:
    (row,) = model.predict([{"title": "ж щ ю", "maker": None}]).to_pylist()
    assert (row["modalities"], row["decision"]) == ([], "review")


def test_score_is_the_accuracy(model: ProductClassifier) -> None:
    rows = product_rows(30, seed=1)
    answers = model.predict(rows)["category"].to_pylist()
    right = np.mean([a == row["kind"] for a, row in zip(answers, rows, strict=True)])
    assert model.score(Catalog.read(rows, target="kind")) == pytest.approx(right)


def test_vectors_read_the_same_from_lists_and_from_json(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [{"sku": f"p{n}", "emb": rng.normal(n % 2 * 4, 1, 6).tolist(), "kind": "ab"[n % 2]}
            for n in range(40)]  # fmt: skip
    written = [{**row, "emb": json.dumps(row["emb"])} for row in rows]
    roles = {"emb": "vector"}
    models = [
        ProductClassifier(settings=["folds=2"]).fit(Catalog.read(r, target="kind", roles=roles))
        for r in (rows, written)
    ]
    assert models[0].metrics_ == models[1].metrics_
    assert models[0].predict(written).equals(models[0].predict(rows))
    models[0].save(tmp_path / "vectors.aisle")
    assert load_model(tmp_path / "vectors.aisle").predict(rows).equals(models[0].predict(rows))
    odd = models[0].predict([{"emb": [1.0, 2.0]}]).to_pylist()[0]
    assert odd["modalities"] == []
