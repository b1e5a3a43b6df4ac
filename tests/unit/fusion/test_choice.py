"""Choosing a fusion: the simpler one, unless another is better beyond noise."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import Candidate, choose

DICE = np.random.default_rng(0)
LOSSES = DICE.gamma(1, 0.3, 500)


def candidate(gain: float, noise: float = 0.0, score: float = 0.9) -> Candidate:
    losses = LOSSES - gain + noise * np.where(np.arange(len(LOSSES)) % 2, 1, -1)
    return Candidate("any", losses, score)


def test_the_first_is_kept_without_a_reason() -> None:
    assert choose([candidate(0)]) == 0
    assert choose([candidate(0), candidate(0)]) == 0
    assert choose([candidate(0), candidate(-0.1)]) == 0


def test_a_gain_within_noise_is_no_reason() -> None:
    noisy = candidate(0.02, noise=1.0)
    assert choose([candidate(0), noisy]) == 0
    assert choose([candidate(0), candidate(0.02, noise=0.05)]) == 1


def test_a_lower_score_is_a_reason_against() -> None:
    assert choose([candidate(0, score=0.95), candidate(0.1, score=0.94)]) == 0
    assert choose([candidate(0, score=0.95), candidate(0.1, score=0.95)]) == 1


def test_the_best_of_three_must_beat_the_one_chosen_so_far() -> None:
    assert choose([candidate(0), candidate(0.1), candidate(0.1)]) == 1
    assert choose([candidate(0), candidate(0.1), candidate(0.2)]) == 2
    assert choose([candidate(0), candidate(-0.1), candidate(0.1)]) == 2


def test_more_caution_asks_for_more_gain() -> None:
    # The standard error of a difference of 1 either way, over 500 rows, is 0.0447.
    close = candidate(0.08, noise=1.0)
    assert choose([candidate(0), close], errors=1.7) == 1
    assert choose([candidate(0), close], errors=1.9) == 0


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.filterwarnings("error")
def test_with_next_to_no_rows_the_simplest_stays(rows: int) -> None:
    few = [Candidate("a", LOSSES[:rows] + 1, 0.5), Candidate("b", LOSSES[:rows], 0.6)]
    assert choose(few) == 0


def test_losses_that_are_no_number_never_win() -> None:
    assert choose([candidate(0), Candidate("b", np.full(500, np.nan), 1.0)]) == 0


def test_being_right_clearly_more_often_is_enough_whatever_rare_classes_cost() -> None:
    rows = 1_000
    simple = np.zeros(rows)
    simple[:100] = 1.0
    better = np.zeros(rows)
    better[:60] = 1.0
    losses = np.where(np.arange(rows) < 20, 13.0, 0.2)
    candidates = [
        Candidate("simple", np.full(rows, 0.3), 0.9, simple),
        Candidate("better", losses, 0.94, better),
        Candidate("hardly better", losses, 0.941, np.roll(better, 1)),
    ]
    assert choose(candidates) == 1


def test_one_answer_more_is_no_reason_against_a_lower_loss_even_without_a_handicap() -> None:
    simple, better = np.zeros(500), np.zeros(500)
    simple[:50], better[:49] = 1.0, 1.0
    worse = Candidate("b", LOSSES + 0.1, 0.902, better)
    assert choose([Candidate("a", LOSSES, 0.9, simple), worse], errors=0.0) == 0
