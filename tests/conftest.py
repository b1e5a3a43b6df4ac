"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from aisle import Catalog
from tests.products import product_rows

ROOT = Path(__file__).parents[1]
_GZIP = b"\x1f\x8b"

settings.register_profile("aisle", deadline=None)  # no test asserts on time
settings.load_profile("aisle")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name gzip files by their size: they hold the time, and every worker must find one name."""
    return f"gzip of {len(val)} bytes" if isinstance(val, bytes) and val[:2] == _GZIP else None


@pytest.fixture(scope="session", autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's caches and encoders, those of child processes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("AISLE_ENCODERS", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _interrupts() -> Iterator[None]:
    """Let tests interrupt what they test, also where a shell runs them in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
