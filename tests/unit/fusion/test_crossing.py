"""Fusions judged on rows that did not teach them, and experts withheld."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from aisle.fusion import EARLY, Answer, cross_fitted, expert_sets, set_names, withheld


class Remembering:
    """Answers with the rows that taught it: one column a row."""

    def __init__(self, rows: np.ndarray, total: int) -> None:
        self.known = np.isin(np.arange(total), rows)

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        rows = len(next(iter(answers.values())))
        return Answer(np.tile(self.known.astype(float), (rows, 1)), np.ones(rows, dtype=bool))


def answers(rows: int, *names: str) -> dict[str, Answer]:
    return {name: Answer(np.zeros((rows, 2)), np.ones(rows, dtype=bool)) for name in names}


def test_every_row_is_combined_by_a_fusion_that_it_did_not_teach() -> None:
    fold_of = np.array([0, 1, 2, 0, 1, 2])
    known = np.array([0, 1, 2, 4, 5])
    fusion = cross_fitted(lambda rows: Remembering(rows, 6), fold_of, known)
    taught_by = fusion.combine(answers(6, "text")).scores
    for row in range(6):
        expected = np.isin(np.arange(6), known) & (fold_of != fold_of[row])
        assert (taught_by[row] == expected).all()
    assert fusion.whole.known.tolist() == [True, True, True, False, True, True]


def test_a_fold_whose_others_teach_nothing_uses_the_whole() -> None:
    fusion = cross_fitted(lambda rows: Remembering(rows, 2), np.array([0, 1]), np.array([0]))
    assert fusion.combine(answers(2, "text")).scores.tolist() == [[1, 0], [1, 0]]


def test_withheld_experts_are_absent_and_early_needs_all() -> None:
    given = answers(2, "text", "image", EARLY)
    some = withheld(given, ["image"])
    assert {name: a.present.all() for name, a in some.items()} == {
        "text": False,
        "image": True,
        EARLY: False,
    }
    assert all(a.present.all() for a in withheld(given, ["text", "image"]).values())


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 3), (3, 7), (4, 15)])
def test_few_experts_are_looked_at_in_every_set(count: int, expected: int) -> None:
    found = expert_sets(np.zeros((0, count), dtype=bool))
    assert len(found) == len(set(found)) == expected


def test_of_many_experts_only_the_sets_that_matter() -> None:
    present = np.ones((3, 6), dtype=bool)
    present[1, :3] = False
    present[2] = False
    found = expert_sets(present)
    assert (3, 4, 5) in found
    assert () not in found
    assert len(found) == 6 + 6 + 1 + 1


def test_sets_are_named_in_the_order_of_the_experts() -> None:
    present = np.array([[True, True], [False, True], [False, False]])
    assert set_names(present, ["text", "image"]) == ["text+image", "image", ""]
