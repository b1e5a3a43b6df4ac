from __future__ import annotations

from pathlib import Path

import pytest

from aisle.catalog import Task
from aisle.errors import RecipeError
from aisle.models import Recipe


def load(*settings: str, recipe: str | Path = "fast", task: Task = Task.CLASSIFY) -> Recipe:
    return Recipe.load(recipe, task, settings)


def test_fast_has_an_expert_a_modality_and_another_half_for_prices() -> None:
    assert load().experts["text"].head.use == "logistic"
    assert load(task=Task.REGRESS).experts["metadata"].head.use == "lightgbm"
    assert load(recipe="auto").name == "fast"


def test_a_setting_changes_one_entry() -> None:
    recipe = load("text.head.C=3", "folds=3", "precision=0.97", "fusion.methods=[late]")
    assert recipe.experts["text"].head.params["C"] == 3
    assert recipe.experts["metadata"].head == load().experts["metadata"].head
    assert (recipe.folds, recipe.decisions.precision) == (3, 0.97)
    assert recipe.fusion.methods == ("late",)


def test_a_head_can_be_set_for_one_expert_or_for_all() -> None:
    assert load("text.head=svm").experts["text"].head.use == "svm"
    every = load("head=svm")
    assert {e.head.use for e in every.experts.values()} | {every.fusion.head.use} == {"svm"}
    assert load("text.head={use: svm, C: 2}").experts["text"].head.params == {"C": 2}


def test_encoders_can_be_replaced_and_reached_by_position() -> None:
    assert load("text.encoders=[hashing]").experts["text"].encoders[0].use == "hashing"
    assert load("text.encoders=hashing").experts["text"].encoders[0].use == "hashing"
    second = load("text.encoders.1.ngrams=[2, 4]").experts["text"].encoders[1]
    assert second.params["ngrams"] == [2, 4]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("texts.head=svm", "did you mean 'text'"),
        ("folds", "KEY=VALUE"),
        ("folds=1", "greater than or equal to 2"),
        ("fold=3", "did you mean 'folds'"),
        ("fusion.methods=[sideways]", "sideways"),
        ("fusion.methods=[]", "at least one"),
        ("precision=1.5", "less than 1"),
        ("text.encoders.7.ngrams=[1, 1]", "no position"),
        ("folds=[", "not valid YAML"),
        ("folds.x=1", "single value"),
    ],
)
def test_a_wrong_setting_is_explained(setting: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words.replace("[", r"\[")):
        load(setting)


def test_a_file_lays_its_entries_over_a_named_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("base: fast\nfolds: 4\nfusion: {methods: [late]}\n", encoding="utf-8")
    recipe = load(recipe=path)
    assert (recipe.name, recipe.folds, recipe.fusion.methods) == ("mine", 4, ("late",))
    assert recipe.experts.keys() == load().experts.keys()
    path.write_text(
        "experts:\n  text: {encoders: [tfidf], head: bayes}\n  metadata: null\n", encoding="utf-8"
    )
    assert list(load(recipe=path).experts) == ["text", "image", "vector"]
    assert load("text.head.alpha=1", recipe=path).experts["text"].head.params == {"alpha": 1}


@pytest.mark.parametrize("content", ["- a\n- b\n", "folds: many\n", "colour: red\n", "a: [\n"])
def test_a_wrong_file_is_explained(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"wrong\.yaml"):
        load(recipe=path)


def test_an_unknown_recipe_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="auto, fast"):
        load(recipe="fastest")
    with pytest.raises(RecipeError, match="could not be read"):
        load(recipe=tmp_path / "none.yaml")


def test_a_recipe_survives_being_written_down() -> None:
    recipe = load("text.head.C=3")
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe
    assert Recipe.load(recipe, Task.CLASSIFY, ["folds=7"]).folds == 7


def test_a_file_takes_the_keys_that_settings_take(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("text: {head: svm}\nfusion: late\nprecision: 0.9\n", encoding="utf-8")
    recipe = load(recipe=path)
    assert recipe.experts["text"].head.use == "svm"
    assert recipe.experts["metadata"] == load().experts["metadata"]
    assert (recipe.fusion.methods, recipe.decisions.precision) == (("late",), 0.9)
    (tmp_path / "next.yaml").write_text("base: mine.yaml\nclassify: {folds: 3}\nfolds: 9\n")
    built = load(recipe=tmp_path / "next.yaml")
    assert (built.folds, built.fusion.methods) == (3, ("late",))
    (tmp_path / "loop.yaml").write_text("base: loop.yaml\n")
    with pytest.raises(RecipeError, match="builds on itself"):
        load(recipe=tmp_path / "loop.yaml")


def test_settings_come_as_a_list_a_mapping_or_one_string() -> None:
    ways: tuple[object, ...] = (["folds=3"], {"folds": 3}, "folds=3")
    assert {Recipe.load("fast", Task.CLASSIFY, way).folds for way in ways} == {3}  # type: ignore[arg-type]


def test_a_reserved_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("experts: {early: {encoders: [tfidf], head: svm}}\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="cannot be called early"):
        load(recipe=path)
    with pytest.raises(RecipeError, match="no experts left"):
        load("experts=null", "text.head=svm")
