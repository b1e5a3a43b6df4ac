"""A catalogue's rows as a table that can be used from any folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.catalog.catalog import Catalog
from aisle.catalog.images import looks_like_image_reference, references
from aisle.catalog.schema import Role


def portable_table(catalog: Catalog) -> pa.Table:
    """Return a catalogue's table with the paths of its images made absolute.

    Relative paths in image columns are resolved against the catalogue's folder, or against the
    working folder for rows from memory. Several paths in one string become a JSON list; lists and
    structs keep their shape; web addresses, base64 text and bytes stay as they are.

    Parameters
    ----------
    catalog
        Products, with the roles of their columns.

    Returns
    -------
    pyarrow.Table
        The same rows and columns, of the same types.
    """
    root = (catalog.root or Path()).resolve()
    table = catalog.table
    for place, name in enumerate(table.column_names):
        if catalog.schema_role(name) is Role.IMAGE:
            table = table.set_column(place, table.field(place), _absolute(table[name], root))
    return table


def _absolute(column: pa.ChunkedArray, root: Path) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return _absolute(column.cast(column.type.value_type), root).cast(column.type)
    if _holds_bytes(column):
        return column
    chunks = [
        pa.array([_resolved(value, root) for value in chunk.to_pylist()], column.type)
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, column.type)


def _holds_bytes(column: pa.ChunkedArray) -> bool:
    """Say whether every row carries its image, so that there is no path to resolve."""
    kind = column.type
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and all(
            chunk.flatten()[place].null_count == chunk.null_count for chunk in column.chunks
        )
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _resolved(value: Any, root: Path) -> Any:
    if isinstance(value, str):
        return _resolved_text(value, root)
    if isinstance(value, list):
        return [_resolved(item, root) for item in value]
    if isinstance(value, dict):
        return {
            key: _resolved_text(inner, root)
            if isinstance(inner, str) and looks_like_image_reference(inner)
            else inner
            for key, inner in value.items()
        }
    return value


def _resolved_text(text: str, root: Path) -> str:
    found = references(text, root)
    # Base64 text stands for bytes; and where no path is among the pieces, nothing is to be done.
    if any(one.kind == "bytes" for one in found) or all(one.kind == "url" for one in found):
        return text
    locations = [one.location for one in found]
    if len(locations) == 1:
        return str(locations[0])
    return json.dumps(locations, ensure_ascii=False)
