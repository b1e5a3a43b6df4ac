"""An expert that is asked about one product, as it is and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aisle.cache import nothing_kept
from aisle.catalog import Catalog
from aisle.encoders import Encoder, Features
from aisle.fusion import ClassExpert, ValueExpert
from aisle.insight.explaining.question import Floats, Question


@dataclass(frozen=True, eq=False)
class AskedExpert:
    """An expert of one modality and a product that it answers for.

    Parameters
    ----------
    name
        Of the expert.
    expert
        Fitted.
    encoders
        Those of the expert, by name.
    product
        A catalogue of one row.
    features
        Of that product, one row each, by encoder.
    question
        What is asked.
    means
        The mean features of the training rows by encoder, float64 (columns,); empty where no
        training rows are given.
    """

    name: str
    expert: ClassExpert | ValueExpert
    encoders: Mapping[str, Encoder]
    product: Catalog
    features: Mapping[str, Features]
    question: Question
    means: Mapping[str, Floats]

    @property
    def modality(self) -> str:
        """What the expert reads."""
        return self.expert.modalities[0]

    @cached_property
    def scores(self) -> Floats:
        """What the expert says of the product, float64 (1, classes) or (1,)."""
        return self.expert.answer(self.features).scores

    @cached_property
    def evidence(self) -> float:
        """The same as evidence."""
        return float(self.question.evidence(self.scores)[0])

    @property
    def shown(self) -> float:
        """The same as a probability or a value."""
        return float(self.question.shown(np.array([self.evidence]))[0])

    @cached_property
    def blocks(self) -> dict[str, slice]:
        """Where each encoder's columns stand among those of the head."""
        found, start = {}, 0
        for name in self.encoders:
            width = self.features[name].dimension
            found[name] = slice(start, start + width)
            start += width
        return found

    @cached_property
    def gathered(self) -> Features:
        """All columns of the head, one row."""
        return self.expert.gather(self.features)

    def replaced(self, changed: Mapping[str, Features]) -> Floats:
        """Return the evidence where some encoders say something else, float64 (rows,).

        What the others say of the product is repeated.
        """
        rows = len(next(iter(changed.values())))
        repeat = np.zeros(rows, dtype=np.int64)
        features = {
            name: changed[name] if name in changed else self.features[name].take(repeat)
            for name in self.encoders
        }
        told: Floats = self.question.evidence(self.expert.answer(features).scores)
        return told

    def of_catalog(self, changed: Catalog, names: Sequence[str] | None = None) -> Floats:
        """Return the evidence for changed products, float64 (rows,), through some encoders or all.

        Nothing of it is kept in the feature cache.
        """
        with nothing_kept():
            some = self.encoders if names is None else names
            found = {name: self.encoders[name].transform(changed) for name in some}
        return self.replaced(found)

    def repeated(self, rows: int) -> Catalog:
        """Return the product as many times."""
        return self.product.take(np.zeros(rows, dtype=np.int64))


def dense_row(features: Features) -> Floats:
    """Return one row of features as float64 (columns,)."""
    row = features.matrix[:1]
    flat = row.toarray() if hasattr(row, "toarray") else row
    found: Floats = np.asarray(flat, dtype=np.float64)[0]
    return found
