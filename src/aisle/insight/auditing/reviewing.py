"""Findings as a file that a person edits, and their decisions read back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from aisle.catalog import Catalog
from aisle.catalog.writing import write_table
from aisle.errors import CatalogError
from aisle.insight.auditing.findings import Finding

LABEL = "label"
"""The column that a person fills in; where it is empty, the label stays as it is."""


def write_rows(findings: Iterable[Finding], path: str | Path) -> None:
    """Write findings as a table, one a row, with an empty column for a person's decision.

    Parameters
    ----------
    findings
        What an audit found.
    path
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``.

    Raises
    ------
    AisleError
        If the file cannot be written.
    """
    rows = list(findings)
    strings = {
        "id": [f.id for f in rows],
        LABEL: [None] * len(rows),
        "suggested": [f.suggested for f in rows],
        "given": [f.given for f in rows],
    }
    columns = {name: pa.array(values, pa.string()) for name, values in strings.items()}
    columns["score"] = pa.array([round(f.score, 4) for f in rows], pa.float64())
    columns["kind"] = pa.array([f.kind for f in rows], pa.string())
    columns["title"] = pa.array([f.title for f in rows], pa.string())
    columns["row"] = pa.array([f.row for f in rows], pa.int64())
    write_table(pa.table(columns), path)


def read_decisions(path: str | Path, catalog: Catalog) -> dict[int, str]:
    """Read new labels that a person wrote, by row number of `catalog`.

    Parameters
    ----------
    path
        A table with the columns ``id`` and ``label``, such as `write_rows` wrote; an empty label
        leaves a product as it is. Where several products share an identifier, ``row`` tells which
        is meant.
    catalog
        The catalogue that was audited.

    Raises
    ------
    CatalogError
        If the file cannot be read, lacks a column, or names a product that is not there, or that
        several are.
    """
    table = Catalog.read(path)
    for name in ("id", LABEL):
        if name not in table.table.column_names:
            raise CatalogError(
                f"{path}: decisions need the columns 'id' and '{LABEL}'; found "
                f"{', '.join(map(repr, table.table.column_names))}. aisle audit --rows writes such "
                "a file"
            )
    places: dict[str, list[int]] = {}
    for place, known in enumerate(catalog.ids):
        places.setdefault(str(known), []).append(place)
    told = zip(table.strings("id"), table.strings(LABEL), table.strings("row"), strict=True)
    found: dict[int, str] = {}
    for line, (key, label, row) in enumerate(told, start=2):
        if label is not None:
            found[_place(f"{path}, line {line}", places, key, row)] = label.strip()
    return found


def _place(where: str, places: dict[str, list[int]], key: str | None, row: str | None) -> int:
    meant = places.get(str(key), [])
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise CatalogError(
            f"{where}: the catalogue has no product {key!r}; decisions go by the identifiers that "
            "aisle audit wrote, read with the same --id"
        )
    if row is not None and row.isdigit() and int(row) in meant:
        return int(row)
    raise CatalogError(
        f"{where}: {len(meant)} products are called {key!r} (rows {meant[0]}, {meant[1]}, …); "
        "keep the column 'row', which tells them apart"
    )
