"""Arrays to bytes and back: numbers as safetensors, strings as JSON, CSR matrices checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from aisle.errors import BundleError
from aisle.models.persistence.tree import from_json, to_json

Array = np.ndarray[Any, np.dtype[Any]]

_DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype(np.uint16),
    "I16": np.dtype(np.int16),
    "U32": np.dtype(np.uint32),
    "I32": np.dtype(np.int32),
    "U64": np.dtype(np.uint64),
    "I64": np.dtype(np.int64),
    "F16": np.dtype(np.float16),
    "F32": np.dtype(np.float32),
    "F64": np.dtype(np.float64),
}
NUMBER_DTYPES = frozenset(_DTYPES.values())
MAX_DIMENSIONS = 32
MAX_STRING_ARRAY_BYTES = 2**31
"""A fixed-width string array pads every item to its width: a short part could claim any memory."""


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return arrays of numbers or bools as one safetensors file.

    Parameters
    ----------
    arrays
        C-ordered arrays of any shape, of a dtype in `NUMBER_DTYPES`.
    """
    from safetensors.numpy import save

    packed: bytes = save(dict(arrays))
    return packed


def unpack_arrays(data: bytes, part: str) -> dict[str, Array]:
    """Return the arrays of a safetensors file, each writable.

    Raises
    ------
    BundleError
        If the file is damaged, or holds a type that Aisle does not write.
    """
    import safetensors

    deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize
    try:
        tensors = deserialize(data)
    except (safetensors.SafetensorError, ValueError) as error:
        raise BundleError(f"part {part!r} is not a valid safetensors file: {error}") from error
    return {name: _to_array(name, tensor, part) for name, tensor in tensors}


def _to_array(name: str, tensor: Mapping[str, Any], part: str) -> Array:
    dtype = _DTYPES.get(tensor["dtype"])
    if dtype is None:
        raise BundleError(
            f"part {part!r}, array {name!r}: the type {tensor['dtype']!r} is not one that Aisle "
            f"writes ({', '.join(_DTYPES)})"
        )
    values = np.frombuffer(bytearray(tensor["data"]), dtype=np.uint8)
    if dtype == np.bool_ and (values > 1).any():
        raise BundleError(f"part {part!r}, array {name!r}: a bool is neither 0 nor 1")
    try:
        return values.view(dtype).reshape(tensor["shape"])
    except ValueError as error:
        raise BundleError(f"part {part!r}, array {name!r}: {error}") from error


def pack_strings(values: Array) -> bytes:
    """Return an array of str (or of str and None) as JSON; its dtype and shape are kept.

    Raises
    ------
    TypeError
        If an item is neither str nor None, or a fixed-width array is beyond 2 GiB.
    """
    items = values.ravel().tolist()
    for item in items:
        if not (type(item) is str or (item is None and values.dtype == object)):
            raise TypeError(f"an array of objects may hold str and None only, not {type(item)}")
    if values.dtype != object and values.nbytes > MAX_STRING_ARRAY_BYTES:
        raise TypeError("a fixed-width string array beyond 2 GiB; use an array of objects")
    kind = "object" if values.dtype == object else values.dtype.str
    return to_json({"dtype": kind, "shape": list(values.shape), "values": items})


def unpack_strings(data: bytes, part: str) -> Array:
    """Return the array that `pack_strings` wrote.

    Raises
    ------
    BundleError
        If the part is not of that form.
    """
    found = from_json(data, part)
    if not isinstance(found, dict) or set(found) != {"dtype", "shape", "values"}:
        raise BundleError(f"part {part!r}: expected an array of strings")
    kind, items = found["dtype"], found["values"]
    shape = checked_shape(found["shape"], part)
    if not isinstance(items, list) or len(items) != math.prod(shape):
        raise BundleError(f"part {part!r}: expected {math.prod(shape)} strings for shape {shape}")
    if not all(isinstance(item, str) or (item is None and kind == "object") for item in items):
        raise BundleError(f"part {part!r}: an item is not a string")
    values = np.empty(len(items), dtype=_string_dtype(kind, len(items), part))
    values[:] = items
    try:
        return values.reshape(shape)
    except ValueError as error:
        raise BundleError(f"part {part!r}: {error}") from error


def _string_dtype(kind: object, items: int, part: str) -> np.dtype[Any]:
    if kind == "object":
        return np.dtype(object)
    width = kind[2:] if isinstance(kind, str) and kind.startswith("<U") else ""
    if not (width.isascii() and width.isdecimal() and len(width) < 10):
        raise BundleError(f"part {part!r}: {kind!r} is not a type of string array")
    if int(width) * max(items, 1) * 4 > MAX_STRING_ARRAY_BYTES:
        raise BundleError(f"part {part!r}: an array of {items} strings of {width} is too large")
    return np.dtype(f"<U{int(width)}")


def checked_shape(shape: object, where: str) -> tuple[int, ...]:
    """Return `shape` as a tuple.

    Raises
    ------
    BundleError
        If it is not a list of at most 32 whole numbers between 0 and 2**40.
    """
    if isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS:
        sizes = tuple(size for size in shape if type(size) is int and 0 <= size < 2**40)
        if len(sizes) == len(shape):
            return sizes
    raise BundleError(f"{where}: {str(shape)[:80]} is not the shape of an array")


def build_csr(arrays: Sequence[object], *, kind: object, shape: object, where: str) -> Any:
    """Return a SciPy CSR matrix or array after checking every index.

    SciPy's compiled routines trust the indices, so one out of range would read foreign memory.

    Parameters
    ----------
    arrays
        The three arrays of the format, each of one dimension: data, indices, indptr.
    kind
        ``matrix`` or ``array``: which of SciPy's two classes.
    shape
        Rows and columns.
    where
        The attribute, for the message.

    Raises
    ------
    BundleError
        If they do not make a CSR matrix.
    """
    from scipy.sparse import csr_array, csr_matrix

    rows_columns = checked_shape(shape, where)
    found = [array for array in arrays if isinstance(array, np.ndarray)]
    if len(found) != 3 or len(rows_columns) != 2 or kind not in ("matrix", "array"):
        raise BundleError(f"{where}: expected a sparse matrix of two dimensions")
    if any(array.ndim != 1 for array in found) or any(
        array.dtype not in (np.dtype(np.int32), np.dtype(np.int64)) for array in found[1:]
    ):
        raise BundleError(f"{where}: the arrays of a sparse matrix have a wrong type or shape")
    try:
        matrix = (csr_matrix if kind == "matrix" else csr_array)(
            (found[0], found[1], found[2]), shape=rows_columns
        )
        matrix.check_format(full_check=True)
    except (ValueError, TypeError, OverflowError) as error:
        raise BundleError(f"{where}: not a valid sparse matrix: {error}") from error
    # SciPy narrows int64 indices where int32 would do; the dtypes are part of the promise.
    matrix.indices, matrix.indptr = found[1], found[2]
    return matrix
