"""The words that mark a group: log-odds against all others, with an informative Dirichlet prior.

Monroe, Colaresi & Quinn, Fightin' words: lexical feature selection and evaluation for identifying
the content of political conflict, 2008, equations 16 and 20 to 22. Products are counted that have a
word, not how often it stands in them, so that one wordy text does not speak for its class. The
prior has the words' shares in the whole catalogue and the weight of a tenth of it, at most of
`PRIOR` words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.insight.inspecting.grouping import Grouping, Rows

PRIOR = 1_000.0
"""At most so many words of the whole catalogue is every group given beforehand."""

_PRIOR_SHARE = 0.1

SURE = 1.96
"""Words below this z score are left out."""

GROUPS = 50
WORDS = 10
_LEAST = 2


@dataclass(frozen=True)
class Marker:
    """A word: its z score, and the shares of products with it inside of the group and outside."""

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
            best = _strongest(own, every)
            size, rest = int(inside.sum()), max(int((~inside).sum()), 1)
            told = tuple(
                Marker(str(words[at]), float(z), own[at] / size, (every[at] - own[at]) / rest)
                for at, z in best
            )
            found.append(Marked(name, size, told))
    return tuple(found)


def log_odds(
    own: npt.NDArray[np.float64], every: npt.NDArray[np.float64], prior: float
) -> npt.NDArray[np.float64]:
    """Return the z score of each word in a group against all others.

    Parameters
    ----------
    own
        How often the group has each word, float64 (words,).
    every
        How often all groups together have it; above 0.
    prior
        The weight of the prior, in words.
    """
    pseudo = prior * every / every.sum()
    rest = every - own
    inside = own + pseudo
    outside = rest + pseudo
    odds = np.log(inside) - np.log(np.maximum(own.sum() + prior - inside, 1e-9))
    against = np.log(outside) - np.log(np.maximum(rest.sum() + prior - outside, 1e-9))
    z: npt.NDArray[np.float64] = (odds - against) / np.sqrt(1 / inside + 1 / outside)
    return z


def _strongest(
    own: npt.NDArray[np.float64], every: npt.NDArray[np.float64]
) -> list[tuple[int, float]]:
    prior = min(PRIOR, _PRIOR_SHARE * float(every.sum()))
    z = np.where(own >= _LEAST, log_odds(own, every, prior), -np.inf)
    best = np.argsort(-z, kind="stable")[:WORDS]
    return [(int(at), float(z[at])) for at in best if z[at] > SURE]
