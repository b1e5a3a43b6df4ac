"""What every table goes through, whatever it was read from: names, types, blanks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog.problem import Problem
from aisle.errors import CatalogError


@dataclass(frozen=True)
class Names:
    """Column names made unique, and what had to be changed for it."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def clean_names(found: Sequence[str], where: str) -> Names:
    """Trim column names, number the unnamed and make double ones unique.

    Parameters
    ----------
    found
        The names as they stand in the source.
    where
        The source, for the message.

    Returns
    -------
    Names
        As many names as came in: the third column without a name is ``column_3`` if it is the
        third of the table; a second ``title`` is ``title_2``, with a problem of the kind
        ``duplicate-column``.
    """
    trimmed = [name.replace("\ufeff", "").strip() for name in found]
    wanted = [name or f"column_{place}" for place, name in enumerate(trimmed, start=1)]
    taken: set[str] = set()
    names: list[str] = []
    renamed: list[str] = []
    for name in wanted:
        unique, number = name, 2
        while unique in taken or (unique != name and unique in wanted):
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique)
        names.append(unique)
        if unique != name:
            renamed.append(f"{name!r} is now {unique!r}")
    if not renamed:
        return Names(tuple(names), ())
    message = f"{where}: columns have the same name: {', '.join(renamed)}; rename or remove one"
    return Names(tuple(names), (Problem("duplicate-column", 0, message),))


def normalise(table: pa.Table, where: str) -> tuple[pa.Table, tuple[Problem, ...]]:
    """Give a table unique names, plain types and null where a text is blank.

    Dictionary-encoded columns are decoded, ``large_string`` and ``string_view`` become
    ``string``, large lists and list views become lists, extension types become what they are
    stored as, and a column of the type ``null`` becomes ``string``. A text that is empty or
    only white space is null.

    Parameters
    ----------
    table
        Any table.
    where
        The source, for messages.

    Returns
    -------
    tuple
        The table with the same rows and as many columns, and problems with its names.

    Raises
    ------
    CatalogError
        If the table has no columns or no rows.
    """
    if table.num_columns == 0 or table.num_rows == 0:
        lack = "columns" if table.num_columns == 0 else "rows"
        raise CatalogError(
            f"{where}: has no {lack} ({table.num_rows} rows, {table.num_columns} columns found); "
            "a catalogue needs at least one product"
        )
    cleaned = clean_names(table.column_names, where)
    columns = [blank_to_null(_plain(column)) for column in table.columns]
    return pa.table(columns, names=list(cleaned.names)), cleaned.problems


def blank_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace texts that are empty or only white space by null; leave other types alone."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    chunks = []
    for chunk in column.chunks:
        blank = pc.or_(pc.utf8_is_space(chunk), pc.equal(pc.binary_length(chunk), 0))
        if pc.any(blank).as_py():
            chunks.append(pc.if_else(blank, pa.scalar(None, chunk.type), chunk))
        else:
            chunks.append(chunk)
    return pa.chunked_array(chunks, type=column.type)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        chunks = [chunk.storage for chunk in column.chunks]
        column = pa.chunked_array(chunks, type=column.type.storage_type)
    if pa.types.is_dictionary(column.type):
        return _decoded(column)
    target = _plain_type(column.type)
    if target == column.type:
        return column
    try:
        return column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # A chunk over 2 GiB does not fit the smaller offsets; the large type serves as well.
        return column


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Look the values up; Arrow cannot cast every dictionary, such as one of string views."""
    target = _plain_type(column.type.value_type)
    chunks = [chunk.dictionary.cast(target).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=target)


def _plain_type(found: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_dictionary(found) or types.is_run_end_encoded(found):
        return _plain_type(found.value_type)
    if types.is_null(found) or types.is_large_string(found) or types.is_string_view(found):
        return pa.string()
    if types.is_large_binary(found) or types.is_binary_view(found):
        return pa.binary()
    if types.is_fixed_size_list(found):
        return pa.list_(_plain_type(found.value_type), found.list_size)
    if any(is_list(found) for is_list in _lists()):
        return pa.list_(_plain_type(found.value_type))
    return found


def _lists() -> tuple[Callable[[pa.DataType], bool], ...]:
    types = pa.types
    return types.is_list, types.is_large_list, types.is_list_view, types.is_large_list_view
