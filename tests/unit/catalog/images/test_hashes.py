"""Perceptual hashes: what changes few of their bits, what many, and what has none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aisle.catalog.images import Pixels, decode
from aisle.catalog.images.groups import CONTENT, WHOLE
from aisle.catalog.images.hashes import HASH_BYTES, LEAST_BITS, SIDE, perceptual_hash
from tests.unit.catalog.images.photographs import encoded, padded, photograph, reencoded, resized


def halves(pixels: Pixels) -> np.ndarray:
    """Return the bits of a hash, bool (2, 256)."""
    found = perceptual_hash(pixels)
    assert found is not None
    assert len(found) == HASH_BYTES
    return np.unpackbits(np.frombuffer(found, np.uint8)).reshape(2, -1).astype(bool)


def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return which share of the bits set in either is set in one alone, for both halves."""
    return (first ^ second).sum(axis=1) / (first | second).sum(axis=1)


SAME_PICTURE: dict[str, Callable[[Pixels], Pixels]] = {
    "half": lambda p: resized(p, 120, 150),
    "a third": lambda p: resized(p, 80, 100),
    "twice": lambda p: np.asarray(cv2.resize(p, (480, 600), interpolation=cv2.INTER_CUBIC)),
    "stretched": lambda p: resized(p, 224, 224),
    "quality 30": lambda p: reencoded(p, quality=30),
    "WebP": lambda p: reencoded(p, ".webp"),
    "darker": lambda p: (p * 0.9).astype(np.uint8),
    "grey": lambda p: np.repeat(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2),
    "cropped": lambda p: p[1:-2, 1:-1],
}


@pytest.mark.parametrize("change", SAME_PICTURE)
@pytest.mark.parametrize("seed", range(5))
def test_the_whole_picture_is_known_again(change: str, seed: int) -> None:
    pixels = photograph(seed)
    changed = reencoded(np.ascontiguousarray(SAME_PICTURE[change](pixels)))
    assert apart(halves(pixels), halves(changed))[0] <= 1 / WHOLE


@pytest.mark.parametrize("shade", [255, 200, 0])
@pytest.mark.parametrize(("top", "left"), [(0, 30), (15, 15), (60, 90)])
def test_content_is_known_again_in_wider_margins(top: int, left: int, shade: int) -> None:
    pixels = photograph(1)[37:-38, 30:-30]  # no margins of its own
    changed = reencoded(padded(pixels, top, left, shade), quality=85)
    whole, content = apart(halves(pixels), halves(changed))
    assert content <= 1 / CONTENT
    assert whole > 1 / WHOLE


def test_different_pictures_are_far_apart() -> None:
    hashes = [halves(photograph(seed)) for seed in range(20)]
    for n, first in enumerate(hashes):
        for second in hashes[:n]:
            assert (apart(first, second) > 0.4).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("scale", [2, 5, 9])
def test_a_photograph_decoded_at_a_reduced_scale_has_the_same_hash(suffix: str, scale: int) -> None:
    small = photograph(3)
    large = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    content = encoded(np.asarray(large), suffix, [])
    reduced = decode(content, side=SIDE)
    assert (reduced.shape < large.shape) == (suffix == ".jpg")
    assert apart(halves(decode(content)), halves(reduced))[0] < 1 / 20


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def slope(axis: int) -> Pixels:
    shades = np.linspace(180, 250, 200).astype(np.uint8)
    return np.repeat(np.broadcast_to(np.expand_dims(shades, 1 - axis), (200, 200))[..., None], 3, 2)


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 200, 3), 255, np.uint8),
        np.full((1, 1, 3), 7, np.uint8),
        np.full((40, 900, 3), (200, 30, 30), np.uint8),
        reencoded(noisy(np.full((300, 300, 3), 250, np.uint8), 4), quality=40),
        slope(0),
        slope(1),
    ],
)
def test_a_picture_without_structure_has_no_hash(pixels: Pixels) -> None:
    assert perceptual_hash(np.ascontiguousarray(pixels)) is None


def test_plain_content_tells_nothing_beside_the_whole() -> None:
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[50:120, 60:170] = (180, 20, 20)
    whole, content = halves(pixels)
    assert whole.sum() >= LEAST_BITS
    assert content.sum() < LEAST_BITS


def test_a_speck_in_the_margin_is_no_content() -> None:
    pixels = padded(photograph(2), 20, 60)
    specked = pixels.copy()
    specked[3:5, 3:5] = 0
    assert apart(halves(pixels), halves(specked))[1] < 1 / 20


def test_thin_things_are_content() -> None:
    pixels = np.full((256, 256, 3), 255, np.uint8)
    pixels[40:220, 120:124] = 0
    pixels[40:52, 60:190] = np.linspace(0, 200, 130).astype(np.uint8)[:, None]
    wider = padded(pixels, 0, 80)
    assert apart(halves(pixels), halves(wider))[1] <= 1 / CONTENT


def test_symmetric_things_keep_their_bits() -> None:
    pixels = np.full((300, 300, 3), 255, np.uint8)
    for radius, shade in ((110, 40), (80, 200), (50, 90), (20, 250)):
        cv2.circle(pixels, (150, 150), radius, (shade, shade, 60), -1)
    for quality in (30, 90):
        changed = reencoded(resized(pixels, 130, 130), quality=quality)
        assert apart(halves(pixels), halves(changed))[0] <= 1 / WHOLE


@settings(max_examples=50)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_picture_is_hashed_and_unharmed(pixels: Pixels) -> None:
    before = pixels.copy()
    found = perceptual_hash(pixels)
    assert found is None or len(found) == HASH_BYTES
    assert np.array_equal(pixels, before)


def test_hashes_are_the_same_on_any_number_of_threads() -> None:
    photographs = [noisy(photograph(seed), 20) for seed in range(12)]
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = [perceptual_hash(pixels) for pixels in photographs]
        cv2.setNumThreads(4)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(perceptual_hash, photographs)) == alone
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.shared
@pytest.mark.parametrize("catalogue", ["flipkart", "bestbuy"])
def test_real_photographs_are_known_again(shared: Path, catalogue: str) -> None:
    files = sorted((shared / "data" / catalogue / "images").glob("*.jpg"))[::40]
    found = 0
    for file in files:
        pixels = decode(file)
        smaller = resized(pixels, max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
        found += apart(halves(pixels), halves(reencoded(smaller, ".webp")))[0] <= 1 / WHOLE
    assert found >= 0.97 * len(files)
