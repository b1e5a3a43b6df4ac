from __future__ import annotations

import numpy as np
import pytest

from aisle import metrics
from aisle.insight.drifting.statistics import (
    Vocabulary,
    numbers_apart,
    part_apart,
    shares_apart,
    words_of,
)

RNG = np.random.default_rng(0)
NEW = RNG.random(80) < 0.4


def test_prepared_statistics_are_those_of_the_metrics() -> None:
    values = RNG.integers(0, 12, 80).astype(float)
    expected = metrics.kolmogorov_smirnov(values[~NEW], values[NEW])
    assert numbers_apart(values)(NEW) == pytest.approx(expected)
    codes = RNG.integers(0, 5, 80)
    counts = [np.bincount(codes[side], minlength=5) for side in (~NEW, NEW)]
    assert shares_apart(codes)(NEW) == pytest.approx(metrics.jensen_shannon(*counts))
    having = RNG.random(80) < 0.5
    assert part_apart(having)(NEW) == pytest.approx(abs(having[NEW].mean() - having[~NEW].mean()))


def test_unseen_words_are_counted_once_a_text() -> None:
    vocabulary = Vocabulary(["red mug", "blue mug", "red lamp lamp", "green lamp"])
    new = np.array([False, False, True, True])
    # red is known; lamp (in two texts) and green are not
    assert vocabulary.unseen(new) == pytest.approx(3 / 4)
    assert vocabulary.newcomers(new, 5) == [("lamp", 1.0)]
    assert vocabulary.unseen(~new) == pytest.approx(3 / 4)
    assert vocabulary.unseen(np.zeros(4, dtype=bool)) == 0.0


def test_words_are_small_letters_and_no_numbers() -> None:
    assert words_of("Red MUG, 30 cl, 2x a") == ["red", "mug", "cl"]
