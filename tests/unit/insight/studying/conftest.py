"""A small catalogue with texts, photographs and classes, and its study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, study
from aisle.insight import Study
from tests.products import product_rows

COLOURS = {"Mugs": (200, 30, 30), "Lamps": (30, 180, 40), "Boots": (40, 40, 200)}


@pytest.fixture(scope="session")
def photographed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Sixty products whose photographs show their kind by colour; two have no kind."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    rows = product_rows(60)
    for number, row in enumerate(rows):
        noise = rng.integers(0, 40, (40, 40, 3))
        pixels = np.clip(np.array(COLOURS[str(row["kind"])]) + noise, 0, 255).astype(np.uint8)
        path = Path(folder) / f"{number}.png"
        Image.fromarray(pixels).save(path)
        row["photo"] = str(path) if number != 11 else None
    rows[3]["kind"] = rows[4]["kind"] = None
    return Catalog.read(rows, target="kind", roles={"photo": "image", "title": "text"})


@pytest.fixture(scope="session")
def found(photographed: Catalog) -> Study:
    """Texts three ways and photographs, in three projections."""
    names = ["tfidf", "tfidf-lemmas", "tfidf-stems", "colour", "tfidf+colour"]
    return study(photographed, names, seeds=3)
