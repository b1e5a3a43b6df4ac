"""The sample catalogue: a believable shop, made up from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisle.catalog.sample.options import SampleOptions
from aisle.catalog.sample.products import Product, sample_products, sample_table
from aisle.catalog.sample.writing import make_sample

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "Product",
    "SampleOptions",
    "draw_product",
    "make_sample",
    "sample_products",
    "sample_table",
]


def draw_product(product: Product, size: int) -> Image:
    """Return the photograph of a product; see `aisle.catalog.sample.drawing.draw_product`."""
    from aisle.catalog.sample.drawing import draw_product as draw

    return draw(product, size)
