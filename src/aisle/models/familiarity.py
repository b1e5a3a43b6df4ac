"""Which texts products had in training: the promise is about products like these alone."""

from __future__ import annotations

from collections import Counter
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.component import Component


class Familiarity(Component):
    """Remembers which text columns products had filled, and how often.

    A threshold learned on products with title and description says nothing of products that come
    with a title alone: such a pattern must have been met in training to be covered by the promise.
    A product without any text is another matter: the other modalities answer, and their thresholds
    are learned without the texts.

    Parameters
    ----------
    rows, share
        A pattern is familiar if it was met in at least `rows` products, or in this share of them.

    Attributes
    ----------
    patterns_ : dict of str to int
        How many training products had each pattern of filled columns.
    together_ : dict of str to list of str
        Columns of which it matters whether any is filled; empty but in models of format 1.
    """

    def __init__(self, rows: int = 20, share: float = 0.01) -> None:
        self.rows = rows
        self.share = share

    def fit(self, catalog: Catalog) -> Self:
        """Count the patterns of the training rows."""
        self.texts_ = list(catalog.schema.names(Role.TEXT))
        self.together_: dict[str, list[str]] = {}
        self.patterns_ = dict(sorted(Counter(self._patterns(catalog)).items()))
        return self

    def _patterns(self, catalog: Catalog) -> list[str]:
        """Spell out which columns of each product are filled."""
        filled = {name: catalog.filled(name) for name in self.texts_}
        for name, columns in self.together_.items():
            if columns:
                some = [catalog.filled(column) for column in columns]
                filled[f"any {name}"] = np.logical_or.reduce(some)
        if not filled:
            return [""] * len(catalog)
        flags = np.column_stack(list(filled.values()))
        names = list(filled)
        spelled = {
            row: " + ".join(name for name, flag in zip(names, row, strict=True) if flag)
            for row in set(map(tuple, flags.tolist()))
        }
        return [spelled[tuple(row)] for row in flags.tolist()]

    def unfamiliar(self, catalog: Catalog) -> tuple[npt.NDArray[np.bool_], list[str]]:
        """Say which products have a pattern that training hardly met, and what they have.

        Returns
        -------
        numpy.ndarray
            bool (rows,).
        list of str
            The filled columns of each product, in words.
        """
        enough = min(self.rows, self.share * sum(self.patterns_.values()))
        patterns = self._patterns(catalog)
        rare = [
            bool(pattern) and self.patterns_.get(pattern, 0) < max(1, enough)
            for pattern in patterns
        ]
        return np.array(rare, dtype=bool), patterns
