from __future__ import annotations

import numpy as np
import pytest

from aisle.evaluation.report.answers import Answers
from aisle.evaluation.report.confusion import SHOWN, confusions
from tests.unit.evaluation.report.evaluations import classes, small


def many(count: int, rows: int = 4000) -> tuple[list[str], list[str]]:
    """Products of many classes, each taken for its neighbour's partner now and then."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, count, rows)
    wrong = rng.random(rows) < 0.3
    predicted = np.where(wrong, truth ^ 1, truth) % count
    names = [f"c{at:03}" for at in range(count)]
    return [names[at] for at in truth], [names[at] for at in predicted]


def test_pairs_are_counted_the_most_frequent_first() -> None:
    found = small()
    told = confusions(found, Answers.of(found))
    assert (told.wrong, told.kinds, told.left) == (3, 1, 0)
    (pair,) = told.pairs
    assert (pair.truth, pair.predicted, pair.rows, pair.support) == (
        "Baby Care",
        "Home Furnishing",
        3,
        20,
    )


@pytest.mark.parametrize("count", [2, 8, 24, 90])
def test_every_row_of_the_matrix_adds_up(count: int) -> None:
    truth, predicted = many(count)
    found = classes(truth, predicted)
    heat = confusions(found, Answers.of(found)).heat
    assert heat is not None
    assert len(heat.names) == len(set(heat.names)) == min(count, SHOWN + 1)
    rows = list(zip(heat.names, heat.counts, heat.totals, strict=True))
    for _, cells, total in rows[: SHOWN if count > SHOWN else None]:
        assert sum(cell or 0 for cell in cells) == total
    assert sum(heat.totals) == len(truth)


def test_classes_that_are_taken_for_each_other_stand_side_by_side() -> None:
    truth, predicted = many(24)
    found = classes(truth, predicted)
    heat = confusions(found, Answers.of(found)).heat
    assert heat is not None
    for at in range(0, 24, 2):
        pair = [heat.names.index(f"c{at:03}"), heat.names.index(f"c{at + 1:03}")]
        assert abs(pair[0] - pair[1]) == 1


def test_few_classes_stay_in_their_order() -> None:
    truth, predicted = many(8)
    found = classes(truth, predicted)
    heat = confusions(found, Answers.of(found)).heat
    assert heat is not None
    assert list(heat.names) == list(found.per_class)


def test_of_many_classes_the_most_confused_are_shown() -> None:
    truth, predicted = many(60)
    fine = [f"fine {at}" for at in range(40) for _ in range(50)]
    found = classes([*fine, *truth], [*fine, *predicted])
    told = confusions(found, Answers.of(found))
    assert told.heat is not None
    assert told.left == 100 - SHOWN
    assert not [name for name in told.heat.names if name.startswith("fine")]
    assert told.heat.names[-1] == "70 other classes"
    assert told.heat.counts[-1][-1] is None


def test_a_single_class_has_no_matrix() -> None:
    found = classes(["only"], ["only"])
    assert confusions(found, Answers.of(found)).heat is None
