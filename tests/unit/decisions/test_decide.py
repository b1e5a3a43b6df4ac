from __future__ import annotations

import numpy as np

from aisle.decisions import decide


def test_the_threshold_itself_is_accepted_and_missing_goes_to_review():
    decisions = decide([0.8, 0.7999, np.nan, 1.0], 0.8)
    assert decisions.dtype == object
    assert decisions.tolist() == ["accept", "review", "review", "accept"]


def test_infinity_accepts_nothing():
    assert set(decide(np.linspace(0, 1, 5), np.inf)) == {"review"}
    assert decide([], 0.5).shape == (0,)
