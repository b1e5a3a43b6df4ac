from __future__ import annotations

import numpy as np
import pytest

from aisle.errors import AisleError
from aisle.metrics import bootstrap_interval, group_bootstrap

VALUES = np.random.default_rng(0).normal(size=60)


def mean_of(values: np.ndarray):
    return lambda times: float(values @ times / times.sum())


def test_rows_of_their_own_give_the_plain_bootstrap() -> None:
    low, high = group_bootstrap(np.arange(60), mean_of(VALUES), 1)
    plain = bootstrap_interval(VALUES, 2)
    assert (low, high) == pytest.approx(plain, abs=0.05)
    assert (low, high) == group_bootstrap(np.arange(60), mean_of(VALUES), 1)


def test_copies_do_not_narrow_the_interval() -> None:
    copies, groups = np.repeat(VALUES, 9), np.repeat(np.arange(60), 9)
    low, high = group_bootstrap(groups, mean_of(copies), 1)
    alone = group_bootstrap(np.arange(60), mean_of(VALUES), 1)
    assert (low, high) == pytest.approx(alone)
    naive = group_bootstrap(np.arange(540), mean_of(copies), 1)
    assert naive[1] - naive[0] < 0.5 * (high - low)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(AisleError, match="no rows"):
        group_bootstrap([], mean_of(VALUES), 0)
    with pytest.raises(AisleError, match="resamples"):
        group_bootstrap([0], mean_of(VALUES), 0, resamples=0)
