from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from aisle import Catalog
from aisle.evaluation.slicing import class_slices, value_slices
from aisle.evaluation.slicing.dependence import Dependence, deflated
from aisle.metrics import wilson_interval

TWINS = 8


def shirts(groups: int = 50) -> Catalog:
    """Products that come eight at a time, brands given group by group."""
    rows = [
        {"title": f"shirt number {n // TWINS}", "brand": "AB"[n // TWINS % 2]}
        for n in range(groups * TWINS)
    ]
    catalog = Catalog.read(rows, roles={"brand": "category", "title": "text"})
    catalog.__dict__["groups"] = np.arange(groups * TWINS) // TWINS + 100
    return catalog


def by_brand(catalog: Catalog, right: np.ndarray) -> dict[str, object]:
    found = class_slices(catalog, [["text"]] * len(catalog), right)
    return {one.value: one for one in found if one.slice == "brand"}


def test_products_that_are_all_alone_count_in_full() -> None:
    scores = np.random.default_rng(0).random(200)
    alone = Dependence.of(scores, np.arange(200))
    own = np.arange(200) < 50
    assert alone.design_effect(own) == 1.0
    assert alone.difference_effect(own) == 1.0
    assert deflated(0.03, 1.0) == pytest.approx(0.03)


def test_twins_that_share_their_answer_count_as_one() -> None:
    groups = np.repeat(np.arange(40), TWINS)
    twins = Dependence.of(np.random.default_rng(0).random(40)[groups], groups)
    assert twins.correlation == pytest.approx(1.0)
    assert twins.design_effect(groups < 10) == pytest.approx(TWINS)


def test_groups_whose_members_are_answered_independently_count_in_full() -> None:
    groups = np.repeat(np.arange(200), TWINS)
    scores = np.random.default_rng(0).random(len(groups))
    assert Dependence.of(scores, groups).correlation < 0.05


def test_the_correlation_is_that_of_the_groups() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(2_000), 4)
    scores = rng.normal(size=2_000)[groups] * np.sqrt(0.3) + rng.normal(size=8_000) * np.sqrt(0.7)
    found = Dependence.of(scores, groups)
    assert found.correlation == pytest.approx(0.3, abs=0.03)
    assert found.design_effect(groups < 500) == pytest.approx(1 + 3 * found.correlation)


def test_too_few_twins_to_measure_are_taken_to_be_alike() -> None:
    groups = np.array([*range(30), 30, 30, 30])
    assert Dependence.of(np.random.default_rng(0).random(33), groups).correlation == 1.0


def test_scores_that_never_differ_are_no_division_by_zero() -> None:
    groups = np.repeat(np.arange(20), TWINS)
    assert Dependence.of(np.ones(len(groups)), groups).correlation == 1.0


def test_a_p_value_is_that_of_the_smaller_statistic() -> None:
    assert deflated(2 * norm.sf(4.0), 4.0) == pytest.approx(2 * norm.sf(2.0))
    assert deflated(1.0, 3.0) == 1.0
    assert deflated(0.0, 3.0) == 0.0


def test_mistakes_on_twins_are_no_evidence_as_if_they_were_strangers() -> None:
    """Whole groups are right or wrong by chance: brands differ by luck alone."""
    catalog, alarms = shirts(), 0
    groups = catalog.groups - 100
    for seed in range(40):
        right = (np.random.default_rng(seed).random(50) < 0.7)[groups]
        alarms += any(one.significant for one in by_brand(catalog, right).values())
    assert alarms <= 4  # products counted one by one give 20 or so
    right = (np.random.default_rng(0).random(50) < 0.7)[groups]
    slice_ = by_brand(catalog, right)["A"]
    assert slice_.interval == pytest.approx(wilson_interval(25 * slice_.score, 25))


def test_a_difference_beyond_twins_is_still_found() -> None:
    catalog = shirts()
    right = np.ones(400, dtype=bool)
    right[(catalog.groups - 100) % 4 == 1] = False  # half of brand B
    worst = by_brand(catalog, right)["B"]
    assert worst.significant
    assert worst.worse


def test_errors_of_a_quantity_count_twins_likewise() -> None:
    catalog, alarms = shirts(), 0
    groups = catalog.groups - 100
    for seed in range(20):
        errors = np.random.default_rng(seed).exponential(size=50)[groups]
        found = value_slices(catalog, [["text"]] * 400, errors, "mae")
        alarms += any(one.significant for one in found if one.slice == "brand")
    assert alarms <= 3
