"""Which role each column has, inferred from its values and its name, with a reason in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow as pa

from aisle.catalog.profile import Profile, profile
from aisle.catalog.schema import Column, Role, Schema

_IDENTIFIER = re.compile(
    r"(?:^|_)(?:id|ids|uid|uuid|guid|sku|skus|gtin\d*|ean\d*|upc|asin|isbn\d*|mpn|pid|barcode|"
    r"code|handle|rowid|index|key|slug)(?:$|_)"
)
_FAMILY = re.compile(
    r"(?:^|_)(?:item_group_id|group_id|parent_(?:id|sku|asin)|variant_of|family_id)$"
)
_PROSE = re.compile(
    r"(?:^|_)(?:title|name|description|desc|text|summary|bullets?|bullet_points?|features?|"
    r"specifications?|specs|details|designation|caption|headline|about|ingredients|content)(?:$|_)"
)
_MOMENT = re.compile(
    r"(?:^|_)(?:date|time|timestamp|datetime|created|updated|modified|crawled|epoch)(?:$|_)"
)
_UNNAMED = re.compile(r"^(?:unnamed(?:_\d+)?|column_\d+|index|_+index_level_\d+_*)$")


def normalised(name: str) -> str:
    """Return a column name in snake case: ``productId`` and ``Product ID`` become ``product_id``."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")


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
    return Schema(tuple(_ignore_copies(columns, table)))


def _column(found: Profile) -> Column:
    role, reason = _unusable(found) or _typed(found) or _worded(found)
    return Column(found.name, role, reason)


def _unusable(found: Profile) -> tuple[Role, str] | None:
    """Return a verdict on columns that can never be features, or None."""
    name = normalised(found.name)
    if found.filled == 0:
        return Role.IGNORED, "empty in every row"
    if found.vector or found.binary or found.images >= 0.8:
        return None
    if found.distinct == 1 and found.filled == found.rows:
        return Role.IGNORED, "the same value in every row"
    if found.temporal or found.times >= 0.9 or (_MOMENT.search(name) and found.numeric >= 0.95):
        return Role.IGNORED, "time stamps: they tell when a row was made, not what it is"
    if found.urls >= 0.8:
        return Role.IGNORED, "web addresses: they often spell the category out"
    return None


def _typed(found: Profile) -> tuple[Role, str] | None:
    """Return a verdict from the kind of value: vectors, images, identifiers, numbers."""
    name = normalised(found.name)
    if found.vector:
        return Role.VECTOR, "lists of numbers: embeddings computed elsewhere"
    if found.binary:
        return Role.IMAGE, "image files stored in the column"
    if found.images >= 0.8:
        return Role.IMAGE, f"{found.images:.0%} of the values refer to an image"
    if _FAMILY.search(name) and found.uniqueness < 0.95:
        return Role.GROUP, "names a family of variants, which must stay on one side of a split"
    if (verdict := _identifier(found, name)) is not None:
        return verdict
    if found.boolean:
        return Role.CATEGORY, "true or false"
    if found.numeric >= 0.95:
        if _IDENTIFIER.search(name):
            return Role.CATEGORY, f"numbers that name things: {found.distinct:,} distinct codes"
        filler = f"; {found.filler!r} counts as missing" if found.filler else ""
        return Role.NUMBER, f"{found.distinct:,} distinct numbers{filler}"
    return None


def _identifier(found: Profile, name: str) -> tuple[Role, str] | None:
    named = bool(_IDENTIFIER.search(name))
    single_words = found.mean_words < 1.2
    unique = found.uniqueness >= 0.95 and found.filled >= 2
    fractional = found.numeric >= 0.95 and found.whole < 1
    if _UNNAMED.match(name) and found.numeric >= 0.95 and unique:
        return Role.IGNORED, "row numbers left by another program"
    if named and unique and single_words and not fractional:
        return Role.ID, f"{found.distinct:,} distinct codes in {found.filled:,} rows"
    coded = found.codes >= 0.95 and found.numeric < 0.95 and found.mean_characters >= 4
    if found.uniqueness >= 0.99 and found.filled >= 20 and single_words and coded:
        return Role.ID, "a different code in every row"
    counted = found.numeric >= 0.95 and found.whole == 1 and found.uniqueness == 1
    if counted and found.ascending and found.filled >= 20 and found.filled == found.rows:
        return Role.ID, "whole numbers that only ascend: a row number"
    if named and single_words and found.uniqueness > 0.2 and found.filled >= 20 and not fractional:
        return (
            Role.IGNORED,
            f"identifiers: {found.distinct:,} distinct codes, too many to learn from",
        )
    return None


def _worded(found: Profile) -> tuple[Role, str]:
    """Return a verdict on strings: prose is text, repeated short values are a category."""
    name = normalised(found.name)
    prose = bool(_PROSE.search(name))
    words = f"{found.mean_words:.1f} words on average"
    if found.paths >= 0.8 and found.uniqueness < 0.9:
        return Role.CATEGORY, f"paths of categories, {found.distinct:,} distinct"
    if found.mean_words >= 4 and found.uniqueness > 0.05:
        return Role.TEXT, words
    if found.mean_words >= 2 and (found.uniqueness > 0.7 or (prose and found.uniqueness > 0.1)):
        return Role.TEXT, f"{words}, {found.uniqueness:.0%} of them different"
    if prose and found.uniqueness > 0.5:
        return Role.TEXT, f"{words}, by its name a text"
    return Role.CATEGORY, f"{found.distinct:,} distinct values, {words}"


def _one_identifier(columns: list[Column], profiles: list[Profile]) -> list[Column]:
    """Keep the best identifier as ``id``; ignore the others."""
    candidates = [n for n, column in enumerate(columns) if column.role is Role.ID]
    if not candidates:
        return columns

    def rank(n: int) -> tuple[bool, bool, int]:
        found = profiles[n]
        complete = found.filled == found.rows and found.uniqueness == 1
        named = bool(_IDENTIFIER.search(normalised(found.name)))
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
            column = replace(column, role=Role.IGNORED, reason=f"a copy of {twin!r}")
        kept.append(column)
    return kept
