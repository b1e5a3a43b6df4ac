"""Columns that go, and columns that stay."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.experiments.compressing import pruning
from aisle.experiments.compressing.pruning import halve, prunable, shrink, vocabulary_size
from aisle.heads.trees import ForestClassifierHead
from aisle.models import ProductClassifier


def test_the_words_that_tell_classes_apart_stay(
    fitted: ProductClassifier, shop: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "FEWEST", 4)
    plan = deepcopy(fitted.plan_)
    before = vocabulary_size(plan)
    assert shrink(plan, plan.transform(shop), 60)
    assert before > 1000
    assert 60 <= vocabulary_size(plan) <= 70
    words = {term for e in prunable(plan).values() for term in e.vocabulary_}
    assert {"mug", "lamp", "boot"} & {term.strip() for term in words}
    assert sum(term.startswith("word") for term in words) < 20


def test_vocabularies_keep_their_order_and_rarities(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    plan = deepcopy(fitted.plan_)
    known = {
        name: dict(zip(e.vocabulary_, e.rarity_.tolist(), strict=True))
        for name, e in prunable(plan).items()
    }
    order = {name: list(e.vocabulary_) for name, e in prunable(plan).items()}
    shrink(plan, plan.transform(shop), 300)
    for name, encoder in prunable(plan).items():
        kept = set(encoder.vocabulary_)
        assert encoder.vocabulary_ == [term for term in order[name] if term in kept]
        assert encoder.rarity_.tolist() == [known[name][term] for term in encoder.vocabulary_]
        assert len(kept) >= pruning.FEWEST
        assert plan.transform(shop)[name].dimension == len(kept)


def test_nothing_goes_where_there_is_room(fitted: ProductClassifier, shop: Catalog) -> None:
    plan = deepcopy(fitted.plan_)
    size = vocabulary_size(plan)
    assert not shrink(plan, plan.transform(shop), size)
    assert vocabulary_size(plan) == size


def test_an_encoder_that_a_tree_reads_is_left_alone(fitted: ProductClassifier) -> None:
    plan = deepcopy(fitted.plan_)
    assert len(prunable(plan)) == 2
    plan.experts["early"].head = ForestClassifierHead()
    assert not prunable(plan)


def test_half_precision_changes_answers_in_the_fourth_digit(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    small = deepcopy(fitted.plan_)
    assert halve(small) == len(small.experts)
    features = fitted.plan_.transform(shop)
    for name, expert in fitted.plan_.experts.items():
        assert small.experts[name].head.weights_.dtype == np.float16
        exact, rough = expert.answer(features).scores, small.experts[name].answer(features).scores
        np.testing.assert_allclose(rough, exact, atol=5e-3)
        assert (rough != exact).any()


def test_a_coefficient_too_large_for_half_precision_keeps_its_head(
    fitted: ProductClassifier,
) -> None:
    plan = deepcopy(fitted.plan_)
    plan.experts["text"].head.weights_[0, 0] = 1e6
    assert halve(plan) == len(plan.experts) - 1
    assert plan.experts["text"].head.weights_.dtype == np.float32
