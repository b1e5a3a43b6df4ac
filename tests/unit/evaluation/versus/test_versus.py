from __future__ import annotations

import json

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate
from aisle.errors import AisleError
from aisle.evaluation.page import evaluation_page
from aisle.evaluation.report.duel import p_shown
from tests.products import product_rows


@pytest.fixture(scope="module")
def good(products: Catalog) -> ProductClassifier:
    return ProductClassifier(settings=["folds=3"]).fit(products)


@pytest.fixture(scope="module")
def poor() -> ProductClassifier:
    """A model that knows two of the three kinds."""
    rows = [row for row in product_rows() if row["kind"] != "Boots"]
    return ProductClassifier(settings=["folds=3"]).fit(Catalog.read(rows, target="kind"))


def test_a_worse_model_is_found_out(good: ProductClassifier, poor: ProductClassifier) -> None:
    rows = product_rows(60, seed=1)
    found = evaluate(good, rows, against=poor, against_name="old.aisle")
    other = found.against
    assert other is not None
    assert other.name == "old.aisle"
    alone = evaluate(poor, rows)
    assert (other.accuracy, other.coverage) == (alone.accuracy, alone.coverage)
    assert other.macro_f1 == pytest.approx(alone.macro_f1)
    assert other.both_right + other.only_this + other.only_other + other.both_wrong == 60
    apart = other.accuracy_difference
    assert apart.mean == pytest.approx(found.accuracy - other.accuracy)
    assert 0 < apart.low < apart.mean < apart.high
    assert apart.clear
    macro = other.macro_f1_difference
    assert macro.mean == pytest.approx(found.macro_f1 - other.macro_f1)
    assert other.p_value < 0.001
    assert other.per_class[0].name == "Boots"
    assert other.per_class[0].other_accuracy == 0.0
    assert other.differ >= len(other.differing) > 0
    one = other.differing[0]
    assert one.category == one.truth != one.other_category
    json.dumps(found.to_dict(), allow_nan=False)
    page = evaluation_page(found)
    assert "This model is better than old.aisle" in page
    swapped = evaluate(poor, rows, against=good).against
    assert swapped is not None
    assert swapped.accuracy_difference.mean == pytest.approx(-apart.mean)
    assert (swapped.only_this, swapped.only_other) == (other.only_other, other.only_this)


def test_a_model_is_no_better_than_itself(good: ProductClassifier) -> None:
    found = evaluate(good, product_rows(30, seed=1), against=good)
    assert found.against is not None
    assert found.against.accuracy_difference.mean == 0.0
    assert not found.against.accuracy_difference.clear
    assert found.against.p_value == 1.0
    assert found.against.differ == 0
    assert "This model answers every product as the other model does" in evaluation_page(found)


def test_a_model_of_something_else_is_refused(good: ProductClassifier) -> None:
    makers = Catalog.read(product_rows(), target="maker")
    other = ProductClassifier(settings=["folds=3"]).fit(makers)
    with pytest.raises(AisleError, match=r"brand.aisle learned 'maker' .*'kind'"):
        evaluate(good, product_rows(30), against=other, against_name="brand.aisle")


@pytest.mark.parametrize(("value", "shown"), [(0.0002, "p < 0.001"), (0.725, "p = 0.725")])
def test_a_small_p_value_is_below_and_not_equal(value: float, shown: str) -> None:
    assert p_shown(value) == shown


def test_models_of_two_kinds_are_not_compared(good: ProductClassifier, priced: Catalog) -> None:
    regressor = ProductRegressor(settings=["folds=3"]).fit(priced)
    with pytest.raises(AisleError, match="two models of one kind"):
        evaluate(good, product_rows(30), against=regressor)  # type: ignore[call-overload]
    with pytest.raises(AisleError, match="consistency is for categories"):
        evaluate(regressor, product_rows(30), consistency=True)
    noisy = [{**row, "price": 40.0 + n} for n, row in enumerate(product_rows(90, seed=2))]
    poor = ProductRegressor(settings=["folds=3"]).fit(Catalog.read(noisy, target="price"))
    found = evaluate(regressor, product_rows(60, seed=1), against=poor)
    other = found.against
    assert other is not None
    assert other.measure == "mae_log"
    assert found.mae_log is not None
    assert other.mae_log is not None
    assert other.difference.mean == pytest.approx(found.mae_log - other.mae_log)
    assert other.difference.high < 0
    assert other.closer > 0.8
    assert other.p_value < 0.001
    assert "errs less than the other model" in evaluation_page(found)
    assert np.isfinite(found.to_dict()["against"]["interval_coverage"])
