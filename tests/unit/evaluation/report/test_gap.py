from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aisle.evaluation.report.answers import Values
from aisle.evaluation.report.gap import class_gap, error_here, value_gap
from tests.unit.evaluation.report.evaluations import small, values


def told(training: float | None, foretold: float | None, here: float, rows: int = 1000) -> str:
    found = replace(
        small(),
        training_accuracy=training,
        out_of_fold_accuracy=foretold,
        accuracy=here,
        rows=rows,
        model_rows=rows,
    )
    return " ".join(class_gap(found))


def test_knowing_its_own_products_by_heart_is_no_alarm() -> None:
    words = told(1.0, 0.9, 0.9)
    assert "does no harm by itself" in words
    assert "agree within what chance allows" in words


def test_a_model_that_knows_no_more_of_its_own_products_has_learned_nothing_by_heart() -> None:
    assert "nothing by heart" in told(0.9, 0.9, 0.9)


def test_products_that_come_out_worse_than_foretold_differ() -> None:
    assert "10.0 points below what training foretold, more than chance" in told(1.0, 0.9, 0.8)
    assert "probably differ" in told(1.0, 0.9, 0.8)


def test_products_that_come_out_better_may_have_been_trained_on() -> None:
    assert "or some of them trained it" in told(1.0, 0.8, 0.95)


def test_the_same_gap_on_few_products_is_chance() -> None:
    assert "agree within what chance allows" in told(1.0, 0.9, 0.8, rows=20)


def test_what_was_not_measured_is_not_told() -> None:
    assert told(None, None, 0.9) == ""


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("log", np.log(2)), ("log1p", np.log(21 / 11)), ("linear", 10.0)],
)
def test_the_error_is_measured_on_the_scale_of_learning(scale: str, expected: float) -> None:
    truth, predicted = np.array([10.0]), np.array([20.0])
    found = replace(values(), scale=scale)
    here = error_here(found, Values(np.arange(1), truth, predicted, truth, predicted))
    assert here == pytest.approx(expected)


def test_a_value_that_the_scale_cannot_hold_has_no_error_there() -> None:
    zero = np.array([0.0])
    nothing = Values(np.arange(1), zero, zero, zero, zero)
    assert error_here(replace(values(), scale="log"), nothing) is None
    assert error_here(replace(values(), scale="log1p"), nothing) == 0


def test_memory_and_foretelling_of_a_regressor_are_told() -> None:
    memory, foretold = value_gap(values(), 0.42)
    assert "trained the model the error is 0.050" in memory
    assert "Training foretold an error of 0.350" in foretold
    assert "show 0.420, 20% more." in foretold
    assert value_gap(values(), None) == ()
