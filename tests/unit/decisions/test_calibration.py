from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from aisle.decisions import ConfidenceCalibrator, TemperatureCalibrator
from aisle.errors import AisleError, NotFittedError
from aisle.metrics import calibration_error


def boastful(rows: int, factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities that are `factor` times too sure, and truths drawn from the honest ones."""
    generator = np.random.default_rng(seed)
    honest = np.log(generator.dirichlet(np.full(5, 0.3), size=rows) + 1e-9)
    chances = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = np.array([generator.choice(5, p=row) for row in chances])
    return factor * honest, truth


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_undoes_what_was_done(factor):
    scores, truth = boastful(3000, factor)
    calibrator = TemperatureCalibrator().fit(scores, truth)
    assert calibrator.temperature_ == pytest.approx(factor, rel=0.1)
    chances = calibrator.transform(scores)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(scores)))
    assert (chances.argmax(axis=1) == scores.argmax(axis=1)).all()
    error = calibration_error(chances.max(axis=1), chances.argmax(axis=1) == truth)
    assert error < 0.03


def test_temperature_does_not_move_with_impossible_rows():
    scores, truth = boastful(500, 2.0)
    alone = TemperatureCalibrator().fit(scores, truth)
    zero = np.zeros((40, 5))
    zero[:, 3] = -np.inf
    both = TemperatureCalibrator().fit(
        np.vstack([scores, zero, zero]), np.concatenate([truth, np.full(40, 3), np.full(40, -1)])
    )
    assert both.temperature_ == pytest.approx(alone.temperature_, rel=1e-4)
    assert (both.rows_used_, both.rows_skipped_) == (500, 80)


def test_few_flawless_rows_do_not_make_certain():
    scores = np.log(np.tile([0.9, 0.1], (20, 1)))
    sure = TemperatureCalibrator().fit(scores, np.zeros(20, int)).transform(scores)
    assert 0.9 < sure[0, 0] < 0.999


def test_zero_probability_stays_tiny_and_finite():
    scores = np.array([[0.0, -np.inf], [-np.inf, -np.inf], [-900.0, -901.0]])
    calibrator = TemperatureCalibrator().fit(scores, [0, 1, 0])
    chances = calibrator.transform(scores)
    assert 0 < chances[0, 1] < 1e-11
    assert chances[1].tolist() == [0.5, 0.5]
    assert np.isfinite(np.log(chances)).all()


@given(
    st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans()), max_size=80),
    st.lists(st.integers(0, 10_000), min_size=2, max_size=20, unique=True),
)
def test_confidence_map_keeps_the_ranking(rows, ticks):
    confidence, correct = [row[0] for row in rows], np.array([row[1] for row in rows], bool)
    calibrator = ConfidenceCalibrator().fit(confidence, correct)
    grid = np.sort(ticks) / 10_000
    mapped = calibrator.transform(grid)
    assert (np.diff(mapped) > 0).all()
    assert mapped.min() >= 0
    assert mapped.max() <= 1


def test_ranking_survives_where_the_curve_saturates():
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1.0, 3000)
    steep = ConfidenceCalibrator(spread=np.inf).fit(confidence, confidence > 0.75)
    near_one = 1 - np.float64(10.0) ** -np.arange(1, 11)
    assert (np.diff(steep.transform(near_one)) > 0).all()


def test_confidence_map_mends_overconfidence():
    generator = np.random.default_rng(0)
    right_chance = generator.beta(8, 1.5, 2000)
    odds = 2.5 * np.log(right_chance / (1 - right_chance)) + 1
    confidence, correct = 1 / (1 + np.exp(-odds)), generator.random(2000) < right_chance
    mapped = ConfidenceCalibrator().fit(confidence, correct).transform(confidence)
    assert calibration_error(confidence, correct) > 0.08
    assert calibration_error(mapped, correct) < 0.02
    assert mapped.mean() == pytest.approx(correct.mean(), abs=0.005)


@pytest.mark.parametrize("correct", [[True] * 46 + [False] * 4, [False] * 46 + [True] * 4])
def test_too_few_to_learn_from_change_nothing(correct):
    confidence = np.linspace(0.2, 1.0, 50)
    calibrator = ConfidenceCalibrator().fit(confidence, correct)
    assert (calibrator.transform(confidence) == confidence).all()


@pytest.mark.parametrize(
    "calibrator", [TemperatureCalibrator(highest=7.0), ConfidenceCalibrator(fewest=9)]
)
def test_parameters_stay_and_clone(calibrator):
    assert clone(calibrator).get_params() == calibrator.get_params(deep=False)
    with pytest.raises(NotFittedError):
        calibrator.transform([[0.5]])


def test_learned_state_is_plain_floats():
    temperature = TemperatureCalibrator().fit([[0.0, -1.0]] * 9, [0, 1] * 4 + [0])
    confidence = ConfidenceCalibrator().fit(np.linspace(0.3, 0.9, 40), [True, False] * 20)
    for calibrator in (temperature, confidence):
        learned = {name: v for name, v in vars(calibrator).items() if name.endswith("_")}
        assert learned
        assert {type(value) for value in learned.values()} == {float}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TemperatureCalibrator().fit([0.0], [0]), "a row for each product"),
        (lambda: TemperatureCalibrator().fit([[np.nan, 0.0]], [0]), "row 0 holds NaN"),
        (lambda: TemperatureCalibrator().fit([[0.0, 0.0]], [2]), "row 0 is 2"),
        (lambda: TemperatureCalibrator().fit([[0.0, 0.0]], [0, 1]), r"expected shape \(1,\)"),
        (lambda: TemperatureCalibrator(lowest=3, highest=2).fit([[0.0]], [0]), "lowest < highest"),
        (lambda: TemperatureCalibrator(spread=0).fit([[0.0]], [0]), "spread"),
        (lambda: ConfidenceCalibrator(spread=-1).fit([0.5], [True]), "spread"),
        (lambda: ConfidenceCalibrator().fit([1.5], [True]), "between 0 and 1"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()
