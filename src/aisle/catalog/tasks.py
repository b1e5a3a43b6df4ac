"""Whether a target column holds classes or a quantity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from aisle.catalog.columns import as_numbers, as_strings
from aisle.catalog.schema import Task


def infer_task(column: pa.ChunkedArray) -> Task:
    """Return regress for numbers that measure, classify for names and codes.

    Numbers measure when some have a fraction, or when there are too many different ones to be
    codes: more than 50, and more than one for every 20 rows.
    """
    if pa.types.is_boolean(column.type):
        return Task.CLASSIFY
    numbers = as_numbers(column)
    finite = numbers[np.isfinite(numbers)]
    written = sum(value is not None for value in as_strings(column))
    if len(finite) < 0.95 * written or len(finite) == 0:
        return Task.CLASSIFY
    distinct = len(np.unique(finite))
    fractions = bool((finite != np.round(finite)).any())
    if (fractions and distinct > 2) or distinct > max(50, 0.05 * len(finite)):
        return Task.REGRESS
    return Task.CLASSIFY
