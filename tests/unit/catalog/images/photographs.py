"""Made-up photographs for the tests of hashes and groups."""

from __future__ import annotations

import cv2
import numpy as np

from aisle.catalog.images import Pixels, decode


def photograph(seed: int, height: int = 300, width: int = 240) -> Pixels:
    """Draw a thing with parts of every size, in the middle of a white ground."""
    rng = np.random.default_rng(seed)
    tall, wide = height * 3 // 4, width * 3 // 4
    shades = np.full((tall, wide, 3), 110.0)
    for parts in (3, 6, 12, 24):
        cells = rng.normal(0, 120 / parts**0.5, (parts, parts, 3))
        shades += cv2.resize(cells, (wide, tall), interpolation=cv2.INTER_CUBIC)
    pixels = np.full((height, width, 3), 255, np.uint8)
    top, left = height // 8, width // 8
    pixels[top : top + tall, left : left + wide] = np.clip(shades, 0, 215)
    return pixels


def reencoded(pixels: Pixels, suffix: str = ".jpg", quality: int = 60) -> Pixels:
    """Compress and decode."""
    kind = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    options = [] if suffix == ".png" else [kind, quality]
    return decode(encoded(pixels, suffix, options))


def encoded(pixels: Pixels, suffix: str, options: list[int]) -> bytes:
    return bytes(cv2.imencode(suffix, pixels[:, :, ::-1], options)[1].tobytes())


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))


def padded(pixels: Pixels, top: int, left: int, shade: int = 255) -> Pixels:
    """Add a plain margin above and below, and one on both sides."""
    colour = (shade, shade, shade)
    return np.asarray(
        cv2.copyMakeBorder(pixels, top, top, left, left, cv2.BORDER_CONSTANT, value=colour)
    )
