"""Aisle puts every product in the right aisle."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.catalog import Catalog as Catalog
    from aisle.catalog import Role as Role
    from aisle.catalog import Schema as Schema
    from aisle.errors import AisleError as AisleError
    from aisle.evaluation import evaluate as evaluate
    from aisle.insight import audit as audit
    from aisle.insight import explain as explain
    from aisle.insight import inspect as inspect
    from aisle.insight import study as study
    from aisle.models import ProductClassifier as ProductClassifier
    from aisle.models import ProductRegressor as ProductRegressor
    from aisle.models import load_model as load_model

__version__ = "0.1.0"

_HOMES = {
    "AisleError": "aisle.errors",
    "Catalog": "aisle.catalog",
    "ProductClassifier": "aisle.models",
    "ProductRegressor": "aisle.models",
    "Role": "aisle.catalog",
    "Schema": "aisle.catalog",
    "audit": "aisle.insight",
    "evaluate": "aisle.evaluation",
    "explain": "aisle.insight",
    "inspect": "aisle.insight",
    "load_model": "aisle.models",
    "study": "aisle.insight",
}

__all__ = [*sorted(_HOMES), "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import aisle` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
