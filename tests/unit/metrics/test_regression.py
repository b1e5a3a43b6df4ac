from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as peer

from aisle.errors import AisleError
from aisle.metrics import (
    interval_coverage,
    mae_log,
    median_baseline,
    r2,
    regression_scores,
    rmsle,
    smape,
)


def test_scores_agree_with_scikit_learn():
    generator = np.random.default_rng(0)
    truth, predicted = np.exp(generator.normal(3, 1, size=(2, 50)))
    scores = regression_scores(truth, predicted)
    assert scores.mae == pytest.approx(peer.mean_absolute_error(truth, predicted))
    assert scores.rmse == pytest.approx(peer.root_mean_squared_error(truth, predicted))
    assert scores.rmsle == pytest.approx(peer.root_mean_squared_log_error(truth, predicted))
    assert scores.r2 == pytest.approx(peer.r2_score(truth, predicted))
    assert scores.interval_coverage is None


def test_mae_log_is_a_factor():
    assert np.exp(mae_log([100.0, 100.0], [125.0, 80.0])) - 1 == pytest.approx(0.25)


def test_scores_that_need_positive_values_are_left_out():
    scores = regression_scores([0.0, 2.0], [1.0, 1.0])
    assert scores.mae_log is None
    assert scores.rmsle is not None
    assert regression_scores([-3.0, 2.0], [1.0, 1.0]).rmsle is None


def test_smape_and_r2_at_their_edges():
    assert smape([0.0, 1.0], [0.0, 1.0]) == 0
    assert smape([1.0], [-1.0]) == 2
    assert r2([0.1] * 3, [0.1] * 3) == 1
    assert r2([0.1] * 3, [0.2] * 3) == 0


def test_coverage_counts_the_ends():
    assert interval_coverage([1.0, 2.0, 3.0, 4.0], [1.0, 2.5, -np.inf, 0.0], [1, 3, 3, 1]) == 0.5


def test_baseline_predicts_the_training_median():
    scores = median_baseline([1.0, 2.0, 100.0], [2.0, 4.0])
    assert scores.mae == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mae_log([1.0, 0.0], [1.0, 1.0]), "truth: row 1 is 0"),
        (lambda: rmsle([1.0], [-1.0]), "predicted: row 0 is -1"),
        (lambda: regression_scores([1.0], [1.0], low=[0.0]), "both ends"),
        (lambda: interval_coverage([1.0], [np.nan], [2.0]), "low: row 0 has no value"),
        (lambda: median_baseline([], [1.0]), "no rows"),
        (lambda: smape([np.inf], [1.0]), "row 0 is inf"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()
