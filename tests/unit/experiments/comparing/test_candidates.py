from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog
from aisle.catalog import Task
from aisle.errors import AisleError, RecipeError
from aisle.experiments.comparing import Candidate, read_candidates
from aisle.experiments.comparing.candidates import framework_of


def written(folder: Path, text: str) -> Path:
    path = folder / "candidates.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_names_candidates_in_three_forms(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "a: {image: null, text.head: {use: svm, C: 2}}\n"
        "b: [image=null, head=bayes]\n"
        "c: {recipe: house.yaml, settings: {fusion: late}}\n"
        "d:\n",
    )
    (tmp_path / "house.yaml").write_text("folds: 3\n", encoding="utf-8")
    found = read_candidates(path, "fast", ["folds=2"])
    assert [c.name for c in found] == ["a", "b", "c", "d"]
    assert [c.recipe for c in found] == ["fast", "fast", str(tmp_path / "house.yaml"), "fast"]
    assert found[0].settings == ("folds=2", "image=null", "text.head={use: svm, C: 2}")
    assert found[3].settings == ("folds=2",)
    first, _, third, _ = (c.load(Task.CLASSIFY) for c in found)
    assert "image" not in first.experts
    assert (first.experts["text"].head.use, first.experts["text"].head.params) == ("svm", {"C": 2})
    assert (third.folds, third.fusion.methods) == (2, ("late",))


@pytest.mark.parametrize("text", ["", "- a\n", "a: 3\n", "a: [1]\n", "a: {b: [}\n"])
def test_a_file_that_is_no_such_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(AisleError, match=r"candidates\.yaml"):
        read_candidates(written(tmp_path, text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="could not be read"):
        read_candidates(tmp_path / "none.yaml")


def test_a_candidate_loads_without_learning_curve_under_its_name() -> None:
    recipe = Candidate("mine", ("head=svm",), "fast").load(Task.CLASSIFY)
    assert (recipe.name, recipe.learning_curve) == ("mine", False)
    with pytest.raises(RecipeError, match="no entry"):
        Candidate("bad", ("nonsense=1",), "fast").load(Task.CLASSIFY)


def test_frameworks_are_those_of_the_experts_that_the_catalogue_feeds(products: Catalog) -> None:
    def framework(*settings: str) -> str:
        recipe = Candidate("c", settings, "fast").load(Task.CLASSIFY)
        return framework_of(recipe, products)

    assert framework() == "scikit-learn"
    assert framework("image.head=lightgbm") == "scikit-learn"  # there is no image
    both = framework("metadata.head=lightgbm")
    assert both == "scikit-learn + LightGBM"
    assert framework("metadata=null", "text.head={use: mlp, framework: tensorflow}") == "TensorFlow"
    assert framework("metadata=null", "text.head=mlp") == "PyTorch"
