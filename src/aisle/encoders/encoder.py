"""The contract of an encoder: rows of a catalogue in, features out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar, Self

from aisle.catalog import Catalog, Role
from aisle.component import Component
from aisle.encoders.features import Features
from aisle.errors import RecipeError


class Encoder(Component, ABC):
    """Turns one modality of a catalogue into features.

    A new encoder is one class in one file: it names its `modality`, learns what it needs in `fit`
    (without the target), and turns rows into features in `transform`. Two rules hold for all:
    **a product's features never depend on the rows beside it**, and a product that lacks the
    modality has ``present`` False. Registered under the entry point group ``aisle.encoders``, it is
    found by name in recipes and saved in bundles (see `aisle.component.Component` for what learned
    state may be).
    """

    modality: ClassVar[str]

    @abstractmethod
    def fit(self, catalog: Catalog) -> Self:
        """Learn from the rows of `catalog`, and return the encoder itself."""

    @abstractmethod
    def transform(self, catalog: Catalog) -> Features:
        """Return the features of every row of `catalog`, in order."""

    def feature_names(self) -> list[str] | None:
        """Return a name for each column, for explanations; None where columns have no meaning."""
        return None


def columns_to_read(
    catalog: Catalog, columns: Sequence[str] | None, roles: Sequence[Role]
) -> tuple[str, ...]:
    """Return the columns that an encoder is to learn from.

    Parameters
    ----------
    catalog
        The catalogue to learn from.
    columns
        The columns that the recipe names, or None for all that have one of the roles.
    roles
        What the encoder reads.

    Raises
    ------
    RecipeError
        If the catalogue has no column of that name.
    """
    if columns is None:
        return tuple(name for role in roles for name in catalog.schema.names(role))
    known = [column.name for column in catalog.schema]
    for name in columns:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise RecipeError(
                f"the recipe names the column {name!r}, which the catalogue does not have.{hint} "
                f"Its columns are {', '.join(known)}"
            )
    return tuple(columns)
