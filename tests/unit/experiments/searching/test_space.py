from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.catalog import Task
from aisle.experiments.searching.head_space import HeadSpace
from aisle.experiments.searching.knobs import Log
from aisle.experiments.searching.space import Space, described
from aisle.models import Recipe
from aisle.models.recipe import ExpertPlan, Part
from tests.unit.encoders.pretrained.networks import text_folder


class Says:
    """Suggests what it is told, and else the first choice or the lower limit."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.asked: list[str] = []

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        self.asked.append(name)
        value = self.values.get(name, choices[0])
        assert value in choices
        return value

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        self.asked.append(name)
        value = self.values.get(name, low)
        assert low <= value <= high
        return value


def plan(recipe: Recipe, name: str = "text") -> ExpertPlan:
    return recipe.experts[name]


FAST = Recipe.load("fast", Task.CLASSIFY)


def test_the_start_is_the_recipes_own_plan() -> None:
    for name in ("text", "image", "metadata", "vector"):
        space = Space.of(plan(FAST, name), Task.CLASSIFY, slow=False)
        suggested = space.suggest(Says(**space.start(), **{"metadata.minimum": 2}))
        assert suggested is not None
        assert suggested.encoders == space.own.encoders
        assert suggested.head.use == space.own.head.use
        # The nearest of the values that are tried.
        assert suggested.head.params["C"] == pytest.approx(space.own.head.params["C"], rel=0.1)


def test_words_and_characters_take_the_place_of_the_recipes_encoders() -> None:
    space = Space.of(plan(FAST), Task.CLASSIFY, slow=False)
    says = Says(encoders="words+characters", words="1-3", characters="2-4", minimum=3)
    found = space.suggest(says)
    assert found is not None
    assert [(p.use, p.params) for p in found.encoders] == [
        ("tfidf", {"analyzer": "word", "ngrams": [1, 3], "minimum": 3}),
        ("tfidf", {"analyzer": "char", "ngrams": [2, 4], "minimum": 3}),
    ]
    # No encoder folder is at hand, so that none is asked for.
    assert "network" not in says.asked


def test_what_the_recipe_says_of_reading_is_kept() -> None:
    own = Recipe.load("fast", Task.CLASSIFY, ["text.encoders.0.columns=[title]"]).experts["text"]
    found = Space.of(own, Task.CLASSIFY, slow=False).suggest(Says(encoders="words"))
    assert found is not None
    assert found.encoders[0].params["columns"] == ["title"]


def test_encoder_folders_at_hand_are_tried_alone_and_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = text_folder(tmp_path).description.name
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path))
    space = Space.of(plan(FAST), Task.CLASSIFY, slow=False)
    assert space.networks == (name,)
    assert Space.of(plan(FAST, "image"), Task.CLASSIFY, slow=False).networks == ()
    alone = space.suggest(Says(encoders="none", network=name))
    assert alone is not None
    assert alone.encoders == (Part(use=name),)
    beside = space.suggest(Says(encoders="words", network=name, weight=2.0))
    assert beside is not None
    assert beside.encoders[-1].params == {"weight": 2.0}
    assert space.suggest(Says(encoders="none", network="recipe")) is None


def test_numbers_are_tried_six_a_decade() -> None:
    space = Space.of(plan(FAST), Task.CLASSIFY, slow=False)
    found = space.suggest(Says(**{"head of many columns": "svm", "svm.C": 0.123456}))
    assert found is not None
    assert found.head == Part.model_validate({"use": "svm", "C": 0.15})
    tried = {Log(1, 10).suggest(Says(C=value), "C") for value in np.geomspace(1, 10, 200)}
    assert sorted(tried) == [1, 1.5, 2.2, 3.2, 4.6, 6.8, 10]


def test_what_the_recipe_says_of_its_head_beside_the_knobs_is_kept() -> None:
    own = Part.model_validate({"use": "logistic", "C": 7, "iterations": 50})
    heads = HeadSpace.of(own, Task.CLASSIFY, slow=False, few_columns=False)
    kept = heads.suggest(Says(**{"head": "logistic", "logistic.C": 9.0}), wide=False)
    assert kept.params == {"C": 10.0, "iterations": 50}
    other = heads.suggest(Says(**{"head": "svm", "svm.C": 9.0}), wide=False)
    assert other.params == {"C": 10.0}


def test_heads_that_take_long_need_time_or_few_columns() -> None:
    own = Part(use="ridge")
    quick = HeadSpace.of(own, Task.REGRESS, slow=False, few_columns=False)
    few = HeadSpace.of(own, Task.REGRESS, slow=False, few_columns=True)
    slow = HeadSpace.of(own, Task.REGRESS, slow=True, few_columns=False)
    assert (quick.quick, quick.heavy) == (("ridge", "svr"), ())
    assert set(few.heavy) == {"forest", "bayes", "lightgbm"}
    assert set(few.heavy) < set(slow.heavy) | {"mlp"}


def test_networks_need_pytorch_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import aisle.experiments.searching.head_space as module

    own = Part(use="logistic")
    for installed, slow in ((True, True), (True, False), (False, True)):
        monkeypatch.setattr(module, "find_spec", lambda name, i=installed: name if i else None)
        heads = HeadSpace.of(own, Task.CLASSIFY, slow=slow, few_columns=True)
        assert ("mlp" in heads.heavy) == (installed and slow)


def test_a_plan_in_words() -> None:
    assert described(plan(FAST)) == (
        "tfidf word 1-2 minimum=2 + tfidf char 3-5 minimum=2; logistic C=30"
    )
