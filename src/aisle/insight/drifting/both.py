"""Two catalogues read as one, the reference first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role, Schema, Task
from aisle.catalog.duplicates import text_groups
from aisle.evaluation.slicing.photographs import PhotographMeasures, photograph_measures
from aisle.models import ProductClassifier, ProductRegressor
from aisle.progress import Progress

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Both:
    """Rows of the reference, then those of the new catalogue.

    They are not joined into one table: each finds its photographs from its own folder.
    """

    reference: Catalog
    new: Catalog

    @property
    def schema(self) -> Schema:
        """The columns with their roles in the reference."""
        return self.reference.schema

    @property
    def task(self) -> Task:
        """What the target is, if there is one."""
        return self.reference.task

    @property
    def is_new(self) -> Bools:
        """Which rows are new."""
        return np.repeat([False, True], [len(self.reference), len(self.new)])

    @property
    def shared(self) -> list[str]:
        """The columns that both tables have."""
        other = set(self.new.table.column_names)
        return [name for name in self.reference.table.column_names if name in other]

    def strings(self, name: str) -> list[str | None]:
        """Return a column as texts, None where empty; a target as classes."""
        if name == self.schema.target:
            return [*self.reference.labels, *self.new.labels]
        return [*self.reference.strings(name), *self.new.strings(name)]

    def numbers(self, name: str) -> Floats:
        """Return a column as numbers, NaN where missing."""
        return np.concatenate([self.reference.numbers(name), self.new.numbers(name)])

    def texts(self) -> list[str]:
        """Return one text a product, of the text columns that both have."""
        names = [name for name in self.schema.names(Role.TEXT) if name in self.shared]
        return [*self.reference.texts(names), *self.new.texts(names)]

    def photographs(self, progress: Progress) -> PhotographMeasures:
        """Measure the photograph of every product."""
        one, other = (photograph_measures(side, progress) for side in (self.reference, self.new))
        return PhotographMeasures(
            np.concatenate([one.brightness, other.brightness]),
            np.concatenate([one.sharpness, other.sharpness]),
            np.concatenate([one.pixels, other.pixels]),
        )

    def trained(self, model: ProductClassifier | ProductRegressor) -> bool:
        """Say whether at least half of the reference trained a classifier.

        An older bundle keeps nothing by which its products are known again; but another catalogue
        of the very same size as the one that trained it would be a coincidence.
        """
        if not isinstance(model, ProductClassifier):
            return False
        if model.seen_ is not None:
            seen = model.seen_in_training(self.reference)
            return seen is not None and seen.share >= 0.5
        labelled = int(self.reference.has_target.sum()) if self.schema.target else None
        return model.rows_ in (len(self.reference), labelled)

    def groups(self) -> Groups:
        """Group near-duplicates by their texts, also across both sides."""
        texts = self.texts()
        return text_groups(texts) if any(texts) else np.arange(len(texts), dtype=np.int64)
