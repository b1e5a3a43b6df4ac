"""Photographs varied at random."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aisle.errors import RecipeError
from aisle.neural.augmenting import IMAGE_PRESETS, ColourJitter, ImageAugmentation, RandAugment
from aisle.neural.augmenting.colours import noisy
from aisle.neural.augmenting.image import erase

SIDES = st.integers(1, 12)
PHOTOGRAPHS = arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))
SEEDS = st.integers(0, 2**32)


def photograph(height: int = 40, width: int = 60) -> np.ndarray:
    """A red and a blue block on white, away from the edges."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[10:30, 15:30] = (200, 30, 30)
    pixels[10:30, 30:45] = (30, 30, 200)
    return pixels


@given(PHOTOGRAPHS, SEEDS, st.sampled_from(sorted(IMAGE_PRESETS)))
def test_every_preset_keeps_shape_dtype_and_the_original(pixels, seed, preset):
    before = pixels.copy()
    augment = ImageAugmentation.from_settings(preset)
    first = augment(pixels, np.random.default_rng(seed))
    again = augment(pixels, np.random.default_rng(seed))
    assert first.shape == pixels.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(pixels, before)


@given(PHOTOGRAPHS, SEEDS)
def test_none_is_the_same_photograph_in_memory_of_its_own(pixels, seed):
    same = ImageAugmentation.from_settings("none")(pixels, np.random.default_rng(seed))
    np.testing.assert_array_equal(same, pixels)
    assert not np.may_share_memory(same, pixels)


@given(st.sampled_from([(255, 255, 255), (0, 90, 180)]), SEEDS)
def test_geometry_brings_in_nothing_but_background(background, seed):
    pixels = np.full((20, 30, 3), background, np.uint8)
    augment = ImageAugmentation(flip=0.5, rotation=180, zoom=(0.3, 3), shift=0.9, crop=(0.1, 1.0))
    moved = augment(pixels, np.random.default_rng(seed), background)
    np.testing.assert_array_equal(moved, pixels)


def test_a_certain_flip_mirrors_exactly():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    flipped = ImageAugmentation(flip=1.0)(pixels, np.random.default_rng(0))
    np.testing.assert_array_equal(flipped, pixels[:, ::-1])


def test_zoom_out_shrinks_the_product_and_keeps_its_centre():
    pixels = photograph()
    small = ImageAugmentation(zoom=(0.5, 0.5))(pixels, np.random.default_rng(0))
    share = np.count_nonzero(small.min(axis=2) < 128) / np.count_nonzero(pixels.min(axis=2) < 128)
    assert share == pytest.approx(0.25, abs=0.08)
    rows, columns = np.nonzero(small.min(axis=2) < 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((19.5, 29.5), abs=0.6)


def test_crop_enlarges_the_product():
    pixels = photograph()
    large = ImageAugmentation(crop=(0.5, 0.5))(pixels, np.random.default_rng(1))
    assert np.count_nonzero(large.min(axis=2) < 128) > 1.2 * np.count_nonzero(
        pixels.min(axis=2) < 128
    )


def test_colours_leave_greys_grey():
    pixels = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    jitter = ColourJitter(saturation=0.8, hue=0.5)
    changed = jitter(pixels, np.random.default_rng(0)).astype(int)
    assert np.abs(changed - pixels).max() <= 1


def test_colours_change_a_product():
    augment = ImageAugmentation.from_settings({"colour": 0.5})
    changed = augment(photograph(), np.random.default_rng(0))
    assert (changed != photograph()).any()


@pytest.mark.parametrize("side", [64, 700])
def test_noise_has_the_deviation_asked_for(side):
    grey = np.full((side, side, 3), 128, np.uint8)
    noise = noisy(grey, 0.05, np.random.default_rng(0)).astype(float) - 128
    assert noise.std() == pytest.approx(0.05 * 255, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.5)


def test_erasing_changes_one_rectangle():
    pixels = np.full((50, 50, 3), 255, np.uint8)
    erase(pixels, np.random.default_rng(0))
    rows, columns = np.nonzero((pixels != 255).any(axis=2))
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert 0.01 * 2500 <= box <= 0.25 * 2500
    assert len(rows) == pytest.approx(box, rel=0.02)


@given(SEEDS)
def test_a_single_pixel_is_never_erased(seed):
    pixels = np.full((1, 1, 3), 7, np.uint8)
    same = ImageAugmentation(erase=1.0)(pixels, np.random.default_rng(seed))
    np.testing.assert_array_equal(same, pixels)


def test_views_and_read_only_photographs_are_taken():
    pixels = photograph()
    pixels.flags.writeable = False
    augment = ImageAugmentation.from_settings("strong")
    mirrored = pixels[:, ::-1]
    expected = augment(mirrored.copy(), np.random.default_rng(4))
    np.testing.assert_array_equal(augment(mirrored, np.random.default_rng(4)), expected)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
)
def test_anything_else_than_a_photograph_is_refused(pixels):
    with pytest.raises(ValueError, match="uint8"):
        ImageAugmentation()(pixels, np.random.default_rng(0))


def test_entries_of_a_recipe():
    found = ImageAugmentation.from_settings(
        {
            "flip": True,
            "rotation": 15,
            "zoom": [0.8, 1.2],
            "colour": 0.3,
            "noise": 0.02,
            "randaugment": {"operations": 2, "magnitude": 9},
            "erase": 0.25,
        }
    )
    assert found.flip == 0.5
    assert found.zoom == (0.8, 1.2)
    assert found.colour == ColourJitter(0.3, 0.3, 0.3, 0.3 / 6)
    assert found.randaugment == RandAugment(2, 9)


@pytest.mark.parametrize("preset", sorted(IMAGE_PRESETS))
def test_an_augmentation_can_be_written_down_and_sent_to_a_worker(preset):
    augment = ImageAugmentation.from_settings(preset)
    assert ImageAugmentation.from_settings(dataclasses.asdict(augment)) == augment
    assert pickle.loads(pickle.dumps(augment)) == augment  # noqa: S301


def test_entries_are_laid_over_a_preset():
    found = ImageAugmentation.from_settings({"preset": "standard", "flip": False})
    standard = ImageAugmentation.from_settings("standard")
    assert found == dataclasses.replace(standard, flip=0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("strnog", "did you mean 'strong'"),
        ({"preset": "lite"}, "did you mean 'light'"),
        ({"rotations": 3}, "did you mean 'rotation'"),
        ({"color": 0.3}, "did you mean 'colour'"),
        ({"colour": {"hues": 0.1}}, "did you mean 'hue'"),
        ({"randaugment": {"magnitud": 3}}, "did you mean 'magnitude'"),
        ({"randaugment": 2}, "expected entries such as"),
        ({"randaugment": {"operations": 1.5}}, "whole number"),
        ({"randaugment": {"operations": True}}, "whole number|number from"),
        ({"rotation": 200}, "rotation: expected a number from 0 to 180, found 200"),
        ({"rotation": float("nan")}, "found nan"),
        ({"noise": "much"}, "noise: expected a number"),
        ({"erase": True}, "erase: expected a number"),
        ({"zoom": [1.2, 0.8]}, "smaller number first"),
        ({"zoom": 1.2}, "two numbers"),
        ({"crop": [0, 1]}, "crop"),
        (3, "expected a preset"),
    ],
)
def test_mistakes_in_a_recipe_are_told(settings, message):
    with pytest.raises(RecipeError, match=message):
        ImageAugmentation.from_settings(settings)
