"""Rows that are in memory already: Arrow, pandas, polars and other frames, and lists of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.normalise import normalise
from aisle.catalog.readers.rows import array_from_values, table_from_rows
from aisle.errors import CatalogError

_ACCEPTED = (
    "a path to a file or folder, a list of paths, a list of dictionaries, or a frame "
    "(pandas, polars, pyarrow, DuckDB, Hugging Face datasets)"
)


def read_frame(source: object) -> Loaded:
    """Read a table from memory.

    Parameters
    ----------
    source
        A pyarrow table, batch or reader; a pandas DataFrame (an index without a name is left
        out, a named one becomes a column); anything with ``__arrow_c_stream__``; a Hugging Face
        dataset.

    Returns
    -------
    Loaded
        In the format ``pandas`` or ``arrow``, without a root: relative image references have no
        folder to start from.

    Raises
    ------
    CatalogError
        If `source` is none of these, or has no rows or no columns.
    """
    where = f"{type(source).__name__} in memory"
    try:
        form, table = _table(source, where)
    except (pa.ArrowException, TypeError) as error:
        raise CatalogError(
            f"{where}: cannot be taken as a table ({error}); expected {_ACCEPTED}"
        ) from error
    table, problems = normalise(table, where)
    return Loaded(table, form, None, problems)


def read_rows(rows: Sequence[object]) -> Loaded:
    """Read a list of dictionaries, one a product.

    Parameters
    ----------
    rows
        Such as ``[{"id": "1", "title": "Red shirt"}]``; a key that is missing is null.

    Returns
    -------
    Loaded
        In the format ``rows``, typed as `TableBuilder` says, without a root.

    Raises
    ------
    CatalogError
        If an item is no dictionary, or no dictionary has a key.
    """
    named: list[Mapping[str, object]] = []
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise CatalogError(
                f"list of rows: item {place} is of the type {type(row).__name__}; expected a "
                'dictionary such as {"id": "1", "title": "Red cotton shirt"}'
            )
        is_named = all(isinstance(name, str) for name in row)
        named.append(row if is_named else {str(name): value for name, value in row.items()})
    table, problems = normalise(table_from_rows(named, "list of rows"), "list of rows")
    return Loaded(table, "rows", None, problems)


def _table(source: Any, where: str) -> tuple[str, pa.Table]:
    library = type(source).__module__.partition(".")[0]
    if isinstance(source, pa.Table):
        return "arrow", source
    if isinstance(source, pa.RecordBatch):
        return "arrow", pa.Table.from_batches([source])
    if isinstance(source, pa.RecordBatchReader):
        return "arrow", source.read_all()
    if library == "pandas" and hasattr(source, "columns"):
        return "pandas", _from_pandas(source, where)
    if hasattr(source, "__arrow_c_stream__"):
        return "arrow", pa.table(source)
    if library == "datasets" and hasattr(source, "with_format"):
        return "arrow", source.with_format("arrow")[:]
    if hasattr(source, "collect") and library == "polars":
        raise CatalogError(f"{where}: is not computed yet; give it .collect()")
    raise CatalogError(f"{where}: is no catalogue; expected {_ACCEPTED}")


def _from_pandas(frame: Any, where: str) -> pa.Table:
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    unnamed = [place for place, name in enumerate(frame.index.names) if name not in named]
    if len(unnamed) == frame.index.nlevels:
        frame = frame.reset_index(drop=True)
    elif named:
        frame = frame.reset_index(level=unnamed, drop=True) if unnamed else frame
        frame = frame.reset_index()
    # By place, for two columns may have the same name.
    columns = [_pandas_column(frame.iloc[:, place], where) for place in range(frame.shape[1])]
    return pa.table(columns, names=[str(name) for name in frame.columns])


def _pandas_column(series: Any, where: str) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Objects of several kinds: Arrow wants one.
        return array_from_values(series.tolist(), where, str(series.name))
