"""What each descriptor sees, and what it does not mind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aisle.encoders.image.colour import colour
from aisle.encoders.image.exact import on_grid
from aisle.encoders.image.framing import framed
from aisle.encoders.image.gabor import gabor
from aisle.encoders.image.glcm import LEVELS, STATISTICS, co_occurrence, glcm, statistics
from aisle.encoders.image.hog import hog
from aisle.encoders.image.lbp import codes, lbp, uniform_bins
from aisle.encoders.image.outline import outline
from aisle.encoders.image.scaling import learn_scale, unit
from aisle.encoders.image.sift import root_sift, sift
from aisle.encoders.image.words import learn_words

SIDE = 128


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(30, 200, (SIDE, SIDE, 3), dtype=np.uint8)


def stripes(angle: float) -> np.ndarray:
    down, right = np.mgrid[:SIDE, :SIDE]
    wave = 110 + 70 * np.sin(0.5 * (right * np.cos(angle) + down * np.sin(angle)))
    return np.repeat(wave[..., None], 3, axis=2).astype(np.uint8)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


@pytest.mark.parametrize("describe", [colour, hog, lbp, glcm, gabor, sift])
def test_descriptions_are_finite_and_repeat_byte_for_byte(
    describe: Callable[[np.ndarray], np.ndarray],
) -> None:
    found = describe(picture())
    assert found.ndim == 1
    assert np.isfinite(found).all()
    assert describe(picture().copy()).tobytes() == found.tobytes()


def test_hog_and_sift_do_not_mind_more_light_but_see_directions() -> None:
    dark, bright = stripes(0.3), stripes(0.3) + 40
    for describe in (hog, sift):
        assert cosine(describe(dark), describe(bright)) > 0.999
        assert cosine(describe(dark), describe(stripes(0.3 + np.pi / 2))) < 0.9


def test_patterns_do_not_mind_a_change_of_contrast() -> None:
    grey = np.repeat(np.random.default_rng(1).integers(0, 120, (SIDE, SIDE, 1)), 3, axis=2)
    assert np.array_equal(lbp(grey.astype(np.uint8)), lbp((2 * grey).astype(np.uint8)))


def test_the_code_of_a_pixel_is_that_of_its_neighbours() -> None:
    grey = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype=np.uint8)
    code = int(codes(grey, 1)[1, 1])
    assert code.bit_count() == 4
    table = uniform_bins()
    assert len(np.unique(table)) == 59
    assert table[0b01010101] == table[0b00110011]
    assert table[0] != table[255]


def test_colours_are_seen_where_they_are() -> None:
    red_above = np.full((SIDE, SIDE, 3), (200, 20, 20), dtype=np.uint8)
    red_above[SIDE // 2 :] = (20, 20, 200)
    upside_down = red_above[::-1].copy()
    first, second = colour(red_above), colour(upside_down)
    whole = len(first) // 21
    np.testing.assert_allclose(first[:whole], second[:whole])
    assert not np.allclose(first, second)


def test_co_occurrence_of_a_small_picture_by_hand() -> None:
    levels = np.array([[0, 0], [1, 1]], dtype=np.int32)
    across = co_occurrence(levels, 0, 1)
    assert across[0, 0] == across[1, 1] == 0.5
    downwards = co_occurrence(levels, -1, 0)
    assert downwards[0, 1] == downwards[1, 0] == 0.5
    found = dict(zip(STATISTICS, statistics(downwards[None])[0], strict=True))
    assert found["contrast"] == found["dissimilarity"] == 1
    assert found["homogeneity"] == 0.5
    assert found["correlation"] == pytest.approx(-1)
    assert found["entropy"] == pytest.approx(np.log(2))
    assert downwards.shape == (LEVELS, LEVELS)


def test_filters_answer_to_their_direction() -> None:
    assert cosine(gabor(stripes(0.0)), gabor(stripes(np.pi / 2))) < 0.8
    assert cosine(gabor(stripes(0.0)), gabor(stripes(0.0) // 2)) > 0.95


def test_white_margins_do_not_matter_and_proportions_are_told() -> None:
    wide = picture()[:40]
    canvas = np.full((200, 300, 3), 255, dtype=np.uint8)
    canvas[70:110, 60 : 60 + SIDE] = wide
    assert np.array_equal(framed(canvas, 64).square, framed(wide, 64).square)
    assert np.array_equal(outline(framed(canvas, 64).product), outline(wide))
    assert not np.array_equal(outline(wide), outline(wide.transpose(1, 0, 2)))


def test_local_descriptors_have_length_one_where_there_is_something() -> None:
    found, seen = root_sift(
        np.stack([sift(picture()), sift(np.full((SIDE, SIDE, 3), 7, np.uint8))])
    )
    lengths = np.linalg.norm(found, axis=2)
    np.testing.assert_allclose(lengths[seen], 1, atol=1e-5)
    assert seen[0].all()
    assert not seen[1].any()


def test_fewer_descriptors_than_words_are_all_words() -> None:
    cells = sift(np.full((SIDE, SIDE, 3), 7, np.uint8))[None]
    nothing = learn_words(cells, 8, seed=0)
    assert nothing.describe(cells, "counts").shape[0] == 1
    known = learn_words(sift(picture())[None], 8, seed=0)
    counts = known.describe(sift(picture())[None], "counts")
    assert counts.shape == (1, 8)
    assert counts.sum() == 324


def test_scales_and_lengths() -> None:
    block = np.array([[1, 5], [3, 5]], dtype=np.float32)
    scaled = learn_scale(block, shared=False).apply(block)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1)
    assert unit(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]
    assert on_grid(np.array([0.3]), 1).tolist() == [0.5]
