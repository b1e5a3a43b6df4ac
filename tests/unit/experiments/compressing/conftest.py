"""A trained model and its catalogue, small enough to be compressed in a second."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.models import ProductClassifier
from tests.products import product_rows


@pytest.fixture(scope="session")
def shop() -> Catalog:
    """Products whose titles hold many words that say nothing; every fifth category is wrong."""
    rng = np.random.default_rng(7)
    rows = product_rows(120)
    filler = [f"word{number}" for number in range(150)]
    for number, row in enumerate(rows):
        row["title"] = f"{row['title']} {' '.join(rng.choice(filler, 8))}"
        if number % 5 == 0:
            row["kind"] = str(rng.choice(["Mugs", "Lamps", "Boots"]))
    return Catalog.read(rows, target="kind")


@pytest.fixture(scope="session")
def fitted(shop: Catalog) -> ProductClassifier:
    """A model of two experts and early fusion."""
    settings = ["folds=3", "learning_curve=false", "fusion=early"]
    return ProductClassifier(recipe="fast", settings=settings).fit(shop)
