"""Two files of one catalogue, such as features and labels, put together by their key."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.catalog.problem import Problem
from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.normalise import clean_names
from aisle.errors import CatalogError

_EXAMPLES = 10
_ROWS_AT_ONCE = 1 << 16


def join_by_id(left: Loaded, right: Loaded, *, on: str | tuple[str, str] | None = None) -> Loaded:
    """Add the columns of `right` to the rows of `left` that have the same key.

    Parameters
    ----------
    left
        The products; all its rows stay, in their order.
    right
        More columns for them.
    on
        The key's name, or its names on the left and on the right. None takes the only column
        that both have and in which every value is there and differs from all others.

    Returns
    -------
    Loaded
        The columns of `left`, then those of `right` without its key; a name that is taken gets
        the suffix ``_2``. Format and root are those of `left`. Problems: ``unmatched-row`` for
        rows without a partner on either side, ``duplicate-id`` for keys that stand more than once
        on the right (the first row counts), ``duplicate-column`` for names that changed.

    Raises
    ------
    CatalogError
        If there is no such key, or no key is on both sides.
    """
    left_name, right_name = _key_names(left.table, right.table, on)
    left_key, right_key = _key(left.table, left_name), _key(right.table, right_name)
    partners = _partners(left_key, right_key)
    if pc.all(pc.is_null(partners)).as_py():
        raise CatalogError(
            f"join: no value of {left_name!r} on the left (such as {_shown(left_key)}) is in "
            f"{right_name!r} on the right (such as {_shown(right_key)}); name other key columns"
        )
    added = _take(right.table.drop_columns([right_name]), partners)
    cleaned = clean_names([*left.table.column_names, *added.column_names], "join")
    table = pa.table([*left.table.columns, *added.columns], names=list(cleaned.names))
    found = _problems(left_key, right_key, partners, (left_name, right_name))
    problems = (*left.problems, *right.problems, *cleaned.problems, *found)
    return replace(left, table=table, problems=problems)


def _key_names(
    left: pa.Table, right: pa.Table, on: str | tuple[str, str] | None
) -> tuple[str, str]:
    if on is not None:
        names = (on, on) if isinstance(on, str) else (on[0], on[1])
        for table, name, side in zip((left, right), names, ("left", "right"), strict=True):
            if name not in table.column_names:
                raise CatalogError(
                    f"join: there is no column {name!r} on the {side}; "
                    f"its columns are {', '.join(table.column_names)}"
                )
        return names
    common = [name for name in left.column_names if name in right.column_names]
    keys = [name for name in common if _is_unique(left, name) and _is_unique(right, name)]
    if len(keys) == 1:
        return keys[0], keys[0]
    found = f"{len(keys)} ({', '.join(keys)})" if keys else "none"
    shared = ", ".join(common) or "none"
    raise CatalogError(
        "join: expected one common column with a different value in every row on both sides, "
        f"found {found}; common columns: {shared}. Name the key, as one name or as a name on the "
        f"left and one on the right (left: {', '.join(left.column_names)}; "
        f"right: {', '.join(right.column_names)})"
    )


def _is_unique(table: pa.Table, name: str) -> bool:
    column = table.column(name)
    if pa.types.is_nested(column.type) or pa.types.is_floating(column.type) or column.null_count:
        return False
    return bool(pc.count_distinct(column).as_py() == len(column))


def _key(table: pa.Table, name: str) -> pa.Array:
    """Return a key as text, so that 12 in one file meets "12" in the other."""
    column = table.column(name)
    if pa.types.is_floating(column.type):
        whole = pc.all(pc.equal(pc.floor(column), column)).as_py()
        column = column.cast(pa.int64()) if whole else column
    try:
        text = column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise CatalogError(
            f"join: column {name!r} holds {column.type} and cannot be a key; "
            "expected text or whole numbers"
        ) from None
    return pc.utf8_trim_whitespace(text.combine_chunks())


def _partners(left: pa.Array, right: pa.Array) -> pa.Array:
    """Return the first row on the right for each on the left: int32 (left rows,), null if none."""
    places = pc.index_in(left, value_set=right)
    return pc.if_else(pc.is_valid(left), places, pa.scalar(None, places.type))


def _take(table: pa.Table, places: pa.Array) -> pa.Table:
    """Take rows in slices: one array of a text column holds 2 GiB at most."""
    if table.num_columns == 0:
        return table
    slices = [
        table.take(places.slice(start, _ROWS_AT_ONCE))
        for start in range(0, len(places), _ROWS_AT_ONCE)
    ]
    return pa.concat_tables(slices)


def _problems(
    left: pa.Array, right: pa.Array, partners: pa.Array, names: tuple[str, str]
) -> list[Problem]:
    alone = np.flatnonzero(np.asarray(pc.is_null(partners)))
    first = np.asarray(pc.index_in(right, value_set=right).fill_null(-1))
    valid = np.asarray(pc.is_valid(right))
    double = np.flatnonzero(valid & (first != np.arange(len(right))))
    used = np.zeros(len(right), dtype=bool)
    used[np.asarray(partners.drop_null(), dtype=np.int64)] = True
    used[double] = True
    unused = np.flatnonzero(~used)
    problems = []
    if len(alone):
        problems.append(
            Problem(
                "unmatched-row",
                len(alone),
                f"join: {len(alone)} rows on the left have no partner on the right, such as "
                f"{names[0]} {_listed(left, alone)}; the added columns are empty there",
                tuple(int(row) for row in alone[:_EXAMPLES]),
            )
        )
    if len(unused):
        message = (
            f"join: {len(unused)} rows on the right have no partner on the left and were left "
            f"out, such as {names[1]} {_listed(right, unused)}"
        )
        problems.append(Problem("unmatched-row", len(unused), message))
    if len(double):
        message = (
            f"join: {len(double)} rows on the right repeat a key and were left out, such as "
            f"{names[1]} {_listed(right, double)}; the first row with a key counts"
        )
        problems.append(Problem("duplicate-id", len(double), message))
    return problems


def _listed(key: pa.Array, rows: NDArray[np.intp]) -> str:
    return ", ".join(repr(key[int(row)].as_py()) for row in rows[:3])


def _shown(key: pa.Array) -> str:
    valid = key.drop_null()
    return repr(valid[0].as_py()) if len(valid) else "nothing, all are empty"
