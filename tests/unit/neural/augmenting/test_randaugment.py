"""The operations of RandAugment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.neural.augmenting import RandAugment
from aisle.neural.augmenting.randaugment import (
    _PAINTS,
    _paint,
    autocontrast,
    equalised,
    posterised,
    sharpened,
    solarised,
)

GREY = np.repeat(np.linspace(60, 180, 64).astype(np.uint8).reshape(8, 8, 1), 3, axis=2)


def test_autocontrast_reaches_black_and_white_and_spares_flat_channels():
    pixels = GREY.copy()
    pixels[..., 1] = 77
    stretched = autocontrast(pixels)
    assert (stretched[..., 0].min(), stretched[..., 0].max()) == (0, 255)
    assert (stretched[..., 1] == 77).all()


def test_equalising_spreads_values():
    assert np.ptp(equalised(GREY)) > np.ptp(GREY)


def test_solarising_inverts_from_the_threshold_on():
    values = solarised(np.array([[[0, 99, 100]]], np.uint8), 100)
    assert values.ravel().tolist() == [0, 99, 155]


def test_posterising_keeps_upper_bits():
    assert posterised(np.array([[[255, 16, 15]]], np.uint8), 4).ravel().tolist() == [240, 16, 0]
    assert (posterised(GREY, 8) == GREY).all()


def test_sharpening_moves_away_from_the_smoothed_photograph():
    edge = np.full((9, 9, 3), 100, np.uint8)
    edge[:, 5:] = 150
    assert np.ptp(sharpened(edge, 1.9)) > np.ptp(edge)
    assert (sharpened(edge, 1.0) == edge).all()


@pytest.mark.parametrize("name", sorted(set(_PAINTS) - {"autocontrast", "equalise"}))
def test_without_strength_an_operation_changes_nothing(name):
    assert np.abs(_paint(name, 0.0)(GREY).astype(int) - GREY).max() <= 1


@pytest.mark.parametrize("name", _PAINTS)
@pytest.mark.parametrize("strength", [-1.0, 1.0])
def test_an_operation_at_full_strength_changes_the_photograph(name, strength):
    pixels = np.random.default_rng(0).integers(20, 230, (16, 16, 3)).astype(np.uint8)
    changed = _paint(name, strength)(pixels)
    assert changed.shape == pixels.shape
    assert changed.dtype == np.uint8
    assert (changed != pixels).any()


@given(st.integers(0, 2**32), st.integers(1, 14))
def test_magnitude_nought_leaves_every_point_in_place(seed, operations):
    matrix, _ = RandAugment(operations, 0).draw(20, 30, np.random.default_rng(seed))
    np.testing.assert_array_equal(matrix, np.eye(3))


def test_all_operations_are_drawn():
    generator = np.random.default_rng(0)
    draws = [RandAugment(1, 9).draw(20, 30, generator) for _ in range(300)]
    moved = sum(not np.array_equal(matrix, np.eye(3)) for matrix, _ in draws) / 300
    painted = sum(bool(paints) for _, paints in draws) / 300
    assert moved == pytest.approx(5 / 14, abs=0.1)
    assert painted == pytest.approx(8 / 14, abs=0.1)
