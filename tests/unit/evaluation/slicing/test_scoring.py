from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from aisle import Catalog
from aisle.evaluation.slicing import class_slices, value_slices
from aisle.metrics import wilson_interval


def catalog(rows: int = 400) -> Catalog:
    brands = ["Acme", "Bolt", "Crane", "Dune"]
    listed = [{"title": "blue mug", "brand": brands[n % 4]} for n in range(rows)]
    return Catalog.read(listed, roles={"brand": "category", "title": "text"})


def test_the_part_on_which_the_model_fails_comes_first_and_is_significant() -> None:
    products = catalog()
    right = np.ones(400, dtype=bool)
    right[1:200:4] = False  # half of Bolt
    found = class_slices(products, [["text"]] * 400, right)
    worst = found[0]
    assert (worst.slice, worst.value, worst.rows) == ("brand", "Bolt", 100)
    assert worst.score == 0.5
    assert worst.difference == -0.5
    assert worst.interval == wilson_interval(50, 100)
    assert worst.p_value == pytest.approx(fisher_exact([[50, 50], [300, 0]]).pvalue)
    assert worst.significant
    assert worst.worse
    others = [one for one in found if one.value != "Bolt"]
    assert all(not one.worse for one in others)
    assert worst.to_dict()["accuracy"] == 0.5
    assert set(worst.to_dict()) >= {"slice", "value", "rows", "interval", "difference"}


def test_noise_alone_is_hardly_ever_significant() -> None:
    products, alarms = catalog(), 0
    for seed in range(20):
        right = np.random.default_rng(seed).random(400) < 0.9
        alarms += any(one.significant for one in class_slices(products, [["text"]] * 400, right))
    assert alarms <= 3


def test_small_parts_are_left_out() -> None:
    right = np.ones(40, dtype=bool)
    assert not class_slices(catalog(40), [["text"]] * 40, right)
    assert len(class_slices(catalog(40), [["text"]] * 40, right, least=10)) == 4


def test_errors_of_a_quantity_are_sliced_the_other_way_round() -> None:
    products = catalog()
    errors = np.random.default_rng(0).exponential(1.0, 400)
    errors[2::4] += 2.0
    found = value_slices(products, [["text"]] * 400, errors, "mae")
    assert found[0].value == "Crane"
    assert found[0].difference > 1.5
    assert found[0].significant
    assert found[0].worse
    assert found[0].interval[0] < found[0].score < found[0].interval[1]
    assert found[0].to_dict()["mae"] == found[0].score
    flat = value_slices(products, [["text"]] * 400, np.ones(400), "mae")
    assert all(one.p_value == 1.0 and not one.significant for one in flat)
