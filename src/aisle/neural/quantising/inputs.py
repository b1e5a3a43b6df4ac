"""What networks are calibrated on, and what they are measured on: never the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from aisle.catalog.images import Pixels
from aisle.catalog.sample import SampleOptions, draw_product, sample_products
from aisle.encoders.pretrained.folder import EncoderDescription
from aisle.errors import EncoderError

T = TypeVar("T")

_FEWEST = 8
_TO_CALIBRATE = 48
_TO_MEASURE = 48
_SAMPLE_CATEGORIES = 26


@dataclass(frozen=True)
class Inputs(Generic[T]):
    """Products' texts or photographs.

    Parameters
    ----------
    calibration
        Their activations decide the scales of a static quantisation.
    measured
        Others, on which time and agreement are measured.
    """

    calibration: Sequence[T]
    measured: Sequence[T]


def text_inputs(texts: Sequence[str]) -> Inputs[str]:
    """Divide texts; without any, those of the sample catalogue are taken.

    Raises
    ------
    EncoderError
        If there are some, but too few different ones.
    """
    distinct = list(dict.fromkeys(text for text in texts if text.strip()))
    return _divided(distinct, "texts") if texts else _divided(_sample_texts(), "texts")


def image_inputs(images: Sequence[Pixels], description: EncoderDescription) -> Inputs[Pixels]:
    """Divide photographs; without any, pictures of sample products are drawn.

    Raises
    ------
    EncoderError
        If there are some, but too few.
    """
    if images:
        return _divided(images, "images")
    assert description.image is not None
    return _divided(_sample_pictures(max(description.image.size)), "images")


def _divided(given: Sequence[T], what: str) -> Inputs[T]:
    """Take every third input for the measurement, evenly over all that are given."""
    if len(given) < _FEWEST:
        raise EncoderError(
            f"{what}: expected at least {_FEWEST} different ones to calibrate and to measure "
            f"networks, found {len(given)}; give more, or none to take the sample catalogue's"
        )
    measured = [item for at, item in enumerate(given) if at % 3 == 2]
    rest = [item for at, item in enumerate(given) if at % 3 != 2]
    return Inputs(_spread(rest, _TO_CALIBRATE), _spread(measured, _TO_MEASURE))


def _spread(items: Sequence[T], most: int) -> list[T]:
    """Take at most so many items, evenly over all."""
    count = min(most, len(items))
    return [items[at * len(items) // count] for at in range(count)]


def _sample() -> SampleOptions:
    return SampleOptions(
        products=_TO_CALIBRATE + _TO_MEASURE,
        categories=_SAMPLE_CATEGORIES,
        missing_text=0,
        missing_image=0,
        near_duplicates=0,
    )


def _sample_texts() -> list[str]:
    products = sample_products(_sample())
    texts = (f"{product.title or ''} {product.description or ''}".strip() for product in products)
    return list(dict.fromkeys(text for text in texts if text))


def _sample_pictures(size: int) -> list[Pixels]:
    return [
        np.asarray(draw_product(product, max(size, 16)).convert("RGB"), dtype=np.uint8)
        for product in sample_products(_sample())
    ]
