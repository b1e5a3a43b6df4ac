"""The contract of an encoder: rows of a catalogue in, features out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from aisle.catalog import Catalog
from aisle.component import Component
from aisle.encoders.features import Features


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
