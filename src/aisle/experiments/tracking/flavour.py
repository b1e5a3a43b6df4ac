"""How MLflow loads a model of Aisle: it names this module in the model's description.

MLflow's own way to keep a Python object is to pickle it. With a loader module the model's data is
the bundle itself, which runs no code when it is read.
"""

from __future__ import annotations

from typing import Any

from aisle.models import ProductModel, load_model


class BundleModel:
    """A model that answers in the form that MLflow expects.

    Parameters
    ----------
    model
        Fitted.
    """

    def __init__(self, model: ProductModel) -> None:
        self.model = model

    def predict(self, products: Any) -> Any:
        """Answer for a frame of products with a pandas DataFrame of the columns of `predict`."""
        return self.model.predict(products).to_pandas()


def _load_pyfunc(path: str) -> BundleModel:
    """Load the bundle at `path`; MLflow calls this by its name."""
    return BundleModel(load_model(path))
