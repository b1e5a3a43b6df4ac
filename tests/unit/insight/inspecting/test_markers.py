from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import chi2_contingency

from aisle.insight.inspecting.grouping import Grouping
from aisle.insight.inspecting.markers import SURE, marked, root_of_ratio


def test_it_is_the_likelihood_ratio_of_the_table() -> None:
    """Beside scipy's G-test of each two-by-two table."""
    own, every, size, rest = [9.0, 0.0, 4.0, 1.0], [10.0, 7.0, 8.0, 30.0], 10, 40
    found = root_of_ratio(np.array(own), np.array(every), size, rest)
    for root, have, all_have in zip(found, own, every, strict=True):
        other = all_have - have
        cells = [[have, size - have], [other, rest - other]]
        ratio = chi2_contingency(cells, correction=False, lambda_="log-likelihood")[0]
        assert root**2 == pytest.approx(ratio)
    assert found[0] > 0 > found[1]


def test_a_word_that_no_other_group_has_marks_most() -> None:
    own, every = np.array([30.0, 30.0, 20.0]), np.array([30.0, 40.0, 20.0])
    found = root_of_ratio(own, every, 30, 200)
    assert found[0] > found[1]
    assert found[0] > found[2]
    assert np.isfinite(found).all()


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
