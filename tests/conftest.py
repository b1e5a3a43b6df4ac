"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from aisle import Catalog
from tests.products import product_rows

ROOT = Path(__file__).parents[1]

settings.register_profile("aisle", deadline=None)  # no test asserts on time
settings.load_profile("aisle")


@pytest.fixture(scope="session", autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's caches and encoders, those of child processes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("AISLE_ENCODERS", raising=False)
        yield


@pytest.fixture(scope="session")
def weights(shared: Path) -> Path:
    """The folder of real encoder folders beside the project."""
    return shared / "weights"


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
