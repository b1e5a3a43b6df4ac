"""Settings of the trainer."""

from __future__ import annotations

from typing import Any

import pytest

from aisle.errors import RecipeError
from aisle.neural.training import Epoch, History, TrainingPlan


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch", True),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("weight_decay", -1),
        ("warm_up", 1.0),
        ("label_smoothing", "much"),
        ("precision", "int8"),
        ("schedule", "linear"),
        ("horizon", 3),
        ("accumulate", 0),
        ("patience", -1),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=f"{name}: expected .*, found"):
        TrainingPlan(**{name: value})


def test_the_rate_rises_and_falls() -> None:
    plan = TrainingPlan(warm_up=0.2)
    rates = [plan.rate(step, 50) for step in range(50)]
    top = rates.index(max(rates))
    assert rates[0] > 0
    assert 9 <= top <= 11
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.01


def test_a_constant_rate_stays() -> None:
    plan = TrainingPlan(warm_up=0.0, schedule="constant")
    assert {plan.rate(step, 10) for step in range(10)} == {1.0}


def test_the_first_of_equal_epochs_is_the_best() -> None:
    losses = (0.9, 0.5, 0.7, 0.5)
    history = History.of([Epoch(1.0, loss, 0.1, 2.0) for loss in losses])
    assert history.best == 2
    assert history.seconds == 8.0
    assert "seconds" not in history.curves()
    assert History.of([Epoch(1.0, None, 0.1, 2.0)] * 3).best == 3
    assert "stopping_loss" not in History.of([Epoch(1.0, None, 0.1, 2.0)]).curves()
