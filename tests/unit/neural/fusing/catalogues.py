"""Features of two modalities, of which one tells more than the other."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from aisle.encoders import Features

CLASSES = 4


def made(
    rows: int = 240, seed: int = 0, absent: float = 0.0, clear: float = 2.0
) -> tuple[dict[str, Features], np.ndarray]:
    """Return dense photographs and sparse texts, told apart as `clear`ly, and classes of rows."""
    dice = np.random.default_rng(seed)
    codes = dice.integers(0, CLASSES, rows)
    image = dice.normal(size=(rows, 12)).astype(np.float32)
    image[:, :CLASSES] += 2.0 * np.eye(CLASSES, dtype=np.float32)[codes]
    text = sparse.random(rows, 200, 0.05, format="csr", rng=np.random.default_rng(seed))
    told = sparse.csr_matrix((np.full(rows, clear), (np.arange(rows), codes)), shape=text.shape)
    words = (text + told).astype(np.float32).tocsr()
    has_image, has_text = dice.random(rows) >= absent, dice.random(rows) >= absent
    image[~has_image] = 0
    words = sparse.diags(has_text.astype(np.float32), format="csr") @ words
    return {"text": Features(words.tocsr(), has_text), "image": Features(image, has_image)}, codes
