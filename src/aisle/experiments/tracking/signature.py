"""What a model of Aisle reads and answers, in MLflow's words."""

from __future__ import annotations

from typing import Any

from aisle.catalog import Role, Task
from aisle.experiments.tracking import facts
from aisle.experiments.tracking.tracker import library
from aisle.models import ProductModel


def signature(model: ProductModel) -> Any:
    """Return the ``ModelSignature`` of a fitted model.

    Every input is optional and of the type ``Any``. As ``double``, MLflow would refuse whole
    prices (int64), and as ``string`` a text column that happens to be empty or to hold numbers
    alone, all of which the model reads. `roles` says what each column is meant to be.
    """
    schemas, types = library("mlflow.models"), library("mlflow.types.schema")
    columns = [types.ColSpec(types.AnyType(), name, required=False) for name in roles(model)]
    return schemas.ModelSignature(inputs=types.Schema(columns), outputs=_outputs(model, types))


def roles(model: ProductModel) -> dict[str, str]:
    """Return the role of every column that may be given to `model`, by name."""
    return {c.name: c.role.value for c in model.schema_ if c.role is not Role.TARGET}


def requirements() -> list[str]:
    """Return what has to be installed where the model is loaded, in the versions here."""
    found = facts.versions()
    del found["python"]
    return [f"{name}=={number}" for name, number in found.items()] + ["pandas", "mlflow"]


def _outputs(model: ProductModel, types: Any) -> Any:
    text, number = types.DataType.string, types.DataType.double
    columns = [types.ColSpec(text, "id")]
    if model.task is Task.CLASSIFY:
        alternative = types.Object(
            [types.Property("category", text), types.Property("probability", number)]
        )
        columns += [
            types.ColSpec(text, "category"),
            types.ColSpec(number, "confidence"),
            types.ColSpec(text, "decision"),
            types.ColSpec(types.Array(alternative), "alternatives"),
        ]
    else:
        columns += [types.ColSpec(number, name) for name in ("value", "low", "high")]
    columns += [
        types.ColSpec(types.Array(text), "modalities"),
        types.ColSpec(text, "error", required=False),
    ]
    return types.Schema(columns)
