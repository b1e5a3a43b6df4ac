from __future__ import annotations

from pathlib import Path

import pytest

from aisle.catalog import Task
from aisle.experiments.searching import recipe_text, write_recipe
from aisle.models import Recipe


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("name=étagère", "text.head=svm", "precision=0.9", "folds=3", "image=null"),
        ("experts.second={encoders: [{use: tfidf, ngrams: [1, 3]}], head: {use: forest}}",),
        ("methods=[late, attention]", "fusion.network.hidden=32", "class_weights=balanced"),
        ("text.tune={depth: last1}",),
    ],
)
def test_what_is_written_is_read_again(
    tmp_path: Path, task: Task, settings: tuple[str, ...]
) -> None:
    recipe = Recipe.load("fast", task, settings)
    path = tmp_path / "found.yaml"
    write_recipe(path, recipe, task, comment="of a search\nwith two lines")
    assert Recipe.load(path, task) == recipe
    assert path.read_text("utf-8").startswith("# of a search\n# with two lines\nname: ")


def test_no_expert_of_the_recipe_underneath_is_left(tmp_path: Path) -> None:
    recipe = Recipe.load("fast", Task.CLASSIFY, ["metadata=null", "vector=null", "image=null"])
    path = tmp_path / "found.yaml"
    path.write_text(recipe_text(recipe, Task.CLASSIFY), encoding="utf-8")
    assert list(Recipe.load(path, Task.CLASSIFY).experts) == ["text"]
