"""Products in groups that can be compared: the classes of the target, or bands of its values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from aisle import pages
from aisle.catalog import Catalog, Task

Rows = npt.NDArray[np.int64]

_BANDS = 4
_LEAST = 8


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of every product.

    Parameters
    ----------
    kind
        ``class``, or ``band`` where the target is a quantity.
    names
        The groups: classes from the largest to the smallest, bands from low to high.
    codes
        The place of each row's group among `names`, int64 (rows,); -1 where it has none.
    """

    kind: Literal["class", "band"]
    names: tuple[str, ...]
    codes: Rows

    @cached_property
    def sizes(self) -> Rows:
        """The products of each group, int64 (groups,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def rows_of(self, group: int) -> Rows:
        """Return the rows of one group."""
        return np.flatnonzero(self.codes == group)

    def of(self, row: int) -> str | None:
        """Return the name of a row's group."""
        return self.names[self.codes[row]] if self.codes[row] >= 0 else None


def grouped_by_target(catalog: Catalog) -> Grouping | None:
    """Group products by the class that they have, or by the quarter that their value lies in.

    Returns
    -------
    Grouping or None
        None without a target, or where too few products have a value.
    """
    if catalog.schema.target is None or not catalog.has_target.any():
        return None
    return _classes(catalog) if catalog.task is Task.CLASSIFY else _bands(catalog)


def sampled(rows: int, most: int, seed: int = 0) -> Rows:
    """Return at most `most` row numbers, drawn at random with a seed, in rising order."""
    if rows <= most:
        return np.arange(rows, dtype=np.int64)
    drawn = np.random.default_rng(seed).choice(rows, size=most, replace=False)
    return np.sort(drawn).astype(np.int64)


def _classes(catalog: Catalog) -> Grouping:
    labels = catalog.labels
    known = [str(label) for label in labels if label is not None]
    names, counts = np.unique(np.array(known, dtype=object), return_counts=True)
    order = sorted(range(len(names)), key=lambda at: (-int(counts[at]), str(names[at])))
    place = {str(names[at]): rank for rank, at in enumerate(order)}
    codes = np.array([-1 if one is None else place[str(one)] for one in labels], dtype=np.int64)
    return Grouping("class", tuple(str(names[at]) for at in order), codes)


def _bands(catalog: Catalog) -> Grouping | None:
    values = catalog.values
    there = np.isfinite(values)
    if there.sum() < _LEAST:
        return None
    inner = np.unique(np.quantile(values[there], np.arange(1, _BANDS) / _BANDS))
    codes = np.full(len(values), -1, dtype=np.int64)
    codes[there] = np.searchsorted(inner, values[there], side="left")
    met = np.unique(codes[there])
    if len(met) < 2:
        return None
    place = np.full(len(inner) + 2, -1, dtype=np.int64)
    place[met] = np.arange(len(met))
    ends = [pages.number(float(value)) for value in inner]
    names = [
        f"up to {ends[0]}",
        *(f"{low} to {high}" for low, high in pairwise(ends)),
        f"above {ends[-1]}",
    ]
    return Grouping("band", tuple(names[at] for at in met), np.where(there, place[codes], -1))
