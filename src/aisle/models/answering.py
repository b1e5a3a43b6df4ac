"""How a model reads products, and asks its experts about them batch by batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from aisle.catalog import Catalog, Role, Schema, Task
from aisle.component import Component
from aisle.encoders import Features
from aisle.errors import AisleError, CatalogError, NotFittedError
from aisle.fusion import JOINT, Answer, withheld
from aisle.models.plan import Plan
from aisle.progress import Progress

BATCH_ROWS = 2_048
"""Products are answered in batches of this many, which bounds memory whatever the catalogue."""


class AnsweringModel(Component):
    """A model that is fitted, or read from a bundle.

    Attributes
    ----------
    plan_ : Plan
        Encoders and experts.
    schema_ : Schema
        The columns that it was trained on.
    """

    task: ClassVar[Task]
    plan_: Plan
    schema_: Schema

    @property
    def modalities_(self) -> tuple[str, ...]:
        """The modalities that the model reads, in the order of the recipe."""
        self._check_fitted()
        names = [encoder.modality for encoder in self.plan_.encoders.values()]
        return tuple(dict.fromkeys(names))

    def read(self, source: object) -> Catalog:
        """Read products with the roles that the model was trained with.

        Raises
        ------
        CatalogError
            If not one of the columns that the model reads is there.
        """
        self._check_fitted()
        catalog = self._opened(source)
        wanted = [c.name for c in self.schema_ if c.role not in (Role.ID, Role.TARGET)]
        if wanted and not set(wanted) & set(catalog.table.column_names):
            raise CatalogError(
                f"none of the columns that the model reads is in the catalogue: it reads "
                f"{', '.join(map(repr, wanted))}, and found "
                f"{', '.join(map(repr, catalog.table.column_names))}. It was trained on "
                f"{self.schema_.target!r}; rename the columns, or train a model on this catalogue"
            )
        return catalog

    def _opened(self, source: object) -> Catalog:
        """Read rows with the roles of training."""
        catalog = (
            replace(source, schema=self._bound(source))
            if isinstance(source, Catalog)
            else Catalog.read(source, schema=self.schema_)
        )
        return replace(catalog, task=self.task)

    def _bound(self, catalog: Catalog) -> Schema:
        """Give a catalogue's columns the roles of training, its own target kept."""
        target = catalog.schema.target
        known = {column.name for column in self.schema_}
        columns = tuple(
            column
            for column in self.schema_
            if (column.role is not Role.TARGET or target in (None, column.name))
            and (column.role is not Role.ID or column.name in catalog.table.column_names)
        )
        kept = {Role.TARGET} if any(c.role is Role.ID for c in columns) else {Role.TARGET, Role.ID}
        own = tuple(
            column if column.role in kept else replace(column, role=Role.IGNORED)
            for column in catalog.schema
            if column.name not in known or (column.name == target and column not in columns)
        )
        names = {column.name for column in own if column.role is Role.TARGET}
        return Schema(tuple(c for c in columns if c.name not in names) + own)

    def missing_columns(self, catalog: Catalog) -> tuple[str, ...]:
        """Name the columns that the model reads and that `catalog` lacks."""
        return tuple(
            column.name
            for column in self.schema_
            if column.role not in (Role.ID, Role.TARGET)
            and column.name not in catalog.table.column_names
        )

    def _batches(self, catalog: Catalog, progress: Progress) -> Iterator[dict[str, Features]]:
        """Yield the features of successive rows by encoder name."""
        total = len(catalog)
        for start in range(0, total, BATCH_ROWS):
            stop = min(start + BATCH_ROWS, total)
            yield self.plan_.transform(catalog.slice(start, stop))
            progress("predicting", stop, total)

    def _check_modalities(self, modalities: Collection[str] | None) -> Collection[str]:
        """Return the modalities to answer with: all that the model reads when none are named."""
        if modalities is None:
            return self.modalities_
        if unknown := set(modalities) - set(self.modalities_):
            raise AisleError(
                f"the model has no modality {', '.join(map(repr, sorted(unknown)))}; it reads "
                f"{', '.join(self.modalities_)}"
            )
        return modalities

    def _only(
        self, answers: Mapping[str, Answer], modalities: Collection[str]
    ) -> dict[str, Answer]:
        """Treat the experts that read anything but the given modalities as absent."""
        experts = self.plan_.experts
        alone = [name for name in answers if name not in JOINT]
        kept = [n for n in alone if set(experts[n].modalities) <= set(modalities)]
        return withheld(answers, kept)

    def _answers(
        self, features: Mapping[str, Features], sets: Collection[Collection[str]] = ()
    ) -> dict[str, Answer]:
        """Let every expert answer, for sets of modalities that will be asked about too."""
        return {name: expert.answer(features, sets) for name, expert in self.plan_.experts.items()}

    def _present(
        self, features: Mapping[str, Features], modalities: Collection[str]
    ) -> list[list[str]]:
        """List the modalities that each product has, of those asked for."""
        present = {
            modality: np.logical_or.reduce(
                [
                    f.present
                    for name, f in features.items()
                    if self.plan_.encoders[name].modality == modality
                ]
            )
            for modality in self.modalities_
            if modality in modalities
        }
        rows = len(next(iter(features.values())))
        return [[m for m, mask in present.items() if mask[row]] for row in range(rows)]

    def _errors(
        self, features: Mapping[str, Features], modalities: Collection[str]
    ) -> dict[int, str]:
        """Return what could not be read of the modalities asked for, by row."""
        told: dict[int, list[str]] = {}
        for name, f in features.items():
            if self.plan_.encoders[name].modality in modalities:
                for row, error in f.errors.items():
                    if error not in told.setdefault(row, []):
                        told[row].append(error)
        return {row: "; ".join(errors) for row, errors in told.items()}

    def _check_fitted(self) -> None:
        if not hasattr(self, "plan_"):
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet: call fit(catalog), or load a bundle"
            )
