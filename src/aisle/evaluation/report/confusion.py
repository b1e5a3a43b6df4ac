"""Which classes are taken for which."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from aisle import pages
from aisle.evaluation.report.answers import Answers
from aisle.evaluation.results import ClassEvaluation

Counts = npt.NDArray[np.int64]

LISTED = 15
"""How many pairs a page lists."""

SHOWN = 30
"""How many classes a heat map can show and still be read; of more, the most confused."""

_ALPHABETICAL = 10


@dataclass(frozen=True)
class Confusion:
    """How many products of one class, out of `support`, were taken for another."""

    truth: str
    predicted: str
    rows: int
    support: int


@dataclass(frozen=True)
class Confusions:
    """All mistakes: how many, of how many kinds, the most frequent, and the matrix.

    `left` says how many classes the matrix leaves out; there is none with fewer than two classes.
    """

    wrong: int
    kinds: int
    pairs: tuple[Confusion, ...]
    heat: pages.Heat | None
    left: int


def confusions(found: ClassEvaluation, answers: Answers) -> Confusions:
    """Count which classes are taken for which."""
    wrong = ~answers.right
    taken = Counter(zip(answers.truth[wrong], answers.predicted[wrong], strict=True))
    support = Counter(answers.truth)
    ranked = sorted(taken.items(), key=lambda item: (-item[1], item[0]))
    seen = {*answers.truth, *answers.predicted}
    names = [name for name in found.per_class if name in seen]
    names += sorted(seen.difference(names))
    return Confusions(
        wrong=taken.total(),
        kinds=len(taken),
        pairs=tuple(
            Confusion(truth, predicted, rows, support[truth])
            for (truth, predicted), rows in ranked[:LISTED]
        ),
        heat=_heat(names, answers) if len(names) > 1 else None,
        left=max(0, len(names) - SHOWN),
    )


def _heat(names: list[str], answers: Answers) -> pages.Heat:
    codes = {name: at for at, name in enumerate(names)}
    truth = np.array([codes[name] for name in answers.truth], dtype=np.int64)
    predicted = np.array([codes[name] for name in answers.predicted], dtype=np.int64)
    chosen = _most_confused(truth, predicted, len(names))
    place = np.full(len(names), len(chosen), dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    counts = np.zeros((len(chosen) + 1, len(chosen) + 1), dtype=np.int64)
    np.add.at(counts, (place[truth], place[predicted]), 1)
    order = _order(counts[:-1, :-1])
    rest = len(names) - len(chosen)
    shown = [names[chosen[at]] for at in order]
    if rest:
        order = np.append(order, len(chosen))
        shown.append(pages.plural(rest, "other class", "other classes"))
    cells: list[list[int | None]] = counts[np.ix_(order, order)].tolist()
    if rest:
        cells[-1][-1] = None
    totals = counts.sum(axis=1)[order].tolist()
    return pages.Heat("Confusion matrix", _said(shown, cells, totals), shown, cells, totals)


def _said(names: list[str], cells: list[list[int | None]], totals: list[int]) -> str:
    told = [
        f"{name}: {row[at]} of {total} answered rightly"
        for at, (name, row, total) in enumerate(zip(names, cells, totals, strict=True))
        if row[at] is not None
    ]
    return f"A row for each true class, a column for each answer. {'; '.join(told)}"


def _most_confused(truth: Counts, predicted: Counts, classes: int) -> Counts:
    """Return the classes with the most mistakes, given or received, in their order."""
    wrong = truth != predicted
    mistakes = np.bincount(truth[wrong], minlength=classes)
    mistakes += np.bincount(predicted[wrong], minlength=classes)
    size = np.bincount(truth, minlength=classes)
    return np.sort(np.lexsort((-size, -mistakes))[:SHOWN])


def _order(counts: Counts) -> Counts:
    """Put classes that are taken for each other side by side; a few stay in alphabetical order.

    Classes are merged by average linkage, and the leaves turned so that neighbours are close.

    References
    ----------
    Bar-Joseph, Gifford and Jaakkola (2001), Fast optimal leaf ordering for hierarchical clustering.
    """
    if len(counts) <= _ALPHABETICAL:
        return np.arange(len(counts))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    distance = 1.0 / (1e-3 + shares + shares.T)
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(distance, checks=False)
    tree = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    return np.asarray(leaves_list(tree), dtype=np.int64)
