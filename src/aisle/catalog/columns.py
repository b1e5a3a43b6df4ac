"""Reading a table's columns as strings, numbers and vectors, whatever type they came in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog.prices import parse_money

Floats = npt.NDArray[np.float64]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def as_strings(column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as text; an empty or blank value is None.

    Whole floating point numbers lose their ``.0``, lists are joined by a space, so that an
    identifier or a class reads the same from a CSV and from a Parquet file.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_strings(pc.cast(column, kind.value_type))
    if _is_text(kind):
        return [value if value and not value.isspace() else None for value in column.to_pylist()]
    if pa.types.is_boolean(kind):
        return [None if value is None else str(value).lower() for value in column.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [None if not value else f"<{len(value)} bytes>" for value in column.to_pylist()]
    return [_as_string(value) for value in column.to_pylist()]


def _as_string(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list):
        return " ".join(str(item) for item in value if item is not None) or None
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def as_numbers(column: pa.ChunkedArray) -> Floats:
    """Return a column as float64 (rows,); what is missing or no number is NaN.

    Texts may hold money (``$1,299.00``) or words for "missing" (``No rating available``).
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
        kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        numbers = np.asarray(numbers, dtype=np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    return parse_numbers(as_strings(column))


def parse_numbers(values: Sequence[str | None]) -> Floats:
    """Parse each text as a number or an amount of money; NaN where it is neither."""
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            number = float(value)
        except ValueError:
            money = parse_money(value)
            number = np.nan if money is None else money
        if np.isfinite(number):
            numbers[row] = number
    return numbers


def as_vectors(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return a column of number lists as float32 (rows, dimension) and which rows have one.

    A row whose list is missing, of another length, or holds a value that is not finite has no
    vector: zeros in the matrix, False in the mask.
    """
    values = column.to_pylist()
    lengths = np.array([len(value) if value else 0 for value in values], dtype=np.int64)
    dimension = int(np.bincount(lengths[lengths > 0]).argmax()) if (lengths > 0).any() else 0
    matrix = np.zeros((len(values), dimension), dtype=np.float32)
    present = np.zeros(len(values), dtype=bool)
    for row in np.flatnonzero(lengths == dimension):
        if dimension == 0:
            break
        vector = np.array(values[row], dtype=np.float32)
        if np.isfinite(vector).all():
            matrix[row], present[row] = vector, True
    return matrix, present


def is_vector(kind: pa.DataType) -> bool:
    """Say whether a column type is a list of numbers."""
    listed = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return bool(
        listed and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))
    )
