"""Which role each column has, inferred from its values and its name, with a reason in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pyarrow as pa

from aisle.catalog.names import (
    ATTRIBUTE,
    FAMILY,
    IDENTIFIER,
    MOMENT,
    PRICE,
    QUANTITY,
    UNNAMED,
    files,
    is_prose,
    normalised,
)
from aisle.catalog.profile import Profile, profile
from aisle.catalog.schema import Column, Role, Schema

__all__ = ["infer_schema", "normalised"]

ENOUGH = 20
"""Values must be more than this before a pattern without a telling name makes an identifier."""

_A_FEW = 8

_EPOCHS = tuple((3e8 * unit, 4.1e9 * unit) for unit in (1, 1e3, 1e6, 1e9))
"""Years 1979 to 2099 in seconds, milliseconds, microseconds and nanoseconds since 1970."""

_RECENT = (946_684_800.0, 2_051_222_400.0)
"""Years 2000 to 2034 in seconds since 1970."""

_LONG = 1e9
"""Whole numbers from here on, all different, are codes: no shop measures anything so large."""


Verdicts = Iterator[tuple[Role, str]]
"""Roles with their reasons; the first one counts."""


def infer_schema(table: pa.Table, *, target: str | None = None) -> Schema:
    """Infer a role and a reason for each column of `table`; leaks are looked for elsewhere.

    Parameters
    ----------
    table
        The rows.
    target
        The column to learn, if it is known.

    Returns
    -------
    Schema
        One column a table column, in order. At most one column has the role ``id``.
    """
    profiles = [profile(name, table.column(name)) for name in table.column_names]
    columns = [
        Column(found.name, Role.TARGET, "named as the target")
        if found.name == target
        else _column(found)
        for found in profiles
    ]
    columns = _one_identifier(columns, profiles)
    columns = _one_place_for_images(columns, profiles)
    columns = _ignore_copies(columns, table)
    return Schema(tuple(_some_text(columns, profiles)))


def _column(found: Profile) -> Column:
    name = normalised(found.name)
    rules = (_unusable, _typed, _worded)
    role, reason = next(chain.from_iterable(rule(found, name) for rule in rules))
    return Column(found.name, role, reason)


def _unusable(found: Profile, name: str) -> Verdicts:
    """Yield verdicts on columns that can never be features."""
    if found.filled == 0:
        yield Role.IGNORED, "empty in every row"
    if found.vector or found.binary or found.images >= 0.8:
        return
    if found.number_lists:
        yield Role.IGNORED, "lists of numbers of different lengths: codes, no embeddings"
    if found.distinct == 1 and found.filled == found.rows and found.rows > 1:
        yield Role.IGNORED, "the same value in every row"
    if found.temporal or found.times >= 0.9 or _is_epoch(found, name):
        yield Role.IGNORED, "time stamps: they tell when a row was made, not what it is"
    if found.urls >= 0.5:
        yield Role.IGNORED, "web addresses: they often spell the category out"


def _is_epoch(found: Profile, name: str) -> bool:
    numbers = found.numbers
    if numbers.share < 0.95 or PRICE.search(name):
        return False
    if MOMENT.search(name):
        return any(low <= numbers.low and numbers.high <= high for low, high in _EPOCHS)
    low, high = _RECENT
    recent = any(low * unit <= numbers.low and numbers.high <= high * unit for unit in (1, 1e3))
    named = IDENTIFIER.search(name) or files(name)
    return recent and not named and found.filled > ENOUGH and found.uniqueness > 0.3


def _typed(found: Profile, name: str) -> Verdicts:
    """Yield verdicts from the kind of value: vectors, images, identifiers, numbers."""
    if found.vector:
        yield Role.VECTOR, "lists of numbers: embeddings computed elsewhere"
    if found.binary:
        yield Role.IMAGE, "image files stored in the column"
    if found.images >= 0.8:
        yield Role.IMAGE, f"{found.images:.0%} of the values refer to an image"
    if FAMILY.search(name):
        if found.uniqueness > 0.05:
            yield Role.GROUP, "names a family of variants, which must stay on one side of a split"
        yield Role.IGNORED, f"identifiers: {found.distinct:,} families, too large to be variants"
    yield from _identifier(found, name)
    if found.boolean:
        yield Role.CATEGORY, "true or false"
    if found.numeric >= 0.95:
        if IDENTIFIER.search(name) or files(name) or found.numbers.padded > 0.01:
            yield Role.CATEGORY, f"numbers that name things: {found.distinct:,} distinct codes"
        filler = found.numbers.filler
        missing = "" if filler is None else f"; {filler!r} counts as missing"
        yield Role.NUMBER, f"{found.distinct:,} distinct numbers{missing}"


def _identifier(found: Profile, name: str) -> Verdicts:
    """Yield verdicts on what tells products apart, by name or by pattern."""
    if found.mean_words >= 1.2 or (found.numeric >= 0.95 and found.numbers.whole < 1):
        return
    unique = found.uniqueness >= 0.95 and found.filled >= 2
    if UNNAMED.match(name) and found.numeric >= 0.95 and unique:
        yield Role.IGNORED, "row numbers left by another program"
    filed = files(name) and (found.uniqueness < 0.9 or found.filled < ENOUGH)
    if IDENTIFIER.search(name) and not filed:
        if unique:
            yield Role.ID, f"{found.distinct:,} distinct codes in {found.filled:,} rows"
        if found.uniqueness > 0.2 and found.filled >= ENOUGH:
            yield Role.IGNORED, _too_many(found)
    measured = PRICE.search(name) or QUANTITY.search(name) or ATTRIBUTE.search(name)
    if not filed and not measured:
        yield from _numbered(found) if found.numeric >= 0.95 else _coded(found)


def _numbered(found: Profile) -> Verdicts:
    """Yield verdicts on row numbers and long codes whose column has no telling name."""
    numbers, unique = found.numbers, found.uniqueness
    ordered = numbers.ascending and found.filled >= ENOUGH
    if found.rows == found.filled >= _A_FEW and unique == 1 and (ordered or numbers.consecutive):
        yield Role.ID, "whole numbers, each once and without gaps or in order: row numbers"
    long = numbers.low >= _LONG and found.filled >= _A_FEW
    if long or (numbers.padded > 0.01 and found.filled >= ENOUGH):
        if unique >= 0.95:
            yield Role.ID, "a different code in nearly every row"
        if unique > 0.2:
            yield Role.IGNORED, _too_many(found)


def _coded(found: Profile) -> Verdicts:
    """Yield verdicts on codes of letters and digits whose column has no telling name."""
    if found.codes >= 0.95 and found.mean_characters >= 4 and found.filled >= ENOUGH:
        if found.uniqueness >= 0.99:
            yield Role.ID, "a different code in every row"
        if found.uniqueness > 0.5:
            yield Role.IGNORED, _too_many(found)


def _too_many(found: Profile) -> str:
    return f"identifiers: {found.distinct:,} distinct codes, too many to learn from"


def _worded(found: Profile, name: str) -> Verdicts:
    """Yield verdicts on strings: prose is text, repeated short values are a category."""
    words = f"{found.mean_words:.1f} words on average"
    unlike = found.uniqueness
    if is_prose(name):
        yield Role.TEXT, f"{words}, by its name a text"
    if files(name):
        yield Role.CATEGORY, f"{found.distinct:,} distinct values, by its name a category"
    if ATTRIBUTE.search(name) and found.mean_words < 6:
        yield Role.CATEGORY, f"{found.distinct:,} distinct values, {words}"
    if found.paths >= 0.8 and unlike < 0.9:
        yield Role.CATEGORY, f"paths of categories, {found.distinct:,} distinct"
    if found.mean_words >= 4 and unlike > (0.05 if found.mean_words >= 8 else 0.3):
        yield Role.TEXT, words
    if found.mean_words >= 2 and unlike > 0.7:
        yield Role.TEXT, f"{words}, {unlike:.0%} of them different"
    if unlike > 0.9 and found.filled >= ENOUGH and found.codes < 0.5 and found.numeric < 0.5:
        yield Role.TEXT, f"{words}, nearly all of them different"
    yield Role.CATEGORY, f"{found.distinct:,} distinct values, {words}"


def _some_text(columns: list[Column], profiles: list[Profile]) -> list[Column]:
    """Where no column is a text, take the longest strings that mostly differ for one."""
    if any(column.role is Role.TEXT for column in columns):
        return columns
    candidates = [
        n
        for n, (column, found) in enumerate(zip(columns, profiles, strict=True))
        if column.role is Role.CATEGORY
        and found.uniqueness > 0.5
        and found.numeric < 0.5
        and not files(normalised(found.name))
        and not ATTRIBUTE.search(normalised(found.name))
    ]
    if not candidates:
        return columns
    best = max(candidates, key=lambda n: profiles[n].mean_characters)
    words = f"{profiles[best].mean_words:.1f} words on average"
    return [
        replace(column, role=Role.TEXT, reason=f"{words}, the nearest to a text here")
        if n == best
        else column
        for n, column in enumerate(columns)
    ]


def _one_identifier(columns: list[Column], profiles: list[Profile]) -> list[Column]:
    """Keep the best identifier as ``id``; ignore the others."""
    candidates = [n for n, column in enumerate(columns) if column.role is Role.ID]
    if not candidates:
        return columns

    def rank(n: int) -> tuple[bool, bool, int]:
        found = profiles[n]
        complete = found.filled == found.rows and found.uniqueness == 1
        named = bool(IDENTIFIER.search(normalised(found.name)))
        return (not complete, not named, n)

    best = min(candidates, key=rank)
    return [
        replace(column, role=Role.IGNORED, reason=f"identifiers: {column.reason}")
        if column.role is Role.ID and n != best
        else column
        for n, column in enumerate(columns)
    ]


def _one_place_for_images(columns: list[Column], profiles: list[Profile]) -> list[Column]:
    """Ignore image addresses on the web where another column has the files."""
    images = [n for n, column in enumerate(columns) if column.role is Role.IMAGE]
    local = [n for n in images if profiles[n].urls < 0.5]
    if not local or len(local) == len(images):
        return columns
    here = columns[local[0]].name
    return [
        replace(
            column, role=Role.IGNORED, reason=f"web addresses of images; {here!r} has the files"
        )
        if n in images and n not in local
        else column
        for n, column in enumerate(columns)
    ]


def _ignore_copies(columns: list[Column], table: pa.Table) -> list[Column]:
    """Ignore a feature column that repeats an earlier one value by value."""
    kept: list[Column] = []
    for column in columns:
        twin = next(
            (
                earlier.name
                for earlier in kept
                if earlier.role is column.role
                and column.role in (Role.TEXT, Role.CATEGORY, Role.NUMBER)
                and table.column(earlier.name).equals(table.column(column.name))
            ),
            None,
        )
        if twin is not None:
            kept.append(replace(column, role=Role.IGNORED, reason=f"a copy of {twin!r}"))
        else:
            kept.append(column)
    return kept
