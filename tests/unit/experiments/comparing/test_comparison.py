from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, evaluate
from aisle.errors import AisleError
from aisle.experiments.comparing import Candidate, Comparison, Leaderboard, compare
from aisle.experiments.comparing import comparison as module
from aisle.experiments.comparing.measuring import measure, nothing_cached
from aisle.experiments.comparing.runs import Run
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import pooled_network, text_folder

QUICK = ("folds=2", "metadata=null")
LOGISTIC = Candidate("logistic", QUICK, "fast", "head")
BAYES = Candidate("bayes", (*QUICK, "text.head=bayes"), "fast", "head")
BROKEN = Candidate("broken", ("head=nothing",), "fast")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    catalog = Catalog.read(product_rows(), target="kind")
    return compare(catalog, [LOGISTIC, BAYES, BROKEN], seeds=2, test=0.3)


def test_scores_are_those_of_models_fitted_and_evaluated_by_hand(
    board: Leaderboard, products: Catalog
) -> None:
    assert {row.name for row in board.ranked} == {"logistic", "bayes"}
    for row in board.ranked:
        for at, seed in enumerate(board.seeds):
            train, test = products.split(test=0.3, seed=seed)
            model = ProductClassifier("fast", row.settings, seed=seed).fit(train)
            found = evaluate(model, test)
            assert row.measures["accuracy"].values[at] == found.accuracy
            assert row.measures["macro_f1"].values[at] == found.macro_f1
        assert row.ms_per_product is not None
        assert row.ms_per_product > 0
        assert row.megabytes is not None
        assert row.megabytes > 0
        assert row.framework == "scikit-learn"


def test_a_candidate_that_fails_is_a_row_with_its_error(board: Leaderboard) -> None:
    assert board.rows[-1].name == "broken"
    assert "nothing" in str(board.rows[-1].error)


def test_a_candidate_that_fails_in_training_is_a_row_too(products: Catalog) -> None:
    odd = Candidate("odd", (*QUICK, "text.head={use: logistic, C: -3}"), "fast")
    found = compare(products, [LOGISTIC, odd], seeds=1)
    assert [row.name for row in found.rows] == ["logistic", "odd"]
    assert found.rows[1].error
    assert found.rows[1].rank is None


def test_test_rows_never_reach_fit(products: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str | None]] = []
    fit = ProductClassifier.fit

    def noted(self: ProductClassifier, catalog: Catalog, **more: object) -> ProductClassifier:
        seen.append(set(catalog.ids))
        return fit(self, catalog, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ProductClassifier, "fit", noted)
    compare(products, [LOGISTIC], seeds=2, test=0.3)
    assert len(seen) == 2
    for seed, ids in enumerate(seen):
        train, test = products.split(test=0.3, seed=seed)
        assert ids == set(train.ids)
        assert not ids & set(test.ids)


def test_a_comparison_that_was_stopped_goes_on(
    products: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "board.runs.jsonl"
    ran: list[tuple[str, int]] = []

    def counted(recipe: object, train: Catalog, test: Catalog, seed: int) -> Run:
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append((recipe.name, seed))  # type: ignore[attr-defined]
        return Run(seed=seed, scores={"accuracy": 0.5 + 0.1 * seed}, ms_per_product=1.0)

    monkeypatch.setattr(module, "measure", counted)
    with pytest.raises(KeyboardInterrupt):
        compare(products, [LOGISTIC, BAYES], seeds=2, journal=path)
    assert ran == [("logistic", 0), ("bayes", 0), ("logistic", 1)]
    ran.clear()
    found = compare(products, [LOGISTIC, BAYES], seeds=2, journal=path)
    assert ran == [("bayes", 1)]
    assert (found.resumed, found.seeds) == (3, (0, 1))
    ran.clear()
    assert compare(products, [LOGISTIC, BAYES], seeds=2, journal=path).resumed == 4
    assert not ran


def test_time_that_runs_out_leaves_what_there_is(
    products: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(np.arange(0.0, 1e6, 30.0))
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(
        module,
        "measure",
        lambda recipe, train, test, seed: Run(
            seed=seed, scores={"accuracy": 0.9}, ms_per_product=1.0
        ),
    )
    found = compare(products, [LOGISTIC, BAYES], seeds=5, minutes=1.2)
    assert found.stopped
    assert found.seeds == (0,)
    assert found.seeds_asked == 5


def test_a_failed_run_is_tried_again(
    products: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.jsonl"
    answers = iter([Run(seed=0, scores={"accuracy": 0.9}), Run(seed=0, error="no memory")])
    monkeypatch.setattr(module, "measure", lambda *given: next(answers))
    assert compare(products, [LOGISTIC, BAYES], seeds=1, journal=path).rows[1].error == "no memory"
    prepared = Comparison.of(products, [LOGISTIC, BAYES], seeds=1, journal=path)
    assert prepared.finished == 1
    assert prepared.expected_seconds > 0


def test_runs_with_an_encoder_folder_of_other_content_are_other_runs(
    products: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module, "measure", lambda recipe, *given: Run(seed=0, scores={"accuracy": 0.9})
    )
    folder = text_folder(tmp_path)
    tiny = Candidate("tiny", (*QUICK, f"text.encoders={folder.path}"), "fast")
    path = tmp_path / "runs.jsonl"

    def resumed() -> int:
        return compare(products, [tiny], seeds=1, journal=path).resumed

    assert (resumed(), resumed()) == (0, 1)
    text_folder(tmp_path, pooled_network().replace(b"Tanh", b"Relu"))
    assert (resumed(), resumed()) == (0, 1)


def test_mistakes_are_told_before_anything_runs(products: Catalog) -> None:
    with pytest.raises(AisleError, match="no target"):
        compare(products.with_target(None), [LOGISTIC])
    with pytest.raises(AisleError, match="two candidates are called 'logistic'"):
        compare(products, [LOGISTIC, LOGISTIC])
    with pytest.raises(AisleError, match="there is no candidate to compare"):
        compare(products, [])
    with pytest.raises(AisleError, match="seeds: expected 1 or more"):
        compare(products, [LOGISTIC], seeds=0)
    with pytest.raises(AisleError, match="no candidate 'none'"):
        compare(products, [LOGISTIC], baseline="none")


def test_prices_are_compared_by_their_errors(priced: Catalog) -> None:
    train, test = priced.split(test=0.3, seed=0)
    ridge = Candidate("ridge", QUICK, "fast").load(priced.task)
    run = measure(ridge, train, test, 0)
    assert run.error is None
    assert set(run.scores) == {"mae", "mae_log", "smape", "r2"}
    assert all(value is not None and np.isfinite(value) for value in run.scores.values())


def test_the_cache_is_off_for_the_clock_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AISLE_FEATURE_CACHE", raising=False)
    with nothing_cached():
        assert os.environ["AISLE_FEATURE_CACHE"] == "off"
    assert "AISLE_FEATURE_CACHE" not in os.environ
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "on")
    with pytest.raises(ValueError, match="x"), nothing_cached():
        raise ValueError("x")
    assert os.environ["AISLE_FEATURE_CACHE"] == "on"
