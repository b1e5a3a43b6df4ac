"""Rows as Python dictionaries (JSON lines, a request, a feed) become typed Arrow columns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum, auto
from itertools import islice
from pathlib import PurePath
from uuid import UUID

import pyarrow as pa

from aisle.errors import CatalogError

_BATCH_ROWS = 20_000
_INT64 = range(-(2**63), 2**63)


class _Kind(Enum):
    """What the values of a column are; a column of several kinds becomes text."""

    NULL = auto()
    BOOL = auto()
    INT = auto()
    FLOAT = auto()
    TEXT = auto()
    BINARY = auto()
    TEXTS = auto()
    NUMBERS = auto()
    NO_ITEMS = auto()
    MIXED = auto()


_TYPES = {
    _Kind.NULL: pa.string(),
    _Kind.BOOL: pa.bool_(),
    _Kind.INT: pa.int64(),
    _Kind.FLOAT: pa.float64(),
    _Kind.TEXT: pa.string(),
    _Kind.BINARY: pa.binary(),
    _Kind.TEXTS: pa.list_(pa.string()),
    _Kind.NUMBERS: pa.list_(pa.float64()),
    _Kind.NO_ITEMS: pa.list_(pa.string()),
    _Kind.MIXED: pa.string(),
}
_SCALARS = {
    type(None): _Kind.NULL,
    bool: _Kind.BOOL,
    str: _Kind.TEXT,
    bytes: _Kind.BINARY,
    dict: _Kind.MIXED,
}


class TableBuilder:
    """Collects rows and keeps them as Arrow arrays, so that few Python objects live at once.

    A column whose values are all of one kind keeps it (text, whole number, number, truth value,
    bytes, list of texts, list of numbers); whole and other numbers together are numbers; anything
    else becomes text, with JSON for what is nested. NaN counts as absent.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._waiting: list[Mapping[str, object]] = []
        self._chunks: dict[str, list[pa.Array]] = {}
        self._kinds: dict[str, set[_Kind]] = {}
        self._rows = 0

    def extend(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add rows; a key that a row lacks is null there."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH_ROWS - len(self._waiting))):
            self._waiting += batch
            if len(self._waiting) == _BATCH_ROWS:
                self._flush()

    def finish(self) -> pa.Table:
        """Return the table of all rows, its columns in the order in which they first came."""
        self._flush()
        columns = {}
        for name, chunks in self._chunks.items():
            kind = _common(self._kinds[name])
            columns[name] = pa.chunked_array(
                [_as_kind(chunk, kind) for chunk in chunks], type=_TYPES[kind]
            )
        return pa.table(columns)

    def _flush(self) -> None:
        rows, self._waiting = self._waiting, []
        names = dict.fromkeys(name for row in rows for name in row)
        for name in names:
            if name not in self._chunks:
                empty = [pa.nulls(self._rows, pa.string())] if self._rows else []
                self._chunks[name] = empty
                self._kinds[name] = {_Kind.NULL}
        for name, chunks in self._chunks.items():
            try:
                values = [_plain(row.get(name)) for row in rows]
            except TypeError as error:
                raise CatalogError(
                    f"{self._where}: column {name!r} holds a value of the type {error}; give "
                    "text, numbers, truth values, bytes, or lists of texts or numbers"
                ) from None
            kinds = {_kind(value) for value in values}
            self._kinds[name] |= kinds
            chunks.append(_array(values, _common(kinds)))
        self._rows += len(rows)


def table_from_rows(rows: Iterable[Mapping[str, object]], where: str) -> pa.Table:
    """Return a table of `rows`; see `TableBuilder` for the types of its columns.

    Raises
    ------
    CatalogError
        If a value is of a type that no column can hold.
    """
    builder = TableBuilder(where)
    builder.extend(rows)
    return builder.finish()


def array_from_values(values: Iterable[object], where: str, name: str) -> pa.ChunkedArray:
    """Return one column of `values`, typed as `TableBuilder` does."""
    return table_from_rows(({name: value} for value in values), where).column(name)


def _plain(value: object) -> object:
    """Unwrap what NumPy, pandas and the standard library put around values; NaN is None.

    Raises
    ------
    TypeError
        If no column can hold the value.
    """
    if value is None or isinstance(value, str | bool | int | bytes):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return _unwrapped(value)


def _unwrapped(value: object) -> object:
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Decimal | UUID | PurePath):
        return str(value)
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    for unwrap in ("tolist", "isoformat"):
        if hasattr(value, unwrap):
            return _plain(getattr(value, unwrap)())
    raise TypeError(type(value).__name__)


def _kind(value: object) -> _Kind:
    kind = _SCALARS.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, int):
        return _Kind.INT if value in _INT64 else _Kind.MIXED
    if isinstance(value, float):
        return _Kind.FLOAT
    if isinstance(value, list):
        return _list_kind(value)
    return _Kind.TEXT if isinstance(value, str) else _Kind.MIXED


def _list_kind(items: Sequence[object]) -> _Kind:
    if not items:
        return _Kind.NO_ITEMS
    kinds = {_kind(item) for item in items}
    if kinds <= {_Kind.TEXT, _Kind.NULL}:
        return _Kind.TEXTS
    return _Kind.NUMBERS if kinds <= {_Kind.INT, _Kind.FLOAT, _Kind.NULL} else _Kind.MIXED


def _common(kinds: set[_Kind]) -> _Kind:
    left = kinds - {_Kind.NULL}
    if len(left) > 1 and left <= {_Kind.NO_ITEMS, _Kind.TEXTS, _Kind.NUMBERS}:
        left = left - {_Kind.NO_ITEMS}
    if not left:
        return _Kind.NULL
    if len(left) == 1:
        return next(iter(left))
    return _Kind.FLOAT if left == {_Kind.INT, _Kind.FLOAT} else _Kind.MIXED


def _array(values: list[object], kind: _Kind) -> pa.Array:
    if kind is _Kind.MIXED:
        values = [_text(value) for value in values]
    elif kind is _Kind.FLOAT:
        values = [float(value) if isinstance(value, int) else value for value in values]
    if kind in (_Kind.TEXT, _Kind.MIXED, _Kind.TEXTS):
        values = [_sound(value) for value in values]
    return pa.array(values, type=_TYPES[kind])


def _as_kind(chunk: pa.Array, kind: _Kind) -> pa.Array:
    wanted = _TYPES[kind]
    if chunk.type == wanted:
        return chunk
    if kind is _Kind.MIXED:
        return pa.array([_text(value) for value in chunk.to_pylist()], type=wanted)
    if chunk.null_count == len(chunk):
        return pa.nulls(len(chunk), wanted)
    return chunk.cast(wanted, safe=False)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return json.dumps(value, ensure_ascii=False, default=str)


def _sound(value: object) -> object:
    """Replace lone surrogates, which JSON can spell but UTF-8 cannot hold."""
    if isinstance(value, list):
        return [_sound(item) for item in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return value
