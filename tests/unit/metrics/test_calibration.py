from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.errors import AisleError
from aisle.metrics import brier, calibration_error, reliability

ROWS = st.lists(
    st.tuples(st.floats(0, 1, allow_subnormal=False), st.booleans()), min_size=1, max_size=60
)


@given(ROWS, st.integers(1, 20), st.booleans())
def test_every_row_is_in_one_bin_that_holds_it(rows, bins, equal_mass):
    confidence, correct = map(np.array, zip(*rows, strict=True))
    diagram = reliability(confidence, correct, bins, equal_mass=equal_mass)
    assert diagram.rows.sum() == len(rows)
    assert (diagram.low - 1e-9 <= diagram.confidence).all()
    assert (diagram.confidence <= diagram.high + 1e-9).all()
    assert diagram.rows @ diagram.accuracy == pytest.approx(correct.sum())
    error = calibration_error(confidence, correct, bins, equal_mass=equal_mass)
    assert abs(confidence.mean() - correct.mean()) - 1e-9 <= error <= 1


def test_error_by_hand():
    confidence, correct = [0.95, 0.95, 0.15, 0.15], [1, 1, 0, 1]
    assert calibration_error(confidence, correct, bins=10) == pytest.approx((0.05 + 0.35) / 2)


def test_edges_belong_to_the_lower_bin():
    diagram = reliability([0.5, 1.0, 0.0], [1, 1, 0], bins=2)
    assert diagram.rows.tolist() == [2, 1]


def test_equal_mass_bins_hold_equally_many_and_keep_ties_together():
    confidence = np.linspace(0.9, 1.0, 100)
    assert reliability(confidence, confidence > 0, 5, equal_mass=True).rows.tolist() == [20] * 5
    tied = reliability([0.7] * 9, [True] * 9, 5, equal_mass=True)
    assert tied.rows.tolist() == [9]
    assert tied.low[0] == tied.high[0] == 0.7


def test_brier_by_hand():
    assert brier([0.8, 0.6], [True, False]) == pytest.approx((0.04 + 0.36) / 2)


@pytest.mark.parametrize(
    ("confidence", "correct", "bins", "message"),
    [
        ([97.0], [1], 15, "not scores or percentages"),
        ([np.nan], [1], 15, "row 0 is nan"),
        ([0.5], [0.3], 15, "expected true or false"),
        ([0.5], [1, 1], 15, "1 rows and correct has 2"),
        ([], [], 15, "no rows"),
        ([0.5], [1], 0, "bins"),
    ],
)
def test_mistakes_are_named(confidence, correct, bins, message):
    with pytest.raises(AisleError, match=message):
        calibration_error(confidence, correct, bins)
