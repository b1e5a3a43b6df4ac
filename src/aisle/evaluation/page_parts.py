"""What the pages of classifiers and of regressors share: columns as arrays, and names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle.evaluation.results import Evaluation

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

LISTED = 20
"""How many single products a page lists at most."""


def ids(found: Evaluation) -> Names:
    """Return the products' identifiers (rows,), ``row N`` where there is none."""
    values = found.predictions["id"].to_pylist()
    return np.array(
        [f"row {row}" if value is None else str(value) for row, value in enumerate(values)],
        dtype=object,
    )


def floats(found: Evaluation, column: str) -> Floats:
    """Return a column of the predictions, float64 (rows,), NaN where it is empty."""
    values = found.predictions[column].to_pylist()
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def expert_name(name: str) -> str:
    """Return an expert's name with room around each +."""
    return name.replace("+", " + ")
