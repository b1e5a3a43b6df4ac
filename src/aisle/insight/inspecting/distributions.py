"""How numbers lie: quantiles, a histogram on the scale that suits them, and far outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.insight.inspecting.grouping import Grouping

Floats = npt.NDArray[np.float64]

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""The quantiles of a distribution."""

SPREAD = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of a group."""

_BINS = 28
_SKEWED = 10.0
_FAR = 3.0
_STRETCHED = 5.0


@dataclass(frozen=True)
class Distribution:
    """How the numbers of all products lie.

    Parameters
    ----------
    rows
        Products that have a number.
    mean
        Their mean.
    quantiles
        At `LEVELS`.
    log
        Whether they are better seen on a logarithmic axis.
    edges, counts
        A histogram.
    beyond
        How many lie outside of it, so that a few do not squeeze all others.
    """

    rows: int
    mean: float
    quantiles: tuple[float, ...]
    log: bool
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    beyond: int

    @property
    def median(self) -> float:
        """The number in the middle."""
        return self.quantiles[3]


@dataclass(frozen=True)
class Spread:
    """How the numbers of one group lie: its quantiles at `SPREAD`."""

    group: str
    rows: int
    quantiles: tuple[float, ...]


def distribution(values: Floats) -> Distribution | None:
    """Describe numbers, of which NaN are left out; None where none is left."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    quantiles = tuple(float(value) for value in _quantiles(known, LEVELS))
    log = skewed(known)
    edges = _edges(known, log=log)
    counts, _ = np.histogram(known, edges)
    return Distribution(
        rows=len(known),
        mean=float(known.mean()),
        quantiles=quantiles,
        log=log,
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
        beyond=int(len(known) - counts.sum()),
    )


def spreads(values: Floats, grouping: Grouping | None, most: int) -> tuple[Spread, ...]:
    """Return how the numbers of the first `most` groups lie; groups without any are left out."""
    if grouping is None:
        return ()
    found = []
    for group, name in enumerate(grouping.names[:most]):
        own = values[grouping.rows_of(group)]
        own = own[np.isfinite(own)]
        if len(own):
            five = tuple(float(value) for value in _quantiles(own, SPREAD))
            found.append(Spread(name, len(own), five))
    return tuple(found)


def skewed(known: Floats) -> bool:
    """Say whether numbers are better seen on a logarithmic scale."""
    if known.min() <= 0:
        return False
    low, high = np.quantile(known, (0.05, 0.95))
    return bool(high >= _SKEWED * low or known.max() >= _SKEWED**2 * known.min())


def far_out(values: Floats) -> npt.NDArray[np.int64]:
    """Return the rows whose number lies far from all others, the farthest first.

    Farther than three times the range between the quartiles, on a logarithmic scale where that
    suits the numbers (Tukey, Exploratory Data Analysis, 1977).
    """
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < 8:
        return np.empty(0, dtype=np.int64)
    known = values[rows]
    scaled = np.log(known) if skewed(known) else known / 2  # as in `_quantiles`
    low, high = np.quantile(scaled, (0.25, 0.75))
    if high <= low:
        return np.empty(0, dtype=np.int64)
    distance = np.maximum(low - scaled, scaled - high) / (high - low)
    out = np.flatnonzero(distance > _FAR)
    farthest: npt.NDArray[np.int64] = rows[out[np.argsort(-distance[out], kind="stable")]]
    return farthest


def _quantiles(known: Floats, levels: tuple[float, ...]) -> Floats:
    """Return quantiles; of halves, for the span between two numbers may be beyond all numbers."""
    halves: Floats = np.quantile(known / 2, levels)
    return 2 * halves


def _edges(known: Floats, *, log: bool) -> Floats:
    low, high = float(known.min()), float(known.max())
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    bins = min(_BINS, max(5, int(np.sqrt(len(known)))))
    if log:
        edges = np.geomspace(low, high, bins + 1)
        edges[0], edges[-1] = low, high
        return edges
    first, middle, last = np.quantile(known, (0.01, 0.5, 0.99))
    if high - middle > _STRETCHED * (last - middle) > 0:
        high = float(last)
    if middle - low > _STRETCHED * (middle - first) > 0:
        low = float(first)
    whole = bool((known == np.round(known)).all())
    if whole and high - low < bins:
        return np.arange(np.floor(low), np.ceil(high) + 2) - 0.5
    return 2 * np.linspace(low / 2, high / 2, bins + 1)  # as in `_quantiles`
