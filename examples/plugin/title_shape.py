"""The shape of a title: how long it is, and what it is made of."""

from __future__ import annotations

from typing import Self

import numpy as np

from aisle.catalog import Catalog
from aisle.encoders import Encoder, Features

NAMES = ["characters", "words", "digits", "capitals", "punctuation"]


class TitleShapeEncoder(Encoder):
    """Measures the shape of a title, on scales of about 1.

    A book's title is long and has no digits; a phone's is a row of codes.

    Parameters
    ----------
    column
        The column that holds the title.

    Attributes
    ----------
    scale_ : numpy.ndarray
        The largest value of each measurement in training, float32 (5,).
    """

    modality = "text"

    def __init__(self, column: str = "title") -> None:
        self.column = column

    def fit(self, catalog: Catalog) -> Self:
        """Learn the scale of each measurement."""
        largest = self._measured(catalog).max(axis=0, initial=0)
        self.scale_ = np.where(largest > 0, largest, 1).astype(np.float32)
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return dense features, float32 (rows, 5)."""
        present = np.array([bool(title) for title in catalog.strings(self.column)], dtype=bool)
        return Features(self._measured(catalog) / self.scale_, present)

    def feature_names(self) -> list[str]:
        """Return what each column measures."""
        return NAMES

    def _measured(self, catalog: Catalog) -> np.ndarray:
        titles = [title or "" for title in catalog.strings(self.column)]
        rows = [
            (
                len(title),
                len(title.split()),
                sum(c.isdigit() for c in title) / max(1, len(title)),
                sum(c.isupper() for c in title) / max(1, len(title)),
                sum(not c.isalnum() and not c.isspace() for c in title) / max(1, len(title)),
            )
            for title in titles
        ]
        return np.array(rows, dtype=np.float32).reshape(-1, len(NAMES))
