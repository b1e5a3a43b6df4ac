"""A catalogue with one edit made on every product that it fits."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog, Role
from aisle.evaluation.consistency.photographs import IMAGE_EDITS, edited
from aisle.evaluation.consistency.words import TEXT_EDITS, Edit

Rows = npt.NDArray[np.int64]

BATCH_ROWS = 64
"""Edited photographs that are in memory at a time."""


def text_edited(products: Catalog, name: str, seed: int) -> tuple[Catalog, Rows]:
    """Return the products that an edit of texts changes, edited, and their row numbers.

    Each text is edited with chance of its own, so that a product's edit does not depend on the
    products beside it.
    """
    edit, table = TEXT_EDITS[name][1], products.table
    changed = np.zeros(len(products), dtype=np.bool_)
    for column in products.schema.names(Role.TEXT):
        if column not in table.column_names:
            continue
        before = products.strings(column)
        after = [None if text is None else _drawn(edit, text, seed) for text in before]
        changed |= np.array([a != b for a, b in zip(before, after, strict=True)], dtype=np.bool_)
        place = table.column_names.index(column)
        table = table.set_column(place, column, pa.array(after, pa.large_string()))
    rows = np.flatnonzero(changed)
    return replace(products, table=table).take(rows), rows


def image_edited(products: Catalog, name: str) -> Iterator[tuple[Catalog, Rows]]:
    """Yield edited products and their row numbers, a few at a time; the unreadable are left out."""
    columns = [c for c in products.schema.names(Role.IMAGE) if c in products.table.column_names]
    if not columns or name not in IMAGE_EDITS:
        return
    for start in range(0, len(products), BATCH_ROWS):
        batch = products.slice(start, min(start + BATCH_ROWS, len(products)))
        found = batch.map_contents(partial(edited, name=name), columns=columns)
        read = [at for at, result in enumerate(found) if result.value is not None]
        if not read:
            continue
        some = batch.take(read)
        table = some.table
        contents = {columns[0]: [found[at].value for at in read]}
        for column in columns:
            place = table.column_names.index(column)
            values = contents.get(column, [None] * len(read))
            table = table.set_column(place, column, pa.array(values, pa.large_binary()))
        yield replace(some, table=table), start + np.array(read, dtype=np.int64)


def _drawn(edit: Edit, text: str, seed: int) -> str:
    """Edit a text with chance that its own letters and the seed make."""
    own = zlib.crc32(text.encode("utf-8", "surrogatepass"))
    return "\n".join(
        edit(line, np.random.default_rng([seed, own, at])) if line.strip() else line
        for at, line in enumerate(text.split("\n"))
    )
