from __future__ import annotations

import numpy as np
import pytest

from aisle.insight.auditing.suspicion import DOUBT, log_odds

MANY = np.repeat([0, 1], 50)


def probabilities(given: float, code: int = 0) -> np.ndarray:
    """One row in doubt among ninety-nine that are well known."""
    table = np.full((100, 2), 0.1)
    table[np.arange(100), MANY] = 0.9
    table[0] = (given, 1 - given) if code == 0 else (1 - given, given)
    return table


def everyone(rows: int) -> np.ndarray:
    return np.ones(rows, dtype=bool)


def test_the_other_class_is_weighed_against_the_given() -> None:
    odds = log_odds(probabilities(0.1), MANY, everyone(100))
    assert odds.other[0] == 1
    assert odds.against[0] == pytest.approx(np.log(9), rel=0.1)
    assert odds.score[0] == pytest.approx(0.9, abs=0.02)
    assert (odds.score[1:] < 0.2).all()


def test_odds_against_a_rare_class_count_for_less() -> None:
    codes = np.array([0] * 50 + [1] * 48 + [2] * 2)
    table = np.full((100, 3), 0.05)
    table[np.arange(100), codes] = 0.9
    table[0] = (0.1, 0.8, 0.1)
    table[98] = (0.8, 0.1, 0.1)
    odds = log_odds(table, codes, everyone(100))
    assert 0 < odds.against[98] < odds.against[0] / (1 + DOUBT) * 2


def test_an_unknown_class_is_never_suspicious() -> None:
    known = everyone(100)
    known[0] = False
    assert log_odds(probabilities(0.0), MANY, known).score[0] < 1e-300


def test_no_class_is_doubted_for_being_hard() -> None:
    codes = MANY.copy()
    table = np.tile([0.6, 0.4], (100, 1))
    table[:50] = (0.95, 0.05)
    plain = table[60, 1] / (table[60, 0] + table[60, 1])
    odds = log_odds(table, codes, everyone(100))
    assert 1 - odds.score[60] > plain


def test_votes_are_added() -> None:
    votes = np.zeros((100, 2))
    votes[0] = (-1.0, 1.0)
    before = log_odds(probabilities(0.4), MANY, everyone(100)).against[0]
    after = log_odds(probabilities(0.4), MANY, everyone(100), votes).against[0]
    assert after > before + 1


def test_certainty_does_not_overflow() -> None:
    table = np.tile([1.0, 0.0], (4, 1))
    with np.errstate(all="raise", under="ignore"):
        odds = log_odds(table, np.array([0, 0, 1, 1]), everyone(4))
        assert np.isfinite(odds.against).all()
        assert ((odds.score >= 0) & (odds.score <= 1)).all()
