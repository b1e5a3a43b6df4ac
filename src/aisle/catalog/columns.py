"""Reading a table's columns as strings, numbers and vectors, whatever type they came in."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog.prices import parse_money

Floats = npt.NDArray[np.float64]

VECTOR_TEXT = re.compile(r"\s*\[\s*-?\d[\d.eE+\-,\s]*\]\s*$")
"""A list of numbers as JSON writes it."""


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def as_strings(column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as text; an empty or blank value is None.

    Whole floating point numbers lose their ``.0``, lists are joined by a space, so that an
    identifier or a class reads the same from a CSV and from a Parquet file.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        chunks = [chunk.dictionary.take(chunk.indices) for chunk in column.chunks]
        return as_strings(pa.chunked_array(chunks, type=kind.value_type))
    if _is_text(kind):
        return [value if value and not value.isspace() else None for value in column.to_pylist()]
    if pa.types.is_integer(kind):
        strings: list[str | None] = pc.cast(column, pa.string()).to_pylist()
        return strings
    if pa.types.is_boolean(kind):
        return [None if value is None else str(value).lower() for value in column.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [None if not value else f"<{len(value)} bytes>" for value in column.to_pylist()]
    return [_as_string(value) for value in column.to_pylist()]


def _as_string(value: Any) -> str | None:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = float(value)
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        text = str(int(value)) if whole else "" if math.isnan(value) else repr(value)
    elif isinstance(value, list):
        text = " ".join(str(item) for item in value if item is not None)
    elif isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = "" if value is None else str(value)
    return text if text and not text.isspace() else None


def as_numbers(column: pa.ChunkedArray) -> Floats:
    """Return a column as float64 (rows,); what is missing or no number is NaN.

    Texts may hold money (``$1,299.00``) or words for "missing" (``No rating available``).
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
        kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        numbers = np.asarray(numbers, dtype=np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    return parse_numbers(as_strings(column))


def parse_numbers(values: Sequence[str | None]) -> Floats:
    """Parse each text as a number or an amount of money; NaN where it is neither."""
    return np.array([math.nan if value is None else parse_number(value) for value in values])


def parse_number(value: str) -> float:
    """Return a text as a finite number or an amount of money; NaN where it is neither."""
    number: float | None = None
    if "_" not in value:  # Python reads 12_34 as a number; in a catalogue it is a code
        with suppress(ValueError):
            number = float(value)
    if number is None:
        number = parse_money(value)
    return math.nan if number is None or not math.isfinite(number) else number


def factorised(values: Iterable[Hashable]) -> npt.NDArray[np.int64]:
    """Number equal values alike, int64 (rows,), counted from 0 in order of first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), np.int64)


def as_vectors(
    column: pa.ChunkedArray, dimension: int | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return a column of number lists as float32 (rows, dimension) and which rows have one.

    Parameters
    ----------
    column
        Lists of numbers, or texts that hold them as JSON (``[0.1, -0.2]``); anything else is no
        vector.
    dimension
        The length that a vector must have; the most frequent one when left out.

    Returns
    -------
    tuple of numpy.ndarray
        A row whose list is missing, of another length, or holds a value that is not finite has no
        vector: zeros in the matrix, False in the mask.
    """
    lists = _number_lists(column)
    if lists is None:
        return np.zeros((len(column), dimension or 0), np.float32), np.zeros(len(column), bool)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    if dimension is None:
        some = lengths[lengths > 0]
        dimension = int(np.bincount(some).argmax()) if len(some) else 0
    matrix = np.zeros((len(column), dimension), dtype=np.float32)
    rows = np.flatnonzero((lengths == dimension) & (lengths > 0))
    present = np.zeros(len(column), dtype=bool)
    if len(rows):
        flat = pc.list_flatten(lists.take(pa.array(rows)))
        found = pc.cast(flat, pa.float32(), safe=False).to_numpy(zero_copy_only=False)
        found = found.reshape(len(rows), dimension)
        finite = np.isfinite(found).all(axis=1)
        matrix[rows[finite]], present[rows[finite]] = found[finite], True
    return matrix, present


def _number_lists(column: pa.ChunkedArray) -> pa.Array | None:
    """Return `column` as one array of lists of numbers, or None if it holds no such thing."""
    if _is_text(column.type):
        lists = [_parse_vector(value) for value in column.to_pylist()]
        return pa.array(lists, pa.list_(pa.float64()))
    if not is_vector(column.type):
        return None
    plain = column.cast(pa.list_(column.type.value_type)) if len(column) else column
    combined = plain.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def _parse_vector(value: str | None) -> list[float] | None:
    if value is None or not VECTOR_TEXT.match(value):
        return None
    try:
        parsed = json.loads(value)
        return [float(number) for number in parsed]
    except (ValueError, TypeError, OverflowError):
        return None


def is_vector(kind: pa.DataType) -> bool:
    """Say whether a column type is a list of numbers."""
    listed = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return bool(
        listed and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))
    )
