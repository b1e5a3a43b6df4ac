from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from aisle.decisions import ResidualQuantiles, interval_losses
from aisle.errors import AisleError, NotFittedError
from aisle.metrics import interval_coverage


def test_quantiles_are_the_corrected_ranks():
    residuals = np.arange(1.0, 100.0)
    fitted = ResidualQuantiles(0.9).fit(np.zeros(99), residuals)
    assert (fitted.low_, fitted.high_) == (5.0, 95.0)
    low, high = fitted.transform([10.0])
    assert (low.tolist(), high.tolist()) == ([15.0], [105.0])
    assert fitted.guaranteed_level_ == pytest.approx(0.9)


@pytest.mark.parametrize("rows", [19, 30, 101])
def test_coverage_over_many_catalogues_keeps_the_level(rows):
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        truth = generator.exponential(size=rows)
        low, high = ResidualQuantiles(0.9).fit(np.zeros(rows), truth).transform(np.zeros(200))
        covered.append(interval_coverage(generator.exponential(size=200), low, high))
    assert np.mean(covered) > 0.89
    assert np.mean(covered) < 0.9 + 2 / (rows + 1) + 0.01


def test_difficulty_scales_the_width():
    generator = np.random.default_rng(0)
    scale = generator.choice([1.0, 10.0], size=4000)
    truth = generator.normal(scale=scale)
    plain = ResidualQuantiles(0.9).fit(np.zeros(2000), truth[:2000])
    scaled = ResidualQuantiles(0.9).fit(np.zeros(2000), truth[:2000], scale[:2000])
    hard = scale[2000:] == 10
    for fitted, ends in (
        (plain, plain.transform(np.zeros(2000))),
        (scaled, scaled.transform(np.zeros(2000), scale[2000:])),
    ):
        covered = interval_coverage(truth[2000:][hard], ends[0][hard], ends[1][hard])
        assert (covered > 0.87) is (fitted is scaled)


def test_too_few_rows_say_what_they_can_promise():
    fitted = ResidualQuantiles(0.9).fit([0.0, 0.0, 0.0], [1.0, -2.0, 0.5])
    assert (fitted.low_, fitted.high_) == (-2.0, 1.0)
    assert fitted.guaranteed_level_ == pytest.approx(0.5)
    assert ResidualQuantiles().fit([0.0], [1.0]).guaranteed_level_ == 0


def test_parameters_stay_and_clone():
    assert clone(ResidualQuantiles(0.8)).get_params() == {"level": 0.8}
    with pytest.raises(NotFittedError):
        ResidualQuantiles().transform([1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ResidualQuantiles(90).fit([1.0], [1.0]), "did you mean 0.9"),
        (lambda: ResidualQuantiles().fit([], []), "no rows"),
        (lambda: ResidualQuantiles().fit([1.0], [1.0], [0.0]), "difficulty above 0"),
        (lambda: ResidualQuantiles().fit([1.0], [1.0, 2.0]), "1 rows and truth has 2"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()


def test_losses_are_widths_and_fines():
    told = interval_losses([1.0, 5.0, -1.0], [0.0, 0.0, 0.0], [2.0, 3.0, 1.0], level=0.9)
    assert told.tolist() == pytest.approx([2.0, 3.0 + 20 * 2.0, 1.0 + 20 * 1.0])
    truth = np.random.default_rng(0).normal(size=20_000)

    def loss(half):
        return interval_losses(truth, np.full(20_000, -half), np.full(20_000, half), level=0.9)

    assert loss(1.645).mean() < min(loss(1.3).mean(), loss(2.0).mean())
    with pytest.raises(AisleError, match="low has 1 rows"):
        interval_losses([1.0, 2.0], [0.0], [1.0, 1.0], level=0.9)
