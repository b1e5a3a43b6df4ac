from __future__ import annotations

import pytest

from aisle.errors import AisleError
from aisle.metrics import hierarchical_scores

TRUTH = [("Home", "Lamps", "Desk"), ("Home", "Lamps", "Floor"), ("Baby",)]


def test_right_answers_score_one_at_every_level() -> None:
    found = hierarchical_scores(TRUTH, TRUTH)
    assert (found.precision, found.recall, found.f1) == (1.0, 1.0, 1.0)
    assert [(level.level, level.accuracy, level.rows) for level in found.levels] == [
        (1, 1.0, 3),
        (2, 1.0, 2),
        (3, 1.0, 2),
    ]
    assert found.errors == 0
    assert found.right_parents is None


def test_a_sibling_a_stranger_and_a_parent_are_told_apart() -> None:
    predicted = [("Home", "Lamps", "Floor"), ("Baby",), ("Baby", "Bibs")]
    found = hierarchical_scores(TRUTH, predicted)
    # shared: 2 of 3, none, 1; predicted sets hold 3 + 1 + 2, true ones 3 + 3 + 1
    assert found.precision == pytest.approx(3 / 6)
    assert found.recall == pytest.approx(3 / 7)
    assert found.f1 == pytest.approx(2 * (3 / 6) * (3 / 7) / (3 / 6 + 3 / 7))
    assert [level.accuracy for level in found.levels] == [pytest.approx(2 / 3), 0.5, 0.0]
    assert found.errors == 3
    # only the sibling is right at the truth's parent; a top category has none
    assert found.right_parents == pytest.approx(1 / 3)


def test_equal_names_below_different_parents_are_different() -> None:
    found = hierarchical_scores([("Home", "Accessories")], [("Phones", "Accessories")])
    assert found.f1 == 0.0


def test_paths_are_checked() -> None:
    with pytest.raises(AisleError, match="at least one category"):
        hierarchical_scores([()], [("a",)])
    with pytest.raises(AisleError, match="as a sequence of names"):
        hierarchical_scores(["Home > Lamps"], [("a",)])
    with pytest.raises(AisleError, match="same order"):
        hierarchical_scores([("a",)], [])
    with pytest.raises(AisleError, match="no rows"):
        hierarchical_scores([], [])
