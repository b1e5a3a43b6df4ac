from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from aisle.catalog.images import UnreadableImageError, decode
from aisle.evaluation.consistency.photographs import IMAGE_EDITS, edited


@pytest.fixture
def content() -> bytes:
    pixels = np.random.default_rng(0).integers(30, 200, (100, 150, 3)).astype(np.uint8)
    pixels[:, :50] = 60
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def test_each_edit_does_what_it_says(content: bytes) -> None:
    was = decode(content)
    now = {name: decode(edited(content, name)) for name in IMAGE_EDITS}
    assert now["crop"].shape == (92, 138, 3)
    np.testing.assert_array_equal(now["mirror"], was[:, ::-1])
    assert now["downscale"].shape == (50, 75, 3)
    assert now["brighter"].mean() == pytest.approx(1.1 * was.mean(), rel=0.02)
    assert now["darker"].mean() == pytest.approx(0.9 * was.mean(), rel=0.02)
    assert now["jpeg"].shape == was.shape
    assert 1 < np.abs(now["jpeg"].astype(int) - was).mean() < 60
    assert edited(content, "jpeg")[:3] == b"\xff\xd8\xff"


def test_what_is_no_photograph_is_refused() -> None:
    with pytest.raises(UnreadableImageError):
        edited(b"no photograph", "crop")
