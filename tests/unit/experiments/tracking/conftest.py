"""A fitted model, its bundle, and stores in folders of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier


@pytest.fixture(scope="session")
def model(products: Catalog) -> ProductClassifier:
    return ProductClassifier(recipe="fast", settings=["folds=2"], seed=3).fit(products)


@pytest.fixture(scope="session")
def bundle(model: ProductClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "model.aisle"
    model.save(path)
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where local stores are kept, with no server and no login anywhere."""
    monkeypatch.setenv("AISLE_TRACK_DIR", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "own" / name.lower()))
    for name in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
