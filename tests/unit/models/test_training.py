from __future__ import annotations

import numpy as np

from aisle import Catalog, ProductClassifier
from tests.products import product_rows


def test_out_of_fold_answers_know_nothing_of_their_own_row() -> None:
    rng = np.random.default_rng(0)
    rows = product_rows(240)
    for row in rows:
        row["kind"] = str(rng.choice(["a", "b", "c"]))
        del row["price"]
    model = ProductClassifier(settings=["text.head.C=1000"]).fit(Catalog.read(rows, target="kind"))
    assert model.metrics_["out_of_fold_accuracy"] < 0.5


def test_near_duplicates_are_never_on_both_sides_of_a_fold() -> None:
    rng = np.random.default_rng(1)
    rows: list[dict[str, object]] = []
    for _ in range(60):
        words = " ".join(f"w{word}" for word in rng.integers(0, 5000, 12))
        kind = str(rng.choice(["a", "b"]))
        rows += [{"title": f"{words} x{copy}", "kind": kind} for copy in range(4)]
    model = ProductClassifier().fit(Catalog.read(rows, target="kind", roles={"title": "text"}))
    assert model.metrics_["out_of_fold_accuracy"] < 0.65


def test_a_class_with_one_product_counts_as_an_error_out_of_fold() -> None:
    rows = product_rows(60)
    rows[0]["kind"] = "Kettles"
    model = ProductClassifier(settings=["folds=3"]).fit(Catalog.read(rows, target="kind"))
    assert "Kettles" in model.classes_
    assert not model.out_of_fold_correct_[0]
    assert model.out_of_fold_confidence_[1:].mean() > 0.8


def test_an_expert_whose_modality_no_training_fold_has_still_fits() -> None:
    rows = product_rows(40)
    for row in rows[1:]:
        row["maker"] = None
        row["price"] = None
    model = ProductClassifier(settings=["folds=2"]).fit(
        Catalog.read(rows, target="kind", roles={"maker": "category", "price": "number"})
    )
    assert model.predict(rows)["category"].to_pylist()[5] == rows[5]["kind"]
