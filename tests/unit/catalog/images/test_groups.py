"""Products grouped by photograph: near ones, placeholders, and real catalogues."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.images import Pixels, references
from aisle.catalog.images.groups import grouped, image_groups, photograph_hashes
from aisle.catalog.images.hashes import HASH_BYTES, perceptual_hash
from aisle.catalog.images.unreadable import UnreadableImageError
from tests.unit.catalog.images.photographs import (
    encoded,
    padded,
    photograph,
    reencoded,
    resized,
)


def made_up(number: int) -> bytes:
    bits = np.random.default_rng(number).random(8 * HASH_BYTES) < 0.46
    return np.packbits(bits).tobytes()


def near(value: bytes, count: int, seed: int = 0) -> bytes:
    """Flip so many bits of the half for the whole picture, and all of the other."""
    bits = np.unpackbits(np.frombuffer(value, np.uint8))
    bits[256:] ^= 1
    bits[np.random.default_rng(seed).choice(256, count, replace=False)] ^= 1
    return np.packbits(bits).tobytes()


def test_nothing_to_group() -> None:
    assert image_groups([]).shape == (0,)
    assert image_groups([None, None]).tolist() == [0, 1]
    assert image_groups([]).dtype == np.int64


def test_the_same_and_nearly_the_same_photographs_are_groups() -> None:
    first, second, other = made_up(1), made_up(2), made_up(3)
    hashes = [None, first, other, near(first, 8), second, None, first, second]
    assert image_groups(hashes).tolist() == [0, 1, 2, 1, 3, 4, 1, 3]


def test_nearness_chains() -> None:
    chain = [made_up(1)]
    for step in range(3):
        chain.append(near(chain[-1], 12, step))
    assert image_groups(chain).tolist() == [0] * 4
    assert image_groups([chain[0], chain[3]]).tolist() == [0, 1]


@given(
    st.lists(st.none() | st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40),
    st.integers(0, 99),
)
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int] | None], seed: int) -> None:
    hashes = [None if row is None else near(made_up(row[0]), 3 * row[1], row[1]) for row in rows]
    order = np.random.default_rng(seed).permutation(len(rows))
    found, again = image_groups(hashes), image_groups([hashes[row] for row in order])
    same = found[:, None] == found
    assert np.array_equal(same[np.ix_(order, order)], again[:, None] == again)


def with_shared(value: bytes, times: int, rows: int) -> list[bytes | None]:
    return [value] * times + [made_up(n) for n in range(1000, 1000 + rows - times)]


def test_a_photograph_of_too_many_products_is_a_placeholder() -> None:
    shared = with_shared(made_up(1), 7, 60)
    found = grouped(shared)
    assert found.groups.tolist() == list(range(60))
    assert found.placeholder.tolist() == [True] * 7 + [False] * 53


@pytest.mark.parametrize(("times", "rows"), [(6, 60), (5, 5), (5, 20)])
def test_a_photograph_of_several_products_is_none(times: int, rows: int) -> None:
    found = grouped(with_shared(made_up(1), times, rows))
    assert len(set(found.groups[:times])) == 1
    assert not found.placeholder.any()


def test_in_a_large_catalogue_fewer_are_too_many() -> None:
    rows = 40_000  # ten times its square root is 2,000, a tenth of it 4,000
    rng = np.random.default_rng(0)
    others = np.packbits(rng.random((rows, 8 * HASH_BYTES), np.float32) < 0.46, axis=1)
    hashes: list[bytes | None] = [row.tobytes() for row in others]
    hashes[:2001] = [made_up(1)] * 2001
    hashes[3000:5000] = [made_up(2)] * 2000
    found = grouped(hashes)
    assert found.placeholder[:2001].all()
    assert found.placeholder.sum() == 2001
    assert len(set(found.groups[3000:5000])) == 1


def test_a_placeholder_is_known_however_it_is_encoded() -> None:
    soon = np.full((240, 240, 3), 255, np.uint8)
    cv2.putText(soon, "image coming", (15, 110), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (90, 90, 90), 2)
    cv2.putText(soon, "soon", (80, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (90, 90, 90), 2)
    versions = [perceptual_hash(reencoded(soon, quality=q)) for q in (95, 80, 60, 95, 80, 60, 80)]
    found = grouped(versions + [made_up(n) for n in range(20)])
    assert found.placeholder.tolist() == [True] * 7 + [False] * 20


def mug(print_: Pixels) -> Pixels:
    """Mount a print on the photograph of one mug."""
    pixels = np.full((240, 240, 3), 255, np.uint8)
    cv2.rectangle(pixels, (40, 20), (180, 220), (30, 30, 40), -1)
    cv2.ellipse(pixels, (185, 120), (30, 60), 0, -90, 90, (30, 30, 40), 12)
    pixels[80:120, 80:120] = resized(print_, 40, 40)
    return pixels


def test_mock_ups_with_different_prints_fall_apart_where_they_are_many() -> None:
    mugs = [perceptual_hash(mug(photograph(seed)[40:250, 40:200] // 4)) for seed in range(30)]
    others = [made_up(number) for number in range(1000)]
    assert np.bincount(image_groups(mugs + others)).max() > 20
    found = grouped([*mugs, mugs[4], *others[:10]])
    assert np.bincount(found.groups).max() <= 5
    assert found.groups[30] == found.groups[4]
    assert not found.placeholder.any()


def test_photographs_are_hashed_wherever_they_are(tmp_path: Path) -> None:
    shirt, mug_ = photograph(1), photograph(2)
    (tmp_path / "shirt.jpg").write_bytes(encoded(shirt, ".jpg", []))
    (tmp_path / "small.webp").write_bytes(encoded(resized(shirt, 100, 125), ".webp", []))
    (tmp_path / "wide.png").write_bytes(encoded(padded(shirt, 10, 80), ".png", []))
    (tmp_path / "mug.png").write_bytes(encoded(mug_, ".png", []))
    (tmp_path / "white.png").write_bytes(encoded(np.full_like(shirt, 255), ".png", []))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    names = ["shirt.jpg", "white.png", "small.webp", "mug.png", "broken.jpg", "", "wide.png"]
    images = [references(name, tmp_path) for name in [*names, "https://shop.example/a.jpg"]]

    def fetch(address: str) -> bytes:
        if address != "https://shop.example/a.jpg":
            raise UnreadableImageError("HTTP 404")
        return encoded(shirt, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 40])

    told: list[tuple[str, int, int]] = []
    results = photograph_hashes(images, fetch=fetch, progress=lambda *what: told.append(what))
    assert image_groups([result.value for result in results]).tolist() == [0, 1, 0, 2, 3, 4, 0, 0]
    assert [row for row, result in enumerate(results) if result.value is None] == [1, 4, 5]
    assert [row for row, result in enumerate(results) if result.error is not None] == [4]
    assert told[-1][1:] == (8, 8)


@pytest.mark.shared
def test_the_shared_photographs_of_flipkart_are_found(shared: Path) -> None:
    files = sorted((shared / "data" / "flipkart" / "images").glob("*.jpg"))
    results = photograph_hashes([references(str(file), None) for file in files])
    found = grouped([result.value for result in results])
    sizes = np.bincount(found.groups)
    # Six photographs of 22 products, one blanket in two colours, one pizza cutter in two widths.
    assert sorted(sizes[sizes > 1].tolist()) == [2, 2, 2, 3, 3, 3, 4, 7]
    assert not found.placeholder.any()
    assert all(result.error is None for result in results)
