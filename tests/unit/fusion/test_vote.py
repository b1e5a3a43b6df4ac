"""Votes and means of experts."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import Answer
from aisle.fusion.vote import Mean, MeanValue, Vote, VoteValue

CODES = np.array([0, 1, 2, 0, 1, 2])


def certain(*classes: int, sure: float = 0.8) -> Answer:
    """An expert that answers with the given classes; -1 where it is absent."""
    scores = np.full((len(classes), 3), (1 - sure) / 2)
    for row, kind in enumerate(classes):
        scores[row, kind] = sure
        if kind < 0:
            scores[row] = 1 / 3
    return Answer(scores, np.array(classes) >= 0)


def team() -> dict[str, Answer]:
    return {
        "good": certain(0, 1, 2, 0, 1, 1),
        "fair": certain(0, 1, 2, 2, 1, 2),
        "poor": certain(1, 0, 2, 0, 0, 2),
    }


def test_a_vote_weighs_its_expert_by_accuracy() -> None:
    vote = Vote().fit(team(), CODES)
    np.testing.assert_allclose(vote.weights_, [5 / 6, 5 / 6, 3 / 6])
    assert vote.combine(team()).scores.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2]


def test_two_weak_experts_outvote_a_surer_one_where_the_mean_follows_it() -> None:
    vote, mean = Vote().fit(team(), CODES), Mean().fit(team(), CODES)
    asked = {
        "good": certain(0, sure=0.98),
        "fair": certain(1, sure=0.4),
        "poor": certain(1, sure=0.4),
    }
    assert vote.combine(asked).scores.argmax() == 1
    assert mean.combine(asked).scores.argmax() == 0
    expected = (asked["good"].scores + asked["fair"].scores + asked["poor"].scores) / 3
    np.testing.assert_allclose(mean.combine(asked).scores, expected)


def test_a_tie_of_votes_goes_to_the_surer_expert() -> None:
    answers = {"a": certain(0, 1, 2, 0, 1, 2), "b": certain(0, 1, 2, 0, 1, 2)}
    vote = Vote().fit(answers, CODES)
    asked = {"a": certain(2, sure=0.6), "b": certain(1, sure=0.9)}
    assert vote.combine(asked).scores.argmax() == 1


@pytest.mark.parametrize("kind", [Vote, Mean])
def test_the_absent_have_no_say_and_one_alone_answers_as_it_is(kind: type[Mean]) -> None:
    fusion = kind().fit(team(), CODES)
    asked = {"good": certain(-1, -1), "fair": certain(2, -1), "poor": certain(-1, -1)}
    answer = fusion.combine(asked)
    assert answer.present.tolist() == [True, False]
    np.testing.assert_array_equal(answer.scores[0], asked["fair"].scores[0])
    np.testing.assert_array_equal(answer.scores[1], fusion.prior_)


@pytest.mark.parametrize("kind", [Vote, Mean])
def test_fused_probabilities_are_probabilities(kind: type[Mean]) -> None:
    scores = kind().fit(team(), CODES).combine(team()).scores
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert scores.min() > 0


def told(*values: float) -> Answer:
    return Answer(np.array(values), np.ones(len(values), dtype=bool))


def test_the_median_of_values_ignores_an_outlier_and_the_mean_does_not() -> None:
    values = np.array([1.0, 2.0, 3.0])
    answers = {"a": told(1.1, 2.1, 3.1), "b": told(0.9, 1.9, 2.9), "c": told(1.1, 2.1, 2.9)}
    vote, mean = VoteValue().fit(answers, values), MeanValue().fit(answers, values)
    np.testing.assert_allclose(vote.weights_, 1 / 3)
    asked = {"a": told(5.0), "b": told(6.0), "c": told(100.0)}
    assert vote.combine(asked).scores.tolist() == [6.0]
    np.testing.assert_allclose(mean.combine(asked).scores, [37.0])


def test_a_median_of_two_equal_experts_lies_half_way() -> None:
    values = np.array([1.0, 2.0])
    answers = {"a": told(1.5, 2.5), "b": told(0.5, 1.5)}
    vote = VoteValue().fit(answers, values)
    assert vote.combine({"a": told(4.0), "b": told(8.0)}).scores.tolist() == [6.0]


def test_values_without_anybody_present_are_the_median_of_training() -> None:
    values = np.array([1.0, 2.0, 9.0])
    vote = VoteValue().fit({"a": told(1, 2, 9), "b": told(1, 2, 8)}, values)
    nobody = Answer(np.zeros(1), np.zeros(1, dtype=bool))
    answer = vote.combine({"a": nobody, "b": nobody})
    assert answer.scores.tolist() == [2.0]
    assert not answer.present[0]
