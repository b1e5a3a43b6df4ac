from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")

from aisle.catalog import Catalog
from aisle.errors import AisleError, RecipeError, TrainingError
from aisle.experiments import Searched, search
from aisle.experiments.searching import RecipeSearch
from aisle.experiments.searching import recipe_search as module
from aisle.models import ProductClassifier, Recipe
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import pooled_network, text_folder

QUICK = ("folds=3", "learning_curve=false", "metadata=null", "fusion=best-single")


def searched(catalog: Catalog, folder: Path, trials: int = 4, **more: Any) -> Searched:
    return search(catalog, "fast", QUICK, trials=trials, folder=folder, **more)


def plain(found: Searched) -> list[tuple[object, ...]]:
    """Return what must not depend on how a search was run."""
    trials = [(t.expert, t.number, t.plan, t.state, t.folds, t.loss) for t in found.trials]
    return [*trials, (found.recipe, found.findings)]


@pytest.fixture(scope="module")
def noisy() -> Catalog:
    rows = product_rows(80)
    for row in rows[::5]:
        row["kind"] = "Mugs"
    return Catalog.read(rows, target="kind")


def test_a_search_ends_in_a_recipe_that_can_be_fitted(noisy: Catalog, tmp_path: Path) -> None:
    found = searched(noisy, tmp_path)
    assert [(t.expert, t.number) for t in found.trials] == [("text", n) for n in range(4)]
    assert found.trials[0].plan == found.base.experts["text"]
    assert found.trials[0].state == "complete"
    (finding,) = found.findings
    assert finding.found.loss <= finding.default.loss
    assert found.changed == finding.changed == (found.recipe != found.base)
    model = ProductClassifier(recipe=found.recipe).fit(noisy)
    assert model.metrics_["experts"]["text"] == finding.found.score
    told = found.to_dict()
    assert told["optimistic"] == found.changed
    assert Recipe.model_validate(told["recipe"]) == found.recipe
    assert set(found.left_out) == {"image", "vector"}


def test_the_same_search_again_tries_nothing_anew(
    noisy: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = searched(noisy, tmp_path)
    monkeypatch.setattr(module.Trier, "attempt", None)
    again = searched(noisy, tmp_path)
    assert (first.resumed, again.resumed) == (0, 4)
    assert plain(again) == plain(first)
    fewer = searched(noisy, tmp_path, trials=2)
    assert len(fewer.trials) == 2


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(
    noisy: Catalog, tmp_path: Path
) -> None:
    whole = searched(noisy, tmp_path / "whole", trials=6)
    for trials in (2, 3, 6):
        parts = searched(noisy, tmp_path / "parts", trials=trials)
    assert parts.resumed == 3
    assert plain(parts) == plain(whole)


def test_other_rows_recipes_and_seeds_are_other_searches(noisy: Catalog, tmp_path: Path) -> None:
    searched(noisy, tmp_path, trials=1)
    for other, more in (
        (noisy.take(range(70)), {}),  # type: ignore[arg-type]
        (noisy, {"seed": 1}),
    ):
        assert searched(other, tmp_path, trials=1, **more).resumed == 0
    settings = (*QUICK, "text.head.C=3")
    found = search(noisy, "fast", settings, trials=1, folder=tmp_path)
    assert found.resumed == 0
    assert len(list(tmp_path.iterdir())) == 4


def test_a_search_with_other_encoders_of_the_same_names_is_another_search(
    noisy: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the recipe names them, or they lie where the search looks for some to try."""
    homes, kept = tmp_path / "encoders", tmp_path / "kept"
    monkeypatch.setenv("AISLE_ENCODERS", str(homes))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    homes.mkdir()
    folder = text_folder(homes)
    for settings in (QUICK, (*QUICK, f"text.encoders={folder.path.name}")):
        text_folder(homes)

        def resumed(own: tuple[str, ...] = settings) -> int:
            return search(noisy, "fast", own, trials=1, folder=kept).resumed

        assert (resumed(), resumed()) == (0, 1)
        text_folder(homes, pooled_network().replace(b"Tanh", b"Relu"))
        assert (resumed(), resumed()) == (0, 1)


def test_time_bounds_the_trials_and_the_recipes_own_plan_is_always_tried(
    noisy: Catalog, tmp_path: Path
) -> None:
    found = search(noisy, "fast", QUICK, minutes=1e-9, folder=tmp_path)
    assert [trial.number for trial in found.trials] == [0]
    assert not found.changed
    assert found.recipe == found.base
    more = search(noisy, "fast", QUICK, minutes=60, trials=3, folder=tmp_path)
    # Much time lets heads be tried that take long, which is another search.
    assert (len(more.trials), more.resumed) == (3, 0)


def test_regressors_are_searched_for_too(priced: Catalog, tmp_path: Path) -> None:
    found = search(priced, "fast", ("folds=3",), trials=4, folder=tmp_path)
    assert found.task == "regress"
    assert [finding.expert for finding in found.findings] == ["text", "metadata"]
    assert all(f.found.score <= f.default.score for f in found.findings)
    assert all(f.default.low < f.default.score < f.default.high for f in found.findings)


def test_progress_reaches_its_end(noisy: Catalog, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    searched(
        noisy, tmp_path, trials=2, progress=lambda what, done, total: steps.append((done, total))
    )
    assert steps[-1] == (2, 2)


def test_without_bounds_or_target_nothing_is_searched(noisy: Catalog, tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="say how long"):
        search(noisy, folder=tmp_path)
    with pytest.raises(AisleError, match="minutes: expected a number above 0, found -1"):
        search(noisy, minutes=-1, folder=tmp_path)
    with pytest.raises(AisleError, match="trials: expected 1 or more, found 0"):
        search(noisy, trials=0, folder=tmp_path)
    with pytest.raises(TrainingError, match="no target"):
        search(product_rows(9), trials=1, folder=tmp_path)
    with pytest.raises(RecipeError):
        search(noisy, "nothing", trials=1, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_experts_that_are_fine_tuned_stay_as_they_are(noisy: Catalog, tmp_path: Path) -> None:
    own = ["text.tune=last1", "folds=2"]
    prepared = RecipeSearch.of(noisy, "fast", own, trials=1, folder=tmp_path)
    assert prepared.left_out["text"] == "fine-tuned"
    found = prepared.run()
    assert found.recipe.experts["text"] == found.base.experts["text"]
    assert {trial.expert for trial in found.trials} == {"metadata"}
