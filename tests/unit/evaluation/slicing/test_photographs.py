from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from aisle import Catalog
from aisle.catalog.images import reading
from aisle.evaluation.slicing.photographs import light, photograph_measures


def stored(pixels: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def test_brightness_sharpness_and_size_are_measured(tmp_path: Path) -> None:
    checks = np.indices((300, 500)).sum(axis=0) // 10 % 2 * 255
    sharp = np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8)
    files = {
        "dark": np.full((100, 80, 3), 20, np.uint8),
        "bright": np.full((60, 200, 3), 240, np.uint8),
        "sharp": sharp,
    }
    for name, pixels in files.items():
        (tmp_path / f"{name}.png").write_bytes(stored(pixels))
    rows = [{"title": name, "image": f"{name}.png"} for name in [*files, "lost"]]
    (tmp_path / "c.csv").write_text(
        "title,image\n" + "".join(f"{r['title']},{r['image']}\n" for r in rows), "utf-8"
    )
    products = Catalog.read(tmp_path / "c.csv", roles={"image": "image"})
    seen = photograph_measures(products)
    np.testing.assert_allclose(seen.brightness[:2], [20 / 255, 240 / 255], atol=0.01)
    assert seen.sharpness[0] == 0.0
    assert seen.sharpness[2] > 50
    assert seen.pixels[:3].tolist() == [80.0, 60.0, 300.0]
    assert np.isnan([seen.brightness[3], seen.sharpness[3], seen.pixels[3]]).all()


def test_a_sharp_photograph_is_as_sharp_at_any_larger_size() -> None:
    checks = (np.indices((240, 240)).sum(axis=0) // 20 % 2 * 255).astype(np.uint8)
    small = np.repeat(checks[:, :, None], 3, axis=2)
    large = small.repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_allclose(light(large), light(small), rtol=0.01)
    blurred = cv2.GaussianBlur(small, (0, 0), 5)
    assert light(blurred)[1] < light(small)[1] / 10


def test_hashes_taken_on_the_way_find_the_same_near_duplicates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    pixels = [cv2.resize(rng.integers(0, 255, (6, 6, 3), np.uint8), (90, 90)) for _ in range(4)]
    for at, picture in enumerate([*pixels, pixels[2]]):
        (tmp_path / f"{at}.png").write_bytes(stored(picture))
    lines = [f"{name},{at}.png" for at, name in enumerate(("mug", "lamp", "boot", "kite", "cup"))]
    (tmp_path / "c.csv").write_text("\n".join(["title,image", *lines]), "utf-8")
    expected = Catalog.read(tmp_path / "c.csv").find_groups().tolist()
    assert expected == [0, 1, 2, 3, 2]
    products = Catalog.read(tmp_path / "c.csv")
    photograph_measures(products, hashed=True)
    monkeypatch.setattr(reading, "content_of", lambda *_, **__: pytest.fail("read once more"))
    assert products.find_groups().tolist() == expected
