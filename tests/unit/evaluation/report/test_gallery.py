from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.evaluation.report.answers import Answers, Values
from aisle.evaluation.report.gallery import (
    GALLERY,
    MISTAKES,
    class_gallery,
    surest_mistakes,
    value_gallery,
    worst_errors,
)


def answers(truth: list[str], right: list[bool], confidence: list[float]) -> Answers:
    names = np.array([*truth, None], dtype=object)[:-1]
    correct = np.array(right, dtype=bool)
    predicted = np.where(correct, names, "other")
    return Answers(names, predicted, np.array(confidence), np.zeros(len(truth), bool), correct)


def values(truth: list[float], predicted: list[float], low: float, high: float) -> Values:
    true, told = np.array(truth), np.array(predicted)
    return Values(np.arange(len(true)), true, told, told * low, told * high)


def test_mistakes_are_told_from_the_surest_down_and_those_without_confidence_last() -> None:
    told = answers(["a"] * 4, [False, True, False, False], [0.6, 0.99, np.nan, 0.9])
    assert surest_mistakes(told) == [3, 0, 2]


def test_every_class_shows_a_mistake_and_a_right_answer_before_any_shows_more() -> None:
    truth = ["a"] * 10 + ["b"] * 6
    right = [at % 2 == 0 for at in range(16)]
    chosen = class_gallery(answers(truth, right, [0.5 + at / 100 for at in range(16)]))
    assert [(truth[row], right[row]) for row in chosen[:4]] == [
        ("a", False),
        ("a", True),
        ("b", False),
        ("b", True),
    ]
    assert sorted(chosen) == list(range(16))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans(), st.floats(0, 1))))
def test_the_gallery_is_bounded_and_shows_nothing_twice(
    rows: list[tuple[str, bool, float]],
) -> None:
    told = answers([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    chosen = class_gallery(told)
    assert len(chosen) == len(set(chosen)) == min(len(rows), GALLERY)
    assert chosen == class_gallery(told)


def test_many_classes_fill_the_gallery_with_the_largest() -> None:
    truth = [f"class {at:03}" for at in range(200) for _ in range(1 + (at == 7))]
    chosen = class_gallery(answers(truth, [True] * 201, [0.9] * 201))
    assert len(chosen) == GALLERY
    assert truth[chosen[0]] == "class 007"


def test_right_answers_come_from_all_over_the_range_of_confidence() -> None:
    sure = [at / 100 for at in range(100)]
    chosen = class_gallery(answers(["a"] * 100, [True] * 100, sure))
    first = [sure[row] for row in chosen[:4]]
    assert max(first) - min(first) >= 0.7


def test_the_worst_errors_are_factors_where_all_is_above_zero() -> None:
    told = values([1.0, 1000.0, 50.0], [10.0, 1500.0, 50.0], 0.5, 2.0)
    assert worst_errors(told) == [0, 1, 2]
    below = values([-1.0, 1000.0, 50.0], [10.0, 1500.0, 50.0], 0.5, 2.0)
    assert worst_errors(below) == [1, 0, 2]


def test_values_outside_and_inside_their_interval_take_turns() -> None:
    told = values([1.0, 2.0, 3.0, 90.0, 99.0], [1.0, 2.0, 3.0, 3.0, 3.0], 0.9, 1.1)
    inside = [bool(told.inside[place]) for place in value_gallery(told)]
    assert inside == [False, True, False, True, True]


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_lists_are_bounded_whatever_their_number(rows: int) -> None:
    told = values([1.0] * rows, [2.0] * rows, 0.1, 9.0)
    assert len(worst_errors(told)) == min(rows, MISTAKES)
    assert len(value_gallery(told)) == min(rows, GALLERY)
