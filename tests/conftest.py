"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from aisle import Catalog
from tests.products import product_rows

ROOT = Path(__file__).parents[1]

settings.register_profile("aisle", deadline=None)  # no test asserts on time
settings.load_profile("aisle")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real catalogues and weights beside the project; skips where it is absent."""
    folder = (ROOT / os.environ.get("AISLE_SHARED", "../shared")).resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"no real catalogues at {folder}; set AISLE_SHARED to where they are")
    return folder


@pytest.fixture(scope="session")
def products() -> Catalog:
    """Sixty products of three kinds."""
    return Catalog.read(product_rows(), target="kind")


@pytest.fixture(scope="session")
def priced() -> Catalog:
    """Ninety such products with their price as the target."""
    return Catalog.read(product_rows(90), target="price")
