"""A catalogue with some of its labels replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from aisle.catalog import Catalog, Task
from aisle.errors import CatalogError
from aisle.insight.auditing.findings import Finding

_DOUBTED = ("wrong-label", "conflicting-duplicate")


def accepted_suggestions(findings: Iterable[Finding], at_least: float) -> dict[int, str]:
    """Return the suggested labels of wrong ones, by row number, from a score on."""
    return {
        finding.row: finding.suggested
        for finding in findings
        if finding.kind in _DOUBTED and finding.suggested is not None and finding.score >= at_least
    }


def corrected(catalog: Catalog, labels: Mapping[int, str]) -> Catalog:
    """Return a catalogue whose target has new labels in some rows.

    The other rows keep what stood there, byte for byte. A target that is no text stays what it is
    where every new label is of its type, and becomes text where one is not.

    Parameters
    ----------
    catalog
        Products, with a target.
    labels
        New labels by row number.

    Raises
    ------
    CatalogError
        If there is no target, or no such row.
    """
    target = catalog.schema.target
    if target is None or target not in catalog.table.column_names:
        raise CatalogError("the catalogue has no target column to correct")
    beyond = [row for row in labels if not 0 <= row < len(catalog)]
    if beyond:
        raise CatalogError(
            f"there is no row {beyond[0]} to correct: the catalogue has {len(catalog)} rows, "
            "counted from 0"
        )
    table = catalog.table
    place = table.column_names.index(target)
    column = _replaced(table.column(target), labels)
    changed = table.set_column(place, pa.field(target, column.type), column)
    known = catalog.__dict__.get("groups", catalog.known_groups)
    return replace(catalog, table=changed, known_groups=known)


def _replaced(column: pa.ChunkedArray, labels: Mapping[int, str]) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    values: list[Any] = column.to_pylist()
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    for row, label in labels.items():
        values[row] = label
    if not textual:
        try:
            typed = pa.array(list(labels.values()), pa.string()).cast(kind).to_pylist()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            values = [None if value is None else str(value) for value in values]
            return pa.chunked_array([pa.array(values, pa.string())])
        for row, value in zip(labels, typed, strict=True):
            values[row] = value
    return pa.chunked_array([pa.array(values, kind)])


def changes(catalog: Catalog, labels: Mapping[int, str]) -> dict[int, str]:
    """Return those new labels that differ from what stands in the catalogue."""
    if catalog.task is Task.REGRESS:
        return dict(labels)
    return {row: label for row, label in labels.items() if catalog.labels[row] != label}


def unknown_labels(catalog: Catalog, labels: Mapping[int, str]) -> tuple[str, ...]:
    """List new labels that no product of the catalogue has, in the order of their first."""
    if catalog.task is Task.REGRESS:
        return ()
    known = set(catalog.labels)
    return tuple(dict.fromkeys(label for label in labels.values() if label not in known))
