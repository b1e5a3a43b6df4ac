from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer

from aisle.errors import AisleError
from aisle.metrics import (
    accuracy,
    confusion_matrix,
    f1_scores,
    log_loss,
    per_class,
    top_k_accuracy,
)

PAIRS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1, max_size=40
)


@given(PAIRS)
def test_scores_agree_with_scikit_learn(pairs):
    truth, predicted = (np.array(column, dtype=object) for column in zip(*pairs, strict=True))
    scores = f1_scores(truth, predicted, ["a", "b", "unused"])
    for average in ("macro", "micro", "weighted"):
        expected = peer.f1_score(
            truth.astype(str), predicted.astype(str), average=average, zero_division=0
        )
        assert getattr(scores, average) == pytest.approx(expected)
    assert accuracy(truth, predicted) == pytest.approx(scores.micro)


@given(PAIRS)
def test_per_class_agrees_with_scikit_learn(pairs):
    truth, predicted = map(list, zip(*pairs, strict=True))
    classes = list("abcde")
    expected = peer.precision_recall_fscore_support(
        truth, predicted, labels=classes, zero_division=0
    )
    for name, *row in zip(classes, *expected, strict=True):
        score = per_class(truth, predicted, classes)[name]
        assert [score.precision, score.recall, score.f1, score.support] == pytest.approx(row)


def test_macro_leaves_out_classes_that_never_occur():
    assert f1_scores(["a", "b"], ["a", "b"], ["a", "b", "c"]).macro == 1.0
    assert per_class(["a"], ["a"], ["c", "a"])["c"].support == 0


def test_unannounced_classes_come_last():
    matrix = confusion_matrix(["a", "z", "a"], ["a", "a", "y"], ["b", "a"])
    assert matrix.classes == ("b", "a", "y", "z")
    assert matrix.counts.tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]


def test_log_loss_charges_the_floor_for_an_unknown_class():
    chances = [[0.8, 0.2], [0.5, 0.5]]
    assert log_loss(["a", "b"], chances, ["a", "b"]) == pytest.approx(
        -(np.log(0.8) + np.log(0.5)) / 2
    )
    assert log_loss(["a", "new"], chances, ["a", "b"]) == pytest.approx(
        (-np.log(0.8) - np.log(1e-15)) / 2
    )
    assert log_loss(["b"], [[1.0, 0.0]], ["a", "b"]) == pytest.approx(-np.log(1e-15))


def test_top_k_breaks_ties_by_column():
    chances = [[0.25, 0.25, 0.25, 0.25]] * 2
    assert top_k_accuracy(["a", "c"], chances, list("abcd"), k=2) == 0.5
    assert top_k_accuracy(["a", "unknown"], chances, list("abcd"), k=9) == 0.5


def test_top_1_is_accuracy_of_argmax():
    generator = np.random.default_rng(0)
    chances = generator.dirichlet(np.ones(5), size=60)
    truth = generator.choice(list("abcde"), size=60).astype(object)
    predicted = np.array(list("abcde"), dtype=object)[chances.argmax(axis=1)]
    assert top_k_accuracy(truth, chances, list("abcde"), k=1) == accuracy(truth, predicted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy([], []), "no rows"),
        (lambda: accuracy(["a"], ["a", "b"]), "1 rows and predicted has 2"),
        (lambda: accuracy(["a", None], ["a", "b"]), "row 1 is None"),
        (lambda: f1_scores(["a"], ["a"], ["a", "a"]), "'a' stands more than once"),
        (lambda: log_loss(["a"], [[0.9, 0.9]], ["a", "b"]), "row 0 sums to 1.8"),
        (lambda: log_loss(["a"], [[1.0]], ["a", "b"]), r"expected shape \(1, 2\)"),
        (lambda: log_loss(["a"], [[]], []), "classes: there are none"),
        (lambda: top_k_accuracy(["a"], [[1.0]], ["a"], k=0), "found 0"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()
