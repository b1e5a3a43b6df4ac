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
from aisle.progress import Progress, silent


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


class DescribingEncoder(Encoder, ABC):
    """An encoder in two stages: a costly one that learns nothing, and a cheap one that learns.

    `describe` looks at each product alone: it reads a photograph, or asks a pretrained network.
    What it says never changes, so training does it once a product and not once a fold.
    `fit_described` and `transform_described` learn from descriptions and change them: a scale, a
    codebook, a projection.
    """

    @abstractmethod
    def describe(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        """Return what can be said of every row of `catalog` without having learned anything."""

    @abstractmethod
    def fit_described(self, described: Features) -> Self:
        """Learn from the descriptions of training rows, and return the encoder itself."""

    @abstractmethod
    def transform_described(self, described: Features) -> Features:
        """Turn descriptions into features, row by row."""

    def fit(self, catalog: Catalog) -> Self:
        """Describe the rows of `catalog` and learn from what is said."""
        return self.fit_described(self.describe(catalog))

    def transform(self, catalog: Catalog) -> Features:
        """Describe the rows of `catalog` and return their features, in order."""
        return self.transform_described(self.describe(catalog))


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
