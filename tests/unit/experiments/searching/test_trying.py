from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.encoders.text.lexical import TfidfEncoder
from aisle.errors import RecipeError
from aisle.experiments.searching.shelf import Shelf
from aisle.experiments.searching.target import make_target
from aisle.experiments.searching.trying import Outcome, Trier
from aisle.models import ProductClassifier, ProductRegressor, Recipe
from aisle.models.recipe import ExpertPlan
from tests.products import product_rows

FOLDS = 4


def ready(catalog: Catalog, recipe: Recipe, shelf: Shelf | None = None) -> Trier:
    fold_of = catalog.folds(FOLDS, seed=0)
    target = make_target(catalog, fold_of, balanced=False, target_scale="auto")
    return Trier(catalog, recipe, target, seed=0, shelf=shelf or Shelf())


def always() -> bool:
    return True


def text_plan(recipe: Recipe, **head: Any) -> ExpertPlan:
    return Recipe.load(recipe, _task(recipe), {"text.head": head}).experts["text"]


def _task(recipe: Recipe) -> Any:
    from aisle.catalog import Task

    return Task.REGRESS if recipe.fusion.head.use == "ridge" else Task.CLASSIFY


@pytest.fixture(scope="module")
def fast(products: Catalog) -> Recipe:
    return Recipe.load("fast", products.task, [f"folds={FOLDS}", "learning_curve=false"])


@pytest.fixture(scope="module")
def noisy() -> Catalog:
    """Products a quarter of which have another kind's label."""
    rows = product_rows(80)
    for row in rows[::4]:
        row["kind"] = "Mugs"
    return Catalog.read(rows, target="kind")


def test_the_recipes_own_plan_scores_what_the_model_will_say_of_its_expert(
    noisy: Catalog, fast: Recipe
) -> None:
    outcome = ready(noisy, fast).attempt("text", fast.experts["text"], None, always)
    model = ProductClassifier(recipe=fast).fit(noisy)
    assert outcome is not None
    assert outcome.judged is not None
    assert outcome.judged.wrong is not None
    assert outcome.state == "complete"
    assert 1 - outcome.judged.wrong.mean() == model.metrics_["experts"]["text"]


def test_a_regressors_plan_scores_what_the_model_will_say_of_its_expert(priced: Catalog) -> None:
    recipe = Recipe.load("fast", priced.task, [f"folds={FOLDS}", "learning_curve=false"])
    outcome = ready(priced, recipe).attempt("text", recipe.experts["text"], None, always)
    model = ProductRegressor(recipe=recipe).fit(priced)
    assert outcome is not None
    assert outcome.loss == pytest.approx(model.metrics_["experts"]["text"], rel=1e-5)


def test_a_plan_that_is_clearly_worse_is_given_up(noisy: Catalog, fast: Recipe) -> None:
    trier = ready(noisy, fast)
    best = trier.attempt("text", fast.experts["text"], None, always)
    poor = trier.attempt("text", text_plan(fast, use="logistic", C=1e-9), best, always)
    assert best is not None
    assert poor is not None
    assert best.loss is not None
    assert (poor.state, poor.judged) == ("stopped", None)
    assert 1 <= poor.folds < FOLDS
    assert poor.loss is not None
    assert poor.loss > best.loss
    equal = trier.attempt("text", fast.experts["text"], best, always)
    assert equal is not None
    assert equal.state == "complete"


def test_time_that_runs_out_leaves_no_outcome(noisy: Catalog, fast: Recipe) -> None:
    trier = ready(noisy, fast)
    assert trier.attempt("text", fast.experts["text"], None, lambda: False) is None


def test_a_plan_that_fails_says_why_and_the_recipes_own_may_not(
    noisy: Catalog, fast: Recipe
) -> None:
    trier = ready(noisy, fast)
    wrong = text_plan(fast, use="logistic", C=-1)
    best = Outcome("complete", FOLDS, 0.0, None, 0.0, 0.0)
    failed = trier.attempt("text", wrong, best, always)
    assert failed is not None
    assert (failed.state, failed.loss, failed.judged) == ("failed", None, None)
    assert failed.error is not None
    assert "'C' parameter" in failed.error
    with pytest.raises(RecipeError, match="'C' parameter"):
        trier.attempt("text", wrong, None, always)


def test_plans_with_the_same_encoders_share_features(
    noisy: Catalog, fast: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[str] = []
    fit = TfidfEncoder.fit

    def counting(self: TfidfEncoder, catalog: Catalog) -> TfidfEncoder:
        fitted.append(self.analyzer)
        return fit(self, catalog)

    monkeypatch.setattr(TfidfEncoder, "fit", counting)
    trier = ready(noisy, fast)
    first = trier.attempt("text", fast.experts["text"], None, always)
    assert len(fitted) == 2 * FOLDS
    again = trier.attempt("text", text_plan(fast, use="logistic", C=31), first, always)
    assert len(fitted) == 2 * FOLDS
    assert first is not None
    assert again is not None
    assert again.judged is not None
    # What features cost belongs to every plan that needs them.
    assert again.fit_seconds > 0

    alone = ready(noisy, fast).attempt("text", text_plan(fast, use="logistic", C=31), None, always)
    assert alone is not None
    assert alone.judged is not None
    np.testing.assert_array_equal(alone.judged.losses, again.judged.losses)


def test_rows_keep_the_order_of_the_catalogue(noisy: Catalog, fast: Recipe) -> None:
    """Rows whose label is another kind's have the highest losses, wherever their fold is."""
    outcome = ready(noisy, fast).attempt("text", fast.experts["text"], None, always)
    assert outcome is not None
    assert outcome.judged is not None
    relabelled = np.arange(80) % 4 == 0
    relabelled &= np.arange(80) % 3 != 0  # those were mugs before
    losses = outcome.judged.losses
    assert np.median(losses[relabelled]) > np.median(losses[~relabelled])
