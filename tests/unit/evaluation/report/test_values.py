from __future__ import annotations

from dataclasses import replace

import numpy as np

from aisle.evaluation.report.answers import Values
from aisle.evaluation.report.values import band_chart, bands, interval_verdict
from tests.unit.evaluation.report.evaluations import values


def made(truth: list[float], factor: float) -> Values:
    true = np.array(truth)
    told = true * factor
    return Values(np.arange(len(true)), true, told, told * 0.9, told * 1.1)


def test_bands_hold_equally_many_products_and_all_of_them() -> None:
    told = bands(made([float(at) for at in range(1, 101)], 1.0))
    assert [band.rows for band in told] == [20] * 5
    assert (told[0].low, told[-1].high) == (1.0, 100.0)
    assert all(band.error == 0 and band.inside == 1 for band in told)


def test_equal_values_stay_in_one_band() -> None:
    told = bands(made([5.0] * 70 + [float(at) for at in range(10, 40)], 1.0))
    assert sum(band.rows for band in told) == 100
    assert [band.rows >= 70 for band in told if band.low <= 5.0 <= band.high] == [True]


def test_errors_are_relative_where_all_is_above_zero() -> None:
    told = bands(made([float(at) for at in range(1, 101)], 1.25))
    assert all(abs(band.error - 0.25) < 1e-9 for band in told)
    assert all(band.bias > 0 and band.inside == 0 for band in told)
    below = bands(made([float(at) for at in range(-50, 50)], 1.25))
    assert below[0].bias < 0 < below[-1].bias


def test_too_few_products_have_no_bands_and_values_below_zero_no_chart() -> None:
    assert bands(made([1.0, 2.0], 1.0)) == ()
    below = made([float(at) for at in range(-50, 50)], 1.25)
    assert band_chart(below, bands(below)) is None
    above = made([float(at) for at in range(1, 101)], 1.25)
    assert "median 1.25" in (band_chart(above, bands(above)) or "")


def test_the_interval_is_judged_with_its_uncertainty() -> None:
    found = replace(values(), rows=1000)
    tones = {
        inside: interval_verdict(replace(found, interval_coverage=inside)).tone
        for inside in (0.8, 0.9, 0.99)
    }
    assert tones == {0.8: "bad", 0.9: "good", 0.99: "warn"}
