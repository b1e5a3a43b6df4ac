from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

from aisle.errors import AisleError
from aisle.metrics import jensen_shannon, kolmogorov_smirnov, stability_index, wasserstein


def test_distances_of_categories() -> None:
    before, now = [30, 50, 20, 0], [10, 50, 20, 20]
    assert jensen_shannon(before, now) == pytest.approx(jensenshannon(before, now, base=2))
    assert jensen_shannon(before, before) == 0.0
    assert jensen_shannon([1, 0], [0, 7]) == 1.0
    assert stability_index(before, before) == pytest.approx(0.0)
    shares = [(np.array(counts) + 0.5) / (sum(counts) + 2) for counts in (before, now)]
    expected = ((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum()
    assert stability_index(before, now) == pytest.approx(expected)


def test_distances_of_numbers_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    one, other = generator.integers(0, 9, 70).astype(float), generator.normal(5, 2, 40)
    assert kolmogorov_smirnov(one, other) == pytest.approx(ks_2samp(one, other).statistic)
    assert wasserstein(one, other) == pytest.approx(wasserstein_distance(one, other))


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(AisleError, match="not all 0"):
        jensen_shannon([0, 0], [1, 1])
    with pytest.raises(AisleError, match="not negative"):
        stability_index([1, -1], [1, 1])
    with pytest.raises(AisleError, match="same order"):
        jensen_shannon([1], [1, 1])
    with pytest.raises(AisleError, match="no rows"):
        kolmogorov_smirnov([], [1.0])
    with pytest.raises(AisleError, match="finite"):
        wasserstein([np.nan], [1.0])
