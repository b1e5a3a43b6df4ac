from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from aisle import pages


def opened(uri: str) -> Image.Image:
    head, content = uri.split(",", 1)
    assert head in ("data:image/webp;base64", "data:image/jpeg;base64")
    return Image.open(io.BytesIO(base64.b64decode(content, validate=True)))


def test_a_photograph_keeps_its_shape_and_its_colours() -> None:
    pixels = np.zeros((300, 600, 3), dtype=np.uint8)
    pixels[:, :, 0] = 200
    small = opened(pages.thumbnail(pixels, 120))
    assert small.size == (120, 60)
    red, green, blue = small.convert("RGB").getpixel((60, 30))
    assert abs(red - 200) < 12
    assert max(green, blue) < 12


def test_a_small_photograph_is_not_enlarged() -> None:
    assert opened(pages.thumbnail(np.zeros((10, 20, 3), dtype=np.uint8), 120)).size == (20, 10)


def test_the_same_pixels_give_the_same_bytes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    assert pages.thumbnail(pixels, 64) == pages.thumbnail(pixels.copy(), 64)
