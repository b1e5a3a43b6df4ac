from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.evaluation import LearningPoint
from aisle.evaluation.report.outlook import class_outlook, doubling, value_outlook
from tests.unit.evaluation.report.evaluations import small, values

ROWS = [100, 200, 400, 800]


@given(st.floats(0.05, 1.5), st.floats(0.01, 0.6))
def test_a_power_law_is_continued(slope: float, first: float) -> None:
    errors = [first * (rows / 100) ** -slope for rows in ROWS]
    told = doubling(ROWS, errors)
    assert told is not None
    assert told.less == pytest.approx(1 - 2**-slope, abs=1e-6)
    assert told.low <= told.less + 1e-9
    assert told.high >= told.less - 1e-9


def test_a_curve_that_wobbles_is_less_certain() -> None:
    smooth = doubling(ROWS, [0.40, 0.30, 0.225, 0.169])
    rough = doubling(ROWS, [0.40, 0.25, 0.27, 0.169])
    assert smooth is not None
    assert rough is not None
    assert rough.high - rough.low > 3 * (smooth.high - smooth.low)


def test_the_spread_of_the_points_widens_the_interval() -> None:
    errors = [0.40, 0.30, 0.225, 0.169]
    certain, uncertain = (doubling(ROWS, errors, [spread] * 4) for spread in (0.001, 0.2))
    assert certain is not None
    assert uncertain is not None
    assert certain.low > 0 > uncertain.low


@pytest.mark.parametrize("errors", [[0.4, 0.3], [0.4, 0.3, 0.0], [0.4, 0.3, 0.2]])
def test_too_little_to_go_by_gives_nothing(errors: list[float]) -> None:
    rows = ROWS[: len(errors)] if min(errors) == 0 or len(errors) < 3 else [100, 100, 200]
    assert doubling(rows, errors) is None


def curve(*scores: float) -> tuple[LearningPoint, ...]:
    return tuple(LearningPoint(rows, score) for rows, score in zip(ROWS, scores, strict=True))


def told_of(*scores: float, rows: int) -> str:
    return class_outlook(replace(small(), learning_curve=curve(*scores), model_rows=rows))


def test_a_steady_gain_is_continued_with_its_interval() -> None:
    told = told_of(0.60, 0.70, 0.775, 0.831, rows=100_000)
    assert told.startswith("From 400 to 800 products, accuracy grew by 5.6 points.")
    assert "twice as many products would bring about 4.2 points more" in told


def test_a_flat_curve_is_called_flat() -> None:
    told = told_of(0.90, 0.901, 0.9008, 0.901, rows=1_000_000)
    assert "flat by now" in told


def test_few_products_make_a_small_gain_uncertain() -> None:
    told = told_of(0.90, 0.905, 0.908, 0.911, rows=900)
    assert "is uncertain: between −" in told


def test_a_fall_is_called_one() -> None:
    assert "accuracy fell by 1.0 point." in told_of(0.90, 0.92, 0.92, 0.91, rows=900)


@pytest.mark.parametrize(("points", "words"), [(0, "not measured"), (2, "too little to go by")])
def test_a_short_curve_promises_nothing(points: int, words: str) -> None:
    found = replace(small(), learning_curve=curve(0.6, 0.7, 0.8, 0.9)[:points])
    assert words in class_outlook(found)


def test_an_error_that_shrinks_steadily_is_continued() -> None:
    found = replace(values(), learning_curve=curve(0.80, 0.60, 0.45, 0.3375))
    assert "lower it by about 25%" in value_outlook(found)


def test_an_error_that_wobbles_tells_nothing() -> None:
    found = replace(values(), learning_curve=curve(0.60, 0.50, 0.56, 0.48))
    told = value_outlook(found)
    assert told.startswith("From 400 to 800 products, the error fell by 14%.")
    assert told.endswith("the curve does not tell.")
