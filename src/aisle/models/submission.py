"""The file that a competition or a feed import takes: an identifier and an answer a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models.product_model import ProductModel

OWN = "own"
"""Asks for the names that the columns have in the catalogue."""


def submission_names(asked: str, model: ProductModel, catalog: Catalog) -> tuple[str, str]:
    """Return what the two columns of a submission are called, before anything is predicted.

    Parameters
    ----------
    asked
        ``own``, or two names with a comma between them, as in ``id,price``.
    model
        Knows the target's own name.
    catalog
        The products to answer for; without a column of identifiers, they are numbered from 0 in a
        column ``id``.

    Returns
    -------
    identifier, answer

    Raises
    ------
    AisleError
        If the names are not two different ones, a product has no identifier, or two products have
        the same: such a file would be refused, or be read wrongly.
    """
    if asked.strip().lower() == OWN:
        known_by = catalog.schema.id
        if known_by is None or known_by not in catalog.table.column_names:
            known_by = "id"
        names = [known_by, model.schema_.target or "answer"]
    else:
        names = [name.strip() for name in asked.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise AisleError(
            f"a submission has two columns, the identifier and the answer; expected {OWN!r} or "
            f"two different names such as 'id,price', found {asked!r}"
        )
    _check(catalog.ids, catalog.schema.id)
    return names[0], names[1]


def submission_table(predictions: pa.Table, catalog: Catalog, names: tuple[str, str]) -> pa.Table:
    """Keep of predictions what a submission holds: one row a product, in the order given.

    Parameters
    ----------
    predictions
        What a model's `predict` returned for `catalog`.
    catalog
        The products; identifiers are written as they are read, leading zeros included.
    names
        What the two columns are called.

    Returns
    -------
    pyarrow.Table
        The identifier, a string, and the category or the value.
    """
    answer = "category" if "category" in predictions.column_names else "value"
    columns = [pa.array(catalog.ids, pa.string()), predictions[answer]]
    return pa.table(columns, names=list(names))


def _check(identifiers: list[str | None], column: str | None) -> None:
    seen: dict[str, int] = {}
    for row, identifier in enumerate(identifiers):
        if identifier is None:
            raise AisleError(
                f"column {column!r}, row {row}: no identifier, and a submission needs one for "
                "every product; fill it in"
            )
        if (first := seen.setdefault(identifier, row)) != row:
            raise AisleError(
                f"column {column!r}: rows {first} and {row} have the same identifier "
                f"{identifier!r}, and a submission needs one for every product; remove "
                "the repeated row"
            )
