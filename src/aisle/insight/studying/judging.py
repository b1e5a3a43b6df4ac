"""Clusters held against classes: scores, and which class became which cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.insight.studying.distances import Labels

SPLIT = 0.6
"""A class whose largest cluster holds less of it is split."""

MERGED = 0.3
"""A class that has this share in a cluster, at least, is at home there."""

Classes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Confusion:
    """How many products of each class each cluster holds.

    Parameters
    ----------
    classes
        By name, in alphabetical order.
    counts
        A row a class, a column a cluster; the first columns are the clusters that match the
        classes, in their order, and the others match none. A class without a cluster of its own
        has an empty column.
    split
        Classes that no cluster holds most of, with the shares of their largest clusters, most
        scattered first.
    merged
        Classes that share a cluster, the largest clusters first.
    purity
        The share of products that lie in the cluster that matches their class.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    split: tuple[tuple[str, tuple[float, ...]], ...]
    merged: tuple[tuple[str, ...], ...]
    purity: float

    def to_dict(self) -> dict[str, Any]:
        """Return the confusion as JSON takes it."""
        return {
            "classes": list(self.classes),
            "counts": [list(row) for row in self.counts],
            "split": [{"class": name, "shares": list(shares)} for name, shares in self.split],
            "merged": [list(names) for names in self.merged],
            "purity": self.purity,
        }


def agreement(classes: Classes, labels: Labels) -> tuple[float, float]:
    """Return adjusted Rand index and adjusted mutual information of clusters with classes.

    Both are 0 for clusters by chance and 1 for the classes themselves (Hubert and Arabie, 1985;
    Vinh, Epps and Bailey, 2010). Products without a class, None, do not count.
    """
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    known = np.array([name is not None for name in classes], dtype=bool)
    given, found = classes[known].astype(str), labels[known]
    if not len(given):
        return 0.0, 0.0
    return (
        float(adjusted_rand_score(given, found)),
        float(adjusted_mutual_info_score(given, found)),
    )


def stability(runs: npt.NDArray[np.int64]) -> float:
    """Return how alike the clusterings of several seeds are: the mean adjusted Rand index."""
    from itertools import combinations

    from sklearn.metrics import adjusted_rand_score

    pairs = [adjusted_rand_score(one, other) for one, other in combinations(runs, 2)]
    return float(np.mean(pairs)) if pairs else 1.0


def confusion(classes: Classes, labels: Labels) -> Confusion:
    """Match clusters with classes, so that as many products as can be lie in their own.

    The match is the Hungarian method's (Kuhn, 1955). Products without a class do not count.

    Parameters
    ----------
    classes
        A name or None for each product, object (rows,).
    labels
        Its cluster, int64 (rows,).
    """
    from scipy.optimize import linear_sum_assignment

    known = np.array([name is not None for name in classes], dtype=bool)
    names, rows = np.unique(classes[known].astype(str), return_inverse=True)
    _, columns = np.unique(labels[known], return_inverse=True)
    width = int(columns.max(initial=-1)) + 1
    counts = np.zeros((len(names), width), dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    own, theirs = linear_sum_assignment(-counts)
    matched = dict(zip(own.tolist(), theirs.tolist(), strict=True))
    rest = [column for column in range(width) if column not in set(matched.values())]
    order = [matched.get(row, -1) for row in range(len(names))] + rest
    padded = np.hstack([counts, np.zeros((len(names), 1), dtype=np.int64)])
    right = sum(int(counts[row, column]) for row, column in matched.items())
    return Confusion(
        classes=tuple(str(name) for name in names),
        counts=tuple(tuple(int(value) for value in row) for row in padded[:, order]),
        split=_split(names, counts),
        merged=_merged(names, counts),
        purity=right / max(int(counts.sum()), 1),
    )


def _split(
    names: npt.NDArray[np.str_], counts: npt.NDArray[np.int64]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    found = []
    for name, row in zip(names, counts, strict=True):
        shares = np.sort(row / max(int(row.sum()), 1))[::-1]
        if len(shares) and shares[0] < SPLIT:
            found.append((str(name), tuple(float(share) for share in shares[:3] if share > 0)))
    return tuple(sorted(found, key=lambda pair: pair[1][0]))


def _merged(
    names: npt.NDArray[np.str_], counts: npt.NDArray[np.int64]
) -> tuple[tuple[str, ...], ...]:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    found = []
    for column in range(counts.shape[1]):
        at_home = np.flatnonzero(shares[:, column] >= MERGED)
        if len(at_home) > 1:
            order = at_home[np.argsort(-counts[at_home, column], kind="stable")]
            size = int(counts[:, column].sum())
            found.append((size, tuple(str(names[row]) for row in order)))
    return tuple(group for _, group in sorted(found, key=lambda pair: -pair[0]))
