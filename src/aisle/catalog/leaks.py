"""Columns that give the target away.

A leak determines the target on repeated values across many classes, or is determined by it, or is
a path that contains it. A column that merely predicts well (a title, a brand) is no leak. For a
target that is a number, a price related to it gives it away, and so does a band it was cut into.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from aisle.catalog.columns import as_numbers, as_strings
from aisle.catalog.inference import normalised
from aisle.catalog.schema import Column, Role, Schema, Task

Codes = npt.NDArray[np.int64]

TOLERANCE = 0.01
"""Share of rows that may contradict a determination: real catalogues hold a few slips."""

MINIMUM_ROWS = 20
"""With less evidence than this, agreement may be chance."""

_ATTRIBUTE = re.compile(
    r"(?:^|_)(?:brand|manufacturer|maker|vendor|seller|merchant|supplier|publisher|author|artist|"
    r"designer|store|colou?r|size|material|fabric|pattern|style|model|gender|age|season|flavou?r|"
    r"title|name)s?(?:$|_)"
)
_PRICE = re.compile(
    r"(?:^|_)(?:price|prices|mrp|msrp|rrp|cost|amount|revenue|tarif|prix|preis|precio|prezzo|worth)(?:$|_)"
)
_SEGMENTS = re.compile(r"\s*(?:>+|»|›|/|\||::)\s*")
_LOOKED_AT = (Role.CATEGORY, Role.NUMBER, Role.TEXT)


def mark_leaks(schema: Schema, table: pa.Table, task: Task) -> Schema:
    """Return `schema` with the leaks of its target ignored, each with a reason.

    Columns whose role the user gave are marked too: call this before applying overrides.

    Parameters
    ----------
    schema
        Roles as inferred; must have a target.
    table
        The rows.
    task
        Whether the target is a class or a number.
    """
    target = schema.target
    if target is None:
        return schema
    if task is Task.CLASSIFY:
        labels = as_strings(table.column(target))
        reasons = {c.name: _class_leak(c, as_strings(table.column(c.name)), labels)
                   for c in schema if c.role in _LOOKED_AT}  # fmt: skip
    else:
        values = as_numbers(table.column(target))
        reasons = {c.name: _number_leak(c, table.column(c.name), target, values)
                   for c in schema if c.role in _LOOKED_AT}  # fmt: skip
    return Schema(
        tuple(
            replace(column, role=Role.IGNORED, reason=f"gives the target away: {reason}", leak=True)
            if (reason := reasons.get(column.name))
            else column
            for column in schema
        )
    )


def _class_leak(column: Column, values: list[str | None], labels: list[str | None]) -> str | None:
    """Say why `column` gives a class away, or return None."""
    rows = [
        (value.strip().casefold(), label.strip().casefold())
        for value, label in zip(values, labels, strict=True)
        if value is not None and label is not None
    ]
    if len(rows) < MINIMUM_ROWS:
        return None
    if (reason := _contains_target(rows)) is not None:
        return reason
    value_codes = np.unique([value for value, _ in rows], return_inverse=True)[1]
    label_codes = np.unique([label for _, label in rows], return_inverse=True)[1]
    backward = _determined_by_target(value_codes, label_codes)
    forward = _determines_target(value_codes, label_codes)
    if forward is not None and backward is not None:
        return f"{forward}, and the other way round"
    attribute = bool(_ATTRIBUTE.search(normalised(column.name))) or column.role is Role.TEXT
    return backward or (None if attribute else forward)


def _slips(given: Codes, determined: Codes) -> tuple[int, int, int]:
    """Count how well `given` determines `determined`, over values of `given` that repeat.

    Returns
    -------
    tuple of int
        The rows whose value repeats, those of them that contradict the majority of their value,
        and how many distinct values of `determined` are met.
    """
    counts = np.bincount(given)
    repeated = counts[given] >= 2
    rows = int(repeated.sum())
    if rows == 0:
        return 0, 0, 0
    width = int(determined.max()) + 1
    pairs, pair_counts = np.unique(
        given[repeated].astype(np.int64) * width + determined[repeated], return_counts=True
    )
    majority = np.zeros(len(counts), dtype=np.int64)
    np.maximum.at(majority, pairs // width, pair_counts)
    return rows, rows - int(majority.sum()), len(np.unique(determined[repeated]))


def _determines_target(values: Codes, labels: Codes) -> str | None:
    rows, slips, classes = _slips(values, labels)
    class_counts = np.bincount(labels)
    enough = rows >= max(MINIMUM_ROWS, 0.3 * len(values))
    many_classes = classes >= max(2, 0.5 * int((class_counts >= 2).sum()))
    if not (enough and many_classes) or slips > TOLERANCE * rows:
        return None
    if slips > 0.05 * (rows - int(np.bincount(labels).max())):
        return None
    repeated = int((np.bincount(values) >= 2).sum())
    return (
        f"its {repeated:,} repeated values ({rows:,} rows) have one class each"
        f"{f', {slips} rows excepted' if slips else ''}"
    )


def _determined_by_target(values: Codes, labels: Codes) -> str | None:
    rows, slips, distinct = _slips(labels, values)
    repeated = np.bincount(labels)[labels] >= 2
    if rows < max(MINIMUM_ROWS, 0.3 * len(values)) or distinct < 2:
        return None
    varied = rows - int(np.bincount(values[repeated]).max())
    if varied < max(5, 0.02 * rows) or slips > min(TOLERANCE * rows, 0.05 * varied):
        return None
    return (
        f"each class has one value of it ({distinct:,} values over {rows:,} rows"
        f"{f', {slips} rows excepted' if slips else ''})"
    )


def segments(value: str) -> list[str]:
    """Split a path of categories (``A > B``, ``["A >> B"]``, ``A/B``) into its names."""
    text = value.strip()
    if text.startswith("["):
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = [text.strip("[]\"' ")]
        pieces = [str(item) for item in parsed]
    else:
        pieces = [text]
    return [part.strip() for piece in pieces for part in _SEGMENTS.split(piece) if part.strip()]


def _contains_target(rows: Sequence[tuple[str, str]]) -> str | None:
    hits = sum(
        1
        for value, label in rows
        if len(parts := segments(value)) > 1
        and (label in parts or set(segments(label)) <= set(parts))
    )
    if hits < 0.5 * len(rows):
        return None
    return f"a path that contains it in {hits:,} of {len(rows):,} rows"


def _number_leak(
    column: Column, values: pa.ChunkedArray, target: str, truth: npt.NDArray[np.float64]
) -> str | None:
    """Say why `column` gives a number away, or return None."""
    if column.role is Role.TEXT:
        return None
    numbers = as_numbers(values)
    both = np.isfinite(numbers) & np.isfinite(truth)
    if column.role is Role.CATEGORY and both.sum() < 0.8 * np.isfinite(truth).sum():
        return _band_leak(as_strings(values), truth)
    if both.sum() < MINIMUM_ROWS or len(np.unique(numbers[both])) < 3:
        return None
    x, y = rankdata(numbers[both]), rankdata(truth[both])
    correlation = float(np.corrcoef(x, y)[0, 1]) if y.std() else 0.0
    prices = bool(_PRICE.search(normalised(column.name)) and _PRICE.search(normalised(target)))
    if prices and abs(correlation) >= 0.5:
        return f"a price related to the target price (rank correlation {correlation:.2f})"
    if abs(correlation) >= 0.97:
        return f"it follows the target almost exactly (rank correlation {correlation:.3f})"
    return None


def _band_leak(values: list[str | None], truth: npt.NDArray[np.float64]) -> str | None:
    """Find a category that the target was cut into, such as a price band."""
    rows = [n for n, value in enumerate(values) if value is not None and np.isfinite(truth[n])]
    if len(rows) < MINIMUM_ROWS:
        return None
    codes = np.unique([str(values[n]) for n in rows], return_inverse=True)[1]
    counts = np.bincount(codes)
    if not 3 <= len(counts) <= len(rows) / 5:
        return None
    ranks = rankdata(truth[rows])
    means = np.bincount(codes, weights=ranks) / counts
    explained = float(np.var(means[codes]) / np.var(ranks)) if np.var(ranks) else 0.0
    if explained < 0.9:
        return None
    return f"its {len(counts)} values are bands of the target ({explained:.0%} of its variation)"
