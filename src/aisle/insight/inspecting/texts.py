"""The texts of a catalogue: lengths, vocabulary and its growth, telling words, languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.catalog import Catalog, Role
from aisle.insight.inspecting.distributions import Distribution, Spread, distribution, spreads
from aisle.insight.inspecting.grouping import Grouping, Rows, sampled
from aisle.insight.inspecting.languages import Languages, languages
from aisle.insight.inspecting.markers import Marked, marked

LOOKED_AT = 20_000
"""Texts whose words are counted."""

GROUPS = 50
_POINTS = 24
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = rf"(?u)[{_UNSPACED}]|[^\W\d_](?:[\w'’-]*\w)?"
"""A word begins with a letter; of Chinese and Japanese each character is one."""


@dataclass(frozen=True)
class TextColumn:
    """One text column: how many products have it, and how long it is in the middle."""

    name: str
    filled: int
    words: float
    characters: float


@dataclass(frozen=True)
class Vocabulary:
    """The words of the texts looked at.

    Parameters
    ----------
    looked_at
        Products looked at, drawn at random with a seed where there are more.
    words
        Different words.
    tokens
        Words in all.
    once
        Words that stand in one product alone.
    half
        So many of the most frequent words make up half of all text.
    growth
        How many different words so many products have, as (products, words).
    """

    looked_at: int
    words: int
    tokens: int
    once: int
    half: int
    growth: tuple[tuple[int, int], ...]

    @property
    def new_words(self) -> float | None:
        """How many new words the last products brought, for every 100; None where too few."""
        if len(self.growth) < 4:
            return None
        (few, known), (most, all_known) = self.growth[-4], self.growth[-1]
        return 100 * (all_known - known) / (most - few)


@dataclass(frozen=True)
class Texts:
    """What was found in the texts; lengths are in words, and over all products.

    Parameters
    ----------
    columns
        The text columns.
    empty
        Products without any text.
    words
        How lengths lie, over products that have a text.
    by_group
        The same by group.
    vocabulary
        The words; None where there are none.
    marked
        The words that mark each group.
    languages
        The likely languages.
    """

    columns: tuple[TextColumn, ...]
    empty: int
    words: Distribution | None
    by_group: tuple[Spread, ...]
    vocabulary: Vocabulary | None
    marked: tuple[Marked, ...]
    languages: Languages | None


def texts(catalog: Catalog, grouping: Grouping | None) -> Texts | None:
    """Look at a catalogue's texts; None where it has no text columns."""
    names = catalog.schema.names(Role.TEXT)
    if not names:
        return None
    whole = catalog.texts()
    sizes = np.array([len(text.split()) for text in whole], dtype=np.float64)
    sizes[sizes == 0] = np.nan
    rows = sampled(len(whole), LOOKED_AT)
    counts, words = word_counts([whole[row] for row in rows])
    return Texts(
        columns=tuple(_column(catalog, name) for name in names),
        empty=int(np.isnan(sizes).sum()),
        words=distribution(sizes),
        by_group=spreads(sizes, grouping, GROUPS),
        vocabulary=_vocabulary(counts) if len(words) else None,
        marked=marked(counts, words, grouping, rows) if grouping is not None else (),
        languages=languages(whole),
    )


def word_counts(texts: list[str]) -> tuple[sparse.csr_matrix, npt.NDArray[np.object_]]:
    """Count the words of texts in lower case, int32 (texts, words); and return the words."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(token_pattern=WORD, dtype=np.int32)
    try:
        counts = vectorizer.fit_transform(texts).tocsr()
    except ValueError:  # no text holds a single word
        return sparse.csr_matrix((len(texts), 0), dtype=np.int32), np.empty(0, dtype=object)
    return counts, vectorizer.get_feature_names_out()


def _column(catalog: Catalog, name: str) -> TextColumn:
    filled = [value for value in catalog.strings(name) if value is not None]
    words = float(np.median([len(value.split()) for value in filled])) if filled else 0.0
    characters = float(np.median([len(value) for value in filled])) if filled else 0.0
    return TextColumn(name, len(filled), words, characters)


def _vocabulary(counts: sparse.csr_matrix) -> Vocabulary:
    in_products = np.bincount(counts.indices, minlength=counts.shape[1])
    uses = np.sort(np.asarray(counts.sum(axis=0)).ravel())[::-1]
    tokens = int(uses.sum())
    return Vocabulary(
        looked_at=counts.shape[0],
        words=counts.shape[1],
        tokens=tokens,
        once=int((in_products == 1).sum()),
        half=int(np.searchsorted(np.cumsum(uses), tokens / 2)) + 1,
        growth=_growth(counts),
    )


def _growth(counts: sparse.csr_matrix) -> tuple[tuple[int, int], ...]:
    """Count the words met in the first 1, 2, 3 ... products of a shuffled order."""
    rows = counts.shape[0]
    place = np.empty(rows, dtype=np.int64)
    place[np.random.default_rng(0).permutation(rows)] = np.arange(rows)
    of_entry: Rows = np.repeat(place, np.diff(counts.indptr))
    first = np.full(counts.shape[1], rows, dtype=np.int64)
    np.minimum.at(first, counts.indices, of_entry)
    met = np.cumsum(np.bincount(first, minlength=rows))
    points = np.unique(np.linspace(1, rows, min(rows, _POINTS)).round().astype(np.int64))
    return tuple((int(products), int(met[products - 1])) for products in points)
