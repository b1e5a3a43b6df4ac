"""Where the maps of a photograph lie."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.catalog.images.decoding import squared
from aisle.encoders.pretrained.folder import ImageInput
from aisle.encoders.pretrained.image import _FIT
from aisle.serving.page.frames import Frame, _box


@pytest.mark.parametrize("shape", [(120, 240), (240, 120), (200, 200)])
@pytest.mark.parametrize(("fit", "crop"), [("pad", 1.0), ("crop", 1.0), ("crop", 0.875)])
def test_a_box_says_what_of_the_photograph_the_network_sees(
    shape: tuple[int, int], fit: str, crop: float
) -> None:
    how = ImageInput(size=(100, 100), fit=fit, crop=crop, background=(255, 0, 0))
    # Every pixel says where it is: down in one channel, to the right in another.
    down, right = np.mgrid[0 : shape[0], 0 : shape[1]]
    photograph = np.stack(
        [np.zeros(shape), down / shape[0] * 250, right / shape[1] * 250], axis=-1
    ).astype(np.uint8)
    framed = _FIT[fit](photograph, how).astype(float)
    left, top, past, below = _box(photograph, how)
    inside = framed[..., 0] < 50
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    for at in (rows[3], rows[len(rows) // 2], rows[-4]):
        place = top + (below - top) * (at + 0.5) / 100
        assert framed[at, 50, 1] / 250 == pytest.approx(place, abs=0.015)
    for at in (columns[3], columns[len(columns) // 2], columns[-4]):
        place = left + (past - left) * (at + 0.5) / 100
        assert framed[50, at, 2] / 250 == pytest.approx(place, abs=0.015)


def test_a_frame_as_json() -> None:
    pixels = squared(np.zeros((10, 20, 3), np.uint8), 30)
    assert Frame(pixels, (0.0, -0.5, 1.0, 1.5)).to_dict() == {
        "width": 30,
        "height": 30,
        "box": [0.0, -0.5, 1.0, 1.5],
    }


def test_a_stretched_photograph_is_seen_whole() -> None:
    how = ImageInput(size=(100, 100), fit="stretch")
    assert _box(np.zeros((10, 20, 3), np.uint8), how) == (0, 0, 1, 1)
