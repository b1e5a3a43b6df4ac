"""What the scores accept: arrays checked once, with messages that name the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aisle.errors import AisleError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

# float32 softmax rows stray this far from 1 without anything being wrong
_ROUNDING = 1e-3


def floats(name: str, values: ArrayLike) -> Floats:
    """Return `values` as float64 (rows,), all finite.

    Raises
    ------
    AisleError
        If they have another shape, or a value is missing or infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise AisleError(f"{name}: expected one value a row, found an array of shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise AisleError(
            f"{name}: row {bad[0]} is {array[bad[0]]} ({bad.size} such rows); "
            "expected finite numbers. Leave these rows out, or mend them"
        )
    return array


def confidences(values: ArrayLike) -> Floats:
    """Return confidences as float64 (rows,), clipped to 0..1 when off by rounding alone.

    Raises
    ------
    AisleError
        If a confidence lies outside 0..1.
    """
    array = floats("confidence", values)
    bad = np.flatnonzero((array < -_ROUNDING) | (array > 1 + _ROUNDING))
    if bad.size:
        raise AisleError(
            f"confidence: row {bad[0]} is {array[bad[0]]:.6g} ({bad.size} such rows); "
            "expected probabilities between 0 and 1, not scores or percentages"
        )
    return np.clip(array, 0.0, 1.0)


def bools(name: str, values: ArrayLike) -> Bools:
    """Return `values` as bool (rows,); zeros and ones are taken too.

    Raises
    ------
    AisleError
        If they have another shape, or a value is neither true nor false.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise AisleError(f"{name}: expected one value a row, found an array of shape {array.shape}")
    if array.dtype != np.bool_:
        bad = np.flatnonzero((array != 0) & (array != 1))
        if bad.size:
            raise AisleError(
                f"{name}: row {bad[0]} is {array[bad[0]]!r}; expected true or false (or 1 and 0)"
            )
    return array.astype(np.bool_)


def same_rows(first: str, first_rows: int, second: str, second_rows: int) -> None:
    """Refuse two columns of different length.

    Raises
    ------
    AisleError
        If the lengths differ.
    """
    if first_rows != second_rows:
        raise AisleError(
            f"{first} has {first_rows} rows and {second} has {second_rows}; "
            "expected one value of each for every product, in the same order"
        )


def some_rows(name: str, rows: int) -> None:
    """Refuse to score nothing: a score of zero rows has no value.

    Raises
    ------
    AisleError
        If there are no rows.
    """
    if rows == 0:
        raise AisleError(f"{name}: there are no rows to score; expected at least one")


def open_share(name: str, value: float) -> None:
    """Refuse a share that is not strictly between 0 and 1.

    Raises
    ------
    AisleError
        If `value` is outside, with a hint when it looks like a percentage.
    """
    if not 0 < value < 1:
        hint = f"; did you mean {value / 100:g}?" if 1 < value < 100 else ""
        raise AisleError(
            f"{name}: expected a share between 0 and 1, both excluded, found {value:g}{hint}"
        )


def texts(name: str, values: ArrayLike) -> list[str]:
    """Return class names as a list of str, one a row.

    Raises
    ------
    AisleError
        If a row holds something else than text.
    """
    array = np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise AisleError(f"{name}: expected one class a row, found an array of shape {array.shape}")
    listed: list[str] = array.tolist()
    for row, value in enumerate(listed):
        if not isinstance(value, str):
            raise AisleError(
                f"{name}: row {row} is {value!r}; expected the name of a class as text. "
                "Leave out rows without a class, or turn the classes into text"
            )
    return listed


def class_index(classes: Sequence[str] | NDArray[np.object_]) -> dict[str, int]:
    """Return the column of each class.

    Raises
    ------
    AisleError
        If a class stands twice.
    """
    listed = texts("classes", np.asarray(classes, dtype=object))
    index = {name: column for column, name in enumerate(listed)}
    if len(index) != len(listed):
        twice = next(name for name in listed if listed.count(name) > 1)
        raise AisleError(f"classes: {twice!r} stands more than once; expected each class once")
    return index


def probability_rows(probabilities: ArrayLike, rows: int, classes: int) -> Floats:
    """Return probabilities as float64 (rows, classes), every row summing to 1.

    Raises
    ------
    AisleError
        If the shape differs, or a row is no distribution.
    """
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != (rows, classes):
        raise AisleError(
            f"probabilities: expected shape ({rows}, {classes}), a row for each product and a "
            f"column for each class, found {array.shape}"
        )
    fine = (
        np.isfinite(array).all(axis=1)
        & (array >= -_ROUNDING).all(axis=1)
        & (np.abs(array.sum(axis=1) - 1.0) <= _ROUNDING)
    )
    if not fine.all():
        row = int(np.flatnonzero(~fine)[0])
        raise AisleError(
            f"probabilities: row {row} sums to {array[row].sum():.6g} ({int((~fine).sum())} such "
            "rows); expected non-negative numbers that sum to 1"
        )
    return array
