"""What is worth writing down of a training, in the flat form that trackers take."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from numbers import Real
from typing import Any

from aisle.experiments.tracking.tracker import Parameter
from aisle.models import ProductModel

LIBRARIES = (
    "aisle",
    "numpy",
    "scipy",
    "pyarrow",
    "scikit-learn",
    "lightgbm",
    "onnxruntime",
    "tokenizers",
    "skops",
    "safetensors",
)
"""The libraries whose versions a prediction depends on."""


def parameters(model: ProductModel) -> dict[str, Parameter]:
    """Return what a model was fitted from: recipe, seed, rows, and the versions of libraries."""
    found: dict[str, Parameter] = {
        "task": model.task.value,
        "target": model.schema_.target or "",
        "seed": int(model.seed),
        "rows": model.rows_,
        "modalities": ", ".join(model.modalities_),
    }
    classes = getattr(model, "classes_", None)
    if classes is not None:
        found["classes"] = len(classes)
    found |= {name: value for name, value in model.metrics_.items() if isinstance(value, str)}
    found |= {f"recipe.{name}": value for name, value in _recipe(model)}
    return found | {f"version.{name}": value for name, value in versions().items()}


def metrics(model: ProductModel) -> dict[str, float]:
    """Return the scores of training, those inside of others with a stroke: ``experts/text``."""
    return {
        name: float(value)
        for name, value in flattened(model.metrics_, "/")
        if _is_number(value) and math.isfinite(value)
    }


def curves(model: ProductModel) -> dict[str, list[float]]:
    """Return what parts of the model kept of each epoch of their training.

    A part that learns in epochs (an encoder, an expert or its head) keeps ``curves_``, by name a
    number an epoch.

    Returns
    -------
    dict
        Such as ``curves/text/loss``; the first number is of epoch 1.
    """
    parts: list[tuple[str, object]] = list(model.plan_.encoders.items())
    for name, expert in model.plan_.experts.items():
        parts += [(name, expert), (name, expert.head), (name, getattr(expert, "network", None))]
    found: dict[str, list[float]] = {}
    for name, part in parts:
        kept = getattr(part, "curves_", None)
        for curve, values in kept.items() if isinstance(kept, Mapping) else ():
            if all(_is_number(value) for value in values):
                found[f"curves/{name}/{curve}"] = [float(value) for value in values]
    return found


def learning_curve(model: ProductModel) -> list[tuple[int, float]]:
    """Return how the score grew with the number of training rows: pairs of rows and score."""
    points = model.metrics_.get("learning_curve") or []
    return [(int(point["rows"]), float(point["score"])) for point in points]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries in `LIBRARIES` that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a wheel of another name may bring the same library
    return found


def flattened(nested: Mapping[str, Any], separator: str) -> Iterator[tuple[str, Any]]:
    """Yield what lies in nested mappings, the keys on the way joined; lists stay as they are."""
    for key, value in nested.items():
        if isinstance(value, Mapping):
            for inner, leaf in flattened(value, separator):
                yield f"{key}{separator}{inner}", leaf
        else:
            yield str(key), value


def _recipe(model: ProductModel) -> Iterator[tuple[str, Parameter]]:
    for name, value in flattened(_numbered(model.recipe_.model_dump(mode="json")), "."):
        yield name, value if isinstance(value, bool | int | float | str) else str(value)


def _numbered(value: Any) -> Any:
    """Turn lists of mappings (the encoders of an expert) into mappings by place."""
    if isinstance(value, Mapping):
        return {key: _numbered(inner) for key, inner in value.items()}
    nested = isinstance(value, Sequence) and not isinstance(value, str)
    if nested and any(isinstance(item, Mapping) for item in value):
        return {str(place): _numbered(item) for place, item in enumerate(value)}
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
