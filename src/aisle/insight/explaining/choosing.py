"""Which products are asked about, and which class theirs is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from aisle.catalog import Catalog
from aisle.errors import AisleError, CatalogError
from aisle.models import ProductClassifier, ProductModel


def chosen_rows(
    catalog: Catalog, id: str | Sequence[str] | None, rows: Sequence[int] | None
) -> list[int]:
    """Return the row numbers of the products that are asked about."""
    if rows is not None:
        for row in rows:
            if not 0 <= row < len(catalog):
                raise CatalogError(
                    f"there is no row {row}: the catalogue has rows 0 to {len(catalog) - 1}"
                )
        return [int(row) for row in rows]
    if id is None:
        return list(range(len(catalog)))
    found: list[int] = []
    known: dict[str, int] = {}
    for row, name in enumerate(catalog.ids):
        if name is not None:
            known.setdefault(name, row)
    for name in [id] if isinstance(id, str) else id:
        if name not in known:
            raise CatalogError(_unknown(catalog, name, list(known)))
        found.append(known[name])
    return found


def rival_class(model: ProductModel, against: str | None) -> int | None:
    """Return the code of the class that answers are compared with; raises AisleError."""
    if against is None:
        return None
    if not isinstance(model, ProductClassifier):
        raise AisleError("a value has no category to be compared with: leave against out")
    if against not in model.classes_:
        near = get_close_matches(against, model.classes_, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AisleError(
            f"the model knows no category {against!r}.{hint} It knows "
            f"{', '.join(model.classes_[:20])}{' ...' if len(model.classes_) > 20 else ''}"
        )
    return model.classes_.index(against)


def _unknown(catalog: Catalog, name: str, known: Sequence[str]) -> str:
    where = catalog.schema.id
    column = (
        f" in the column {where!r}" if where in catalog.table.column_names else " (row numbers)"
    )
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    near += [one for one in known if name in one and one not in near][: 3 - len(near)]
    hint = near or list(known[:3])
    words = "Near it are" if near else "There are, for example,"
    return (
        f"there is no product {name!r}{column} among {len(catalog):,} products. "
        f"{words} {', '.join(map(repr, hint))}"
    )
