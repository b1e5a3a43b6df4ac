"""How far two parts of the same rows lie apart, made ready to be asked a thousand times."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle import metrics
from aisle.insight.drifting.guarding import Bools, Floats, Statistic

Codes = npt.NDArray[np.int64]

_WORD = re.compile(r"\w\w+")


def shares_apart(codes: Codes) -> Statistic:
    """Compare shares of categories, int64 (rows,), by the Jensen-Shannon distance."""
    width = int(codes.max()) + 1

    def statistic(new: Bools) -> float:
        now = np.bincount(codes[new], minlength=width)
        before = np.bincount(codes[~new], minlength=width)
        return metrics.jensen_shannon(before, now)

    return statistic


def numbers_apart(values: Floats) -> Statistic:
    """Compare numbers, float64 (rows,), by the Kolmogorov-Smirnov distance.

    They are sorted once; a parting then costs two running sums.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    last = np.append(np.flatnonzero(np.diff(ordered) > 0), len(ordered) - 1)

    def statistic(new: Bools) -> float:
        among = new[order]
        now = np.cumsum(among)[last]
        count = int(now[-1])
        before = last + 1 - now
        return float(np.abs(now / count - before / (len(among) - count)).max())

    return statistic


def part_apart(having: Bools) -> Statistic:
    """Compare the shares of rows that have something, bool (rows,), by their difference."""

    def statistic(new: Bools) -> float:
        return abs(float(having[new].mean()) - float(having[~new].mean()))

    return statistic


class Vocabulary:
    """Which words each text holds.

    Parameters
    ----------
    texts
        The texts, those of both sides.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        found = [sorted(set(words_of(text))) for text in texts]
        self.words = sorted({word for words in found for word in words})
        place = {word: at for at, word in enumerate(self.words)}
        columns = np.array([place[word] for words in found for word in words], dtype=np.int64)
        ends = np.cumsum([0, *map(len, found)])
        ones = np.ones(len(columns), dtype=np.float64)
        shape = (len(texts), len(self.words))
        # one row a word, so that a parting is one product with a vector
        self._held = sparse.csr_matrix((ones, columns, ends), shape=shape).T.tocsr()

    def texts_holding(self, rows: Bools) -> Floats:
        """Return how many of some texts hold each word, float64 (words,)."""
        counts: Floats = self._held @ rows.astype(np.float64)
        return counts

    def unseen(self, new: Bools) -> float:
        """Return the share of words of the new texts that no text of the reference holds."""
        now, before = self.texts_holding(new), self.texts_holding(~new)
        total = float(now.sum())
        return float(now[before == 0].sum()) / total if total else 0.0

    def newcomers(self, new: Bools, count: int) -> list[tuple[str, float]]:
        """Return the most frequent words that only new texts hold, and the share of these."""
        now = self.texts_holding(new)
        only = np.where(self.texts_holding(~new) == 0, now, 0.0)
        best = np.argsort(-only, kind="stable")[:count]
        return [(self.words[at], float(only[at] / new.sum())) for at in best if only[at] > 1]


def words_of(text: str) -> list[str]:
    """Return the words of a text, in small letters; numbers are none, for they never repeat."""
    return [word for word in _WORD.findall(text.lower()) if not word[0].isdigit()]
