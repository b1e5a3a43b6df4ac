"""Tables on disk: Parquet, CSV and JSON lines, chosen by the suffix."""

from __future__ import annotations

import base64
import csv
import json
import math
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.errors import CatalogError
from aisle.files import atomic_path

_ROWS_AT_ONCE = 8_192


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table atomically, in the format of the suffix; equal tables give equal bytes.

    Parquet keeps types and nested values. JSON lines keeps nested values; CSV holds them as JSON
    text. In both, what is missing (None, and NaN, which neither format can say) is null or an
    empty field, times are in ISO 8601, and bytes are base64 text.

    Parameters
    ----------
    table
        The rows.
    path
        Ends in ``.parquet``, ``.csv`` or ``.jsonl``; missing parent folders are made.

    Raises
    ------
    CatalogError
        If the suffix is another, two columns have one name, or a column has a type that the
        format cannot hold.
    AisleError
        If the file cannot be written.
    """
    write = _WRITERS.get(Path(path).suffix.lower())
    if write is None:
        raise CatalogError(
            f"{path}: a table is written as {', '.join(TABLE_SUFFIXES)}; "
            f"found {Path(path).suffix or 'no suffix'!r}"
        )
    names = table.column_names
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise CatalogError(f"{path}: two columns have the name {double[0]!r}; rename one")
    with atomic_path(path) as temporary:
        try:
            write(table, temporary)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise CatalogError(
                f"{path}: a column has a type that {Path(path).suffix} cannot hold ({error})"
            ) from error


def _write_parquet(table: pa.Table, path: Path) -> None:
    # How the rows came in chunks must not show in the bytes.
    pq.write_table(table.combine_chunks(), path, compression="zstd")


def _write_csv(table: pa.Table, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.column_names)
        for row in _rows(table):
            writer.writerow([_field(value) for value in row])


def _write_jsonl(table: pa.Table, path: Path) -> None:
    names = table.column_names
    with path.open("w", newline="\n", encoding="utf-8") as out:
        for row in _rows(table):
            out.write(_json(dict(zip(names, row, strict=True))) + "\n")


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        batch = table.slice(start, _ROWS_AT_ONCE)
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _field(value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return _json(plain) if isinstance(plain, list | dict) else plain


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """Return a value as JSON can say it."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta | Decimal) else value


_WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
}

TABLE_SUFFIXES = tuple(_WRITERS)
"""The suffixes that `write_table` knows."""
