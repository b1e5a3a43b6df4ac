from __future__ import annotations

import signal
import threading
from typing import Any

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.encoders import Features
from aisle.models.plan import make_plan
from aisle.models.recipe import Recipe
from aisle.models.training import AnyExpert, Rows, Trial, cross_fit, workers
from aisle.neural.training import held_out
from aisle.progress import silent
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


@pytest.mark.parametrize(
    ("where", "settings"),
    [
        ("heads.perceptron", ["head=mlp", "fusion=best-single"]),
        ("fusing.training", ["fusion=gated", "fusion.network.epochs=2"]),
    ],
)
@pytest.mark.parametrize("target", ["kind", "price"])
def test_networks_that_hold_rows_out_keep_near_duplicates_together(
    where: str, settings: list[str], target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    rows = product_rows(60)
    twins = [{**row, "sku": f"T{number}"} for number, row in enumerate(rows)]
    catalog = Catalog.read([*rows, *twins], target=target)
    assert len(np.unique(catalog.groups)) <= 60
    seen: list[int] = []

    def noted(*given: Any, **named: Any) -> Any:
        kept, held = held_out(*given, **named)
        groups = named["groups"]
        assert not set(groups[kept]) & set(groups[held])
        assert len(groups) == len(given[0])
        seen.append(len(held))
        return kept, held

    monkeypatch.setattr(f"aisle.neural.{where}.held_out", noted)
    quick = ["folds=2", "learning_curve=false", "text.head.epochs=2", "metadata.head.epochs=2"]
    own = [*(quick if "head=mlp" in settings else quick[:2])]
    kind = ProductClassifier if target == "kind" else ProductRegressor
    kind("fast", settings=[*settings[:1], *own, *settings[1:]]).fit(catalog)
    assert seen
    assert all(seen), "some rows were held out"


def test_an_interrupt_ends_cross_fitting_while_heads_are_still_at_work() -> None:
    catalog = Catalog.read(product_rows(40), target="kind")
    recipe = Recipe.load("fast", catalog.task)
    plan = make_plan(recipe, catalog, seed=0)
    at_work: list[threading.Thread] = []
    first, released = threading.Lock(), threading.Event()

    def learn(expert: AnyExpert, features: Features, rows: Rows, shown: Features | None) -> None:
        at_work.append(threading.current_thread())
        if first.acquire(blocking=False):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        released.wait(20)

    trial = Trial(plan, catalog, plan.describe(catalog), learn)
    try:
        with pytest.raises(KeyboardInterrupt):
            cross_fit(trial, folds=5, seed=0, progress=silent)
        assert all(thread.is_alive() for thread in at_work), "nobody waited for them"
    finally:
        released.set()
    for thread in at_work:
        thread.join(60)
    assert 1 <= len(at_work) <= workers(len(catalog)), "no other expert was begun"
