"""Photographs and titles of the products that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

import pyarrow as pa

from aisle import pages
from aisle.catalog import Catalog, Role
from aisle.catalog.images import ImageReference, looks_like_image_reference, map_images

BUDGET = 2_000_000
"""Bytes that the photographs of a page may take in all."""

_SIDES = (320, 224, 160, 112)
"""Sizes in pixels, sharp on fine screens first; the largest that keeps to the budget is taken."""

_LOOKED_AT = 20


@dataclass(frozen=True)
class Looks:
    """What a product looks like to a person.

    Parameters
    ----------
    title
        Its first text; empty where it has none.
    photograph
        A data URI; None where there is none.
    reason
        Why there is none; empty where the catalogue has no photographs at all.
    """

    title: str
    photograph: str | None
    reason: str


def looks(products: Catalog | None, rows: Sequence[int]) -> dict[int, Looks]:
    """Return title and photograph of some products, by row number.

    A photograph is the first of a product that can be read; addresses are not fetched.

    Parameters
    ----------
    products
        The catalogue; None leaves titles and photographs out.
    rows
        Row numbers, in any order; several may be the same.
    """
    wanted = list(dict.fromkeys(rows))
    if products is None or not wanted:
        return {row: Looks("", None, "") for row in wanted}
    shown = products.take(wanted)
    texts = shown.schema.names(Role.TEXT)
    titles = shown.strings(texts[0]) if texts else [None] * len(wanted)
    return {
        row: Looks(title or "", *picture)
        for row, title, picture in zip(wanted, titles, _photographs(shown), strict=True)
    }


def _image_columns(products: Catalog) -> tuple[str, ...]:
    """Name the columns that hold photographs, whether the model reads them or not."""
    named = products.schema.names(Role.IMAGE)
    if named:
        return named
    texts = [name for name in products.table.column_names if _is_text(products, name)]
    return tuple(
        name
        for name in texts
        if (values := [v for v in products.strings(name) if v][:_LOOKED_AT])
        and all(looks_like_image_reference(value) for value in values)
    )


def _is_text(products: Catalog, name: str) -> bool:
    kind = products.table.schema.field(name).type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _photographs(products: Catalog) -> list[tuple[str | None, str]]:
    """Return a photograph or the reason why there is none, for every product."""
    columns = _image_columns(products)
    if not columns:
        return [(None, "")] * len(products)
    references = products.images(columns)
    for side in _SIDES:
        read = map_images(references, partial(pages.thumbnail, side=side), side=side)
        if sum(len(result.value or "") for result in read) <= BUDGET:
            break
    return [
        (result.value, "" if result.value else _reason(named, result.error))
        for named, result in zip(references, read, strict=True)
    ]


def _reason(named: tuple[ImageReference, ...], error: str | None) -> str:
    """Say why no photograph can be shown, without the folders of whoever wrote the page."""
    if not named:
        return "no photograph"
    here = [reference for reference in named if reference.kind != "url"]
    if not here:
        return "on the web, not fetched"
    file = PurePath(here[0].location or "bytes in the row").name
    why = (error or "").partition("; ")[0].partition(": ")[2]
    return f"{file}: {why or 'cannot be read'}"
