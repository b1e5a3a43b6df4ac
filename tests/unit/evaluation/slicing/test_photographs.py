from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from aisle import Catalog
from aisle.evaluation.slicing.photographs import photograph_measures


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
