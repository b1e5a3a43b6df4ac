"""Loading a model without knowing which kind it is."""

from __future__ import annotations

from pathlib import Path

from aisle.models.bundle import read_bundle
from aisle.models.classifier import ProductClassifier
from aisle.models.regressor import ProductRegressor


def load_model(path: str | Path) -> ProductClassifier | ProductRegressor:
    """Read a classifier or a regressor from a bundle.

    Raises
    ------
    BundleError
        If the file is damaged, is no bundle, or needs an encoder that is not installed.
    """
    bundle = read_bundle(path)
    if bundle.manifest["kind"] == ProductRegressor.kind:
        return ProductRegressor.from_bundle(bundle, str(path))
    return ProductClassifier.from_bundle(bundle, str(path))
