"""The words that mark a group: Dunning's log-likelihood ratio, against all others.

Dunning, Accurate methods for the statistics of surprise and coincidence, 1993. Products are counted
that have a word, not how often it stands in them, so that one wordy text does not speak for its
class. Log-odds with a Dirichlet prior (Monroe et al., 2008) were tried: they rank a word that no
other class has behind words that many have, since they cannot tell its odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import xlogy

from aisle.insight.inspecting.grouping import Grouping, Rows

SURE = 1.96
"""Words below this root of the ratio, which is about a z score, are left out."""

GROUPS = 50
WORDS = 10
_LEAST = 2


@dataclass(frozen=True)
class Marker:
    """A word: the root of its ratio, and the share of products with it inside and outside."""

    word: str
    z: float
    inside: float
    outside: float


@dataclass(frozen=True)
class Marked:
    """The words that mark a group, and how many of its products were looked at."""

    group: str
    rows: int
    words: tuple[Marker, ...]


def marked(
    counts: sparse.csr_matrix, words: npt.NDArray[np.object_], grouping: Grouping, rows: Rows
) -> tuple[Marked, ...]:
    """Find the words that mark each of the first `GROUPS` groups.

    Parameters
    ----------
    counts
        Words of the products looked at, (products, words).
    words
        The words.
    grouping
        The groups of all products.
    rows
        Which rows were looked at.
    """
    codes = grouping.codes[rows]
    known = np.flatnonzero(codes >= 0)
    if not len(words) or len(np.unique(codes[known])) < 2:
        return ()
    there = counts[known].sign()
    codes = codes[known]
    every = np.asarray(there.sum(axis=0), dtype=np.float64).ravel()
    met = np.flatnonzero(every)
    there, words, every = there[:, met], words[met], every[met]
    found = []
    for group, name in enumerate(grouping.names[:GROUPS]):
        inside = codes == group
        if inside.any():
            own = np.asarray(there[inside].sum(axis=0), dtype=np.float64).ravel()
            size, rest = int(inside.sum()), int((~inside).sum())
            outside = max(rest, 1)
            best = _strongest(own, every, size, rest)
            told = tuple(
                Marker(str(words[at]), float(z), own[at] / size, (every[at] - own[at]) / outside)
                for at, z in best
            )
            found.append(Marked(name, size, told))
    return tuple(found)


def root_of_ratio(
    own: npt.NDArray[np.float64], every: npt.NDArray[np.float64], size: int, rest: int
) -> npt.NDArray[np.float64]:
    """Return the signed root of each word's log-likelihood ratio, about a z score.

    Parameters
    ----------
    own
        How many products of the group have each word, float64 (words,).
    every
        How many products of all groups have it.
    size, rest
        How many products the group has, and all others together.
    """
    total = size + rest
    table = ((own, size), (every - own, rest))
    ratio = np.zeros(len(own))
    for have, products in table:
        share = products / total
        ratio += xlogy(have, have) - xlogy(have, every * share)
        lack, lacking = products - have, (total - every) * share
        ratio += xlogy(lack, lack) - xlogy(lack, lacking)
    more = np.sign(own * rest - (every - own) * size)
    root: npt.NDArray[np.float64] = more * np.sqrt(2 * np.maximum(ratio, 0.0))
    return root


def _strongest(
    own: npt.NDArray[np.float64], every: npt.NDArray[np.float64], size: int, rest: int
) -> list[tuple[int, float]]:
    z = np.where(own >= _LEAST, root_of_ratio(own, every, size, rest), -np.inf)
    best = np.argsort(-z, kind="stable")[:WORDS]
    return [(int(at), float(z[at])) for at in best if z[at] > SURE]
