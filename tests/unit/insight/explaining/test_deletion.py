"""Deletion curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from aisle.insight.explaining.deletion import STEPS, Deletion, Floats, Kept, deletions

WEIGHTS = np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.1, 0.1, 0.1])


def answer(variants: Sequence[Kept]) -> Floats:
    return np.array([WEIGHTS[kept].sum() for kept in variants]) / WEIGHTS.sum()


def test_the_true_order_falls_first_and_the_reverse_last() -> None:
    best, worst = deletions([WEIGHTS, -WEIGHTS], answer, seed=0)
    assert best.own[0] == worst.own[0] == pytest.approx(1)
    assert best.own[-1] == worst.own[-1] == pytest.approx(0)
    assert best.own[1] == pytest.approx(1 - 8 / WEIGHTS.sum())
    assert best.area < best.random_area < worst.area
    assert best.trusted
    assert not worst.trusted
    assert best.random == worst.random
    assert best.gain == pytest.approx(best.random_area - best.area)
    assert "can be trusted" in best.words()
    assert "Do not trust" in worst.words()


def test_the_same_seed_draws_the_same_orders() -> None:
    assert deletions([WEIGHTS], answer, seed=5) == deletions([WEIGHTS], answer, seed=5)
    assert deletions([WEIGHTS], answer, seed=5) != deletions([WEIGHTS], answer, seed=6)


def test_no_better_than_random_is_told() -> None:
    flat = (0.5,) * len(STEPS)
    found = Deletion(STEPS, flat, flat)
    assert (found.gain, found.trusted) == (0, False)
    assert "Do not rely" in found.words()
    assert found.to_dict()["better_by"] == 0
