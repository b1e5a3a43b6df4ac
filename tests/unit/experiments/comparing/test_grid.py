from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog
from aisle.catalog import Task
from aisle.errors import AisleError, RecipeError
from aisle.experiments.comparing import Candidate, default_candidates
from aisle.experiments.comparing.grid import expected_seconds
from aisle.models.recipe import METHODS
from tests.unit.encoders.pretrained.networks import text_folder


def test_the_grid_varies_modality_encoder_head_fusion_and_recipe(products: Catalog) -> None:
    found = {c.name: c for c in default_candidates(products, "fast", ["folds=2"])}
    assert {c.kind for c in found.values()} == {"modality", "encoder", "head", "fusion", "recipe"}
    assert {"text", "metadata", "text-svm", "text-forest", "text-bayes"} <= found.keys()
    assert {f"fusion: {method}" for method in METHODS} <= found.keys()
    assert not any("image" in name for name in found)
    for candidate in found.values():
        recipe = candidate.load(Task.CLASSIFY)
        assert recipe.folds == 2
        if candidate.kind in ("head", "encoder"):
            assert "metadata" not in recipe.experts
        if candidate.name == "text-svm":
            assert recipe.experts["text"].head.use == "svm"
        if candidate.kind == "fusion":
            assert recipe.fusion.methods == (candidate.name.removeprefix("fusion: "),)


def test_no_two_candidates_of_the_grid_are_the_same_recipe(products: Catalog) -> None:
    loaded = [
        c.load(Task.CLASSIFY).model_dump_json(exclude={"name"})
        for c in default_candidates(products, "fast", encoders_text=["tfidf", "bag-of-words"])
    ]
    assert len(set(loaded)) == len(loaded)


def test_heads_are_those_of_the_task(priced: Catalog) -> None:
    names = {c.name for c in default_candidates(priced, "fast")}
    assert {"text-svr", "text-forest", "text-lightgbm"} <= names
    assert not {"text-svm", "text-logistic"} & names


def test_a_catalogue_of_one_modality_has_no_fusion(products: Catalog) -> None:
    table = products.table.select(["title", "kind"])
    found = default_candidates(Catalog.read(table, target="kind"), "fast")
    assert {c.kind for c in found} == {"modality", "encoder", "head"}


def test_named_encoders_replace_those_at_hand(products: Catalog) -> None:
    found = default_candidates(products, "fast", encoders_text=["hashing"])
    assert [c.name for c in found if c.kind == "encoder"] == ["text: hashing"]


def test_mistakes_are_told(products: Catalog) -> None:
    with pytest.raises(RecipeError):
        default_candidates(products, "slow")
    with pytest.raises(AisleError, match="the catalogue has"):
        default_candidates(products, "fast", ["text=null", "metadata=null"])


def test_an_estimate_grows_with_rows_and_slow_heads(products: Catalog) -> None:
    found = {c.name: c.load(Task.CLASSIFY) for c in default_candidates(products, "fast")}
    plain = expected_seconds(found["text"], products)
    assert expected_seconds(found["text-forest"], products) > plain > 0
    half = products.take(range(30))
    assert expected_seconds(found["text"], half) == pytest.approx(plain / 2)


def test_an_estimate_knows_of_fine_tuning(products: Catalog, tmp_path: Path) -> None:
    folder = text_folder(tmp_path)

    def expected(*settings: str) -> float:
        own = ("folds=4", f"text.encoders={folder.path}", *settings)
        return expected_seconds(Candidate("tuned", own, "fast").load(Task.CLASSIFY), products)

    plain, tuned = expected(), expected("text.tune={depth: last2, epochs: 3}")
    assert tuned > 2 * plain
    doubled = expected("text.tune={depth: last2, epochs: 6}")
    assert doubled - plain == pytest.approx(2 * (tuned - plain))
    assert expected("text.tune={depth: whole, epochs: 3}") > tuned
    assert expected("text.tune={depth: last2, epochs: 3}", "folds=2") < tuned
    assert expected("text.tune=nothing") == plain, "refused before anything is tuned"
