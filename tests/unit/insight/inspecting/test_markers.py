from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from scipy import sparse

from aisle.insight.inspecting.grouping import Grouping
from aisle.insight.inspecting.markers import SURE, log_odds, marked


def by_hand(own: list[float], every: list[float], prior: float) -> list[float]:
    """Follow the paper word by word."""
    n, rest, total = sum(own), sum(every) - sum(own), sum(every)
    found = []
    for y, whole in zip(own, every, strict=True):
        a = prior * whole / total
        z = whole - y
        delta = log((y + a) / (n + prior - y - a)) - log((z + a) / (rest + prior - z - a))
        found.append(delta / sqrt(1 / (y + a) + 1 / (z + a)))
    return found


def test_it_is_the_formula_of_the_paper() -> None:
    own, every = [9.0, 0.0, 4.0, 1.0], [10.0, 7.0, 8.0, 30.0]
    found = log_odds(np.array(own), np.array(every), 20.0)
    assert found == pytest.approx(by_hand(own, every, 20.0))
    assert found[0] > 0 > found[1]


def test_a_word_that_all_have_marks_nobody() -> None:
    counts = sparse.csr_matrix(
        np.array([[3, 1, 0, 0]] * 30 + [[1, 0, 1, 0]] * 30 + [[0, 0, 0, 5]], dtype=np.int32)
    )
    words = np.array(["the", "mug", "lamp", "nobody"], dtype=object)
    codes = np.array([0] * 30 + [1] * 30 + [-1])
    found = marked(counts, words, Grouping("class", ("Mugs", "Lamps"), codes), np.arange(61))
    assert [(one.group, one.rows, [w.word for w in one.words]) for one in found] == [
        ("Mugs", 30, ["mug"]),
        ("Lamps", 30, ["lamp"]),
    ]
    (word,) = found[0].words
    assert word.z > SURE
    assert (word.inside, word.outside) == (1.0, 0.0)


def test_one_group_alone_has_nothing_to_differ_from() -> None:
    counts = sparse.csr_matrix(np.ones((4, 2), dtype=np.int32))
    grouping = Grouping("class", ("a",), np.zeros(4, dtype=np.int64))
    assert marked(counts, np.array(["x", "y"], dtype=object), grouping, np.arange(4)) == ()
