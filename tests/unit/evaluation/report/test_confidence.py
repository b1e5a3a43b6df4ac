from __future__ import annotations

import numpy as np
import pytest

from aisle.evaluation.report.answers import Answers
from aisle.evaluation.report.confidence import confidence_bins, sureness


def answers(confidence: float, right: float, rows: int) -> Answers:
    names = np.array(["a"] * rows, dtype=object)
    correct = np.arange(rows) < right * rows
    sure = np.full(rows, confidence)
    return Answers(names, names, sure, np.ones(rows, dtype=bool), correct)


@pytest.mark.parametrize(
    ("confidence", "right", "words"),
    [
        (0.9, 0.9, "within what chance allows"),
        (0.9, 0.6, "too sure of itself"),
        (0.6, 0.9, "more modest than it need be"),
    ],
)
def test_the_model_is_called_sure_or_modest(confidence: float, right: float, words: str) -> None:
    assert words in sureness(answers(confidence, right, 1000))


def test_a_difference_on_few_products_is_chance() -> None:
    assert "within what chance allows" in sureness(answers(0.9, 0.8, 20))


def test_bins_count_all_products_and_say_how_many_are_right() -> None:
    (told,) = confidence_bins(answers(0.95, 0.8, 50))
    assert (told.low, told.high, told.rows) == pytest.approx((0.9, 1.0, 50))
    assert told.accuracy == pytest.approx(0.8)
    assert told.words == "confidence 90% to 100%: 50 products, 80.0% right"


def test_no_confidence_gives_no_bins_and_no_words() -> None:
    nothing = answers(np.nan, 0.5, 4)
    assert confidence_bins(nothing) == []
    assert sureness(nothing) == ""
