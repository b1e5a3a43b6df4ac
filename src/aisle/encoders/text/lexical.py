"""Lexical text encoders: TF-IDF, bag of words, hashing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder, columns_to_read
from aisle.encoders.features import Features
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.counting import TermCounter, VocabularyCounter
from aisle.encoders.text.hashing import HashBuckets
from aisle.encoders.text.ngrams import Analyzer, Words
from aisle.encoders.text.prepared import catalog_words
from aisle.encoders.text.vocabulary import learn_terms
from aisle.errors import RecipeError

# Always computed over the same array: NumPy's logarithm may round differently in arrays of other
# lengths, and a product's features must not depend on the rows beside it.
_DAMPENED = 1 + np.log(np.arange(1, 1 << 16, dtype=np.float64))


class LexicalEncoder(Encoder):
    """What the encoders that count n-grams share.

    Parameters
    ----------
    columns
        The text columns to read; all of the catalogue's when left out.
    analyzer
        ``word`` for runs of words, ``char`` for windows of characters inside words.
    ngrams
        The smallest and the largest n, inclusive.
    lowercase, accents, html, urls
        Cleaning: fold case, remove accents, remove HTML and web addresses.
    morphology, language
        None, ``lemma`` or ``stem``, and the language for it.
    mask_prices
        Remove amounts of money, for models that learn a price.
    """

    modality = "text"

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        analyzer: Analyzer = "word",
        ngrams: Sequence[int] = (1, 2),
        lowercase: bool = True,
        accents: bool = False,
        html: bool = True,
        urls: bool = True,
        morphology: str | None = None,
        language: str = "en",
        mask_prices: bool = False,
    ) -> None:
        self.columns = columns
        self.analyzer = analyzer
        self.ngrams = ngrams
        self.lowercase = lowercase
        self.accents = accents
        self.html = html
        self.urls = urls
        self.morphology = morphology
        self.language = language
        self.mask_prices = mask_prices

    def _lengths(self) -> tuple[int, int]:
        """Check the analyzer and n-grams, and return the smallest and the largest n."""
        lowest = 1 if self.analyzer == "word" else 2
        given = self.ngrams
        pair = isinstance(given, Sequence) and len(given) == 2 and not isinstance(given, str)
        valid = pair and all(type(n) is int for n in given) and lowest <= given[0] <= given[1] <= 8
        if self.analyzer not in ("word", "char") or not valid:
            raise RecipeError(
                f"n-grams {given!r} of {self.analyzer!r} are not valid: analyzer is 'word' or "
                f"'char', and ngrams two whole numbers from {lowest} to 8 such as [3, 5]"
            )
        return given[0], given[1]

    def _words(self, catalog: Catalog) -> tuple[Words, ...]:
        """Return the words of the catalogue's texts, in blocks."""
        prepare = TextPreparation(
            html=self.html,
            urls=self.urls,
            lowercase=self.lowercase,
            accents=self.accents,
            morphology=self.morphology,
            language=self.language,
            mask_prices=self.mask_prices,
        )
        return catalog_words(catalog, self.columns, prepare)


def _known(counts: sparse.csr_matrix) -> npt.NDArray[np.bool_]:
    """Say which texts hold any known term: the others give a head nothing to go by."""
    return np.asarray(np.diff(counts.indptr) > 0)


def _present(blocks: Sequence[Words]) -> npt.NDArray[np.bool_]:
    """Say which texts have a word at all, bool (rows,)."""
    filled = [np.bincount(words.rows, minlength=words.height) > 0 for words in blocks]
    return np.concatenate([np.empty(0, dtype=bool), *filled])


class _CountingEncoder(LexicalEncoder):
    """Learns a vocabulary and counts its terms."""

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        analyzer: Analyzer = "word",
        ngrams: Sequence[int] = (1, 2),
        minimum: int = 1,
        maximum: int | None = 200_000,
        lowercase: bool = True,
        accents: bool = False,
        html: bool = True,
        urls: bool = True,
        morphology: str | None = None,
        language: str = "en",
        mask_prices: bool = False,
    ) -> None:
        super().__init__(
            columns,
            analyzer=analyzer,
            ngrams=ngrams,
            lowercase=lowercase,
            accents=accents,
            html=html,
            urls=urls,
            morphology=morphology,
            language=language,
            mask_prices=mask_prices,
        )
        self.minimum = minimum
        self.maximum = maximum
        self._counter = VocabularyCounter()

    def fit(self, catalog: Catalog) -> Self:
        """Learn the vocabulary, and how many texts each term stands in."""
        lengths = self._lengths()
        columns_to_read(catalog, self.columns, (Role.TEXT,))
        words = self._words(catalog)
        self.vocabulary_, frequencies = learn_terms(
            words, self.analyzer, lengths, minimum=self.minimum, maximum=self.maximum
        )
        rows = int(_present(words).sum())
        # Smoothed as if one more text held every term (scikit-learn's smooth_idf).
        self.rarity_ = (np.log((1 + rows) / (1 + frequencies)) + 1).astype(np.float32)
        return self

    def _counts(self, words: Sequence[Words]) -> sparse.csr_matrix:
        return self._counter.count(words, self.vocabulary_, self.analyzer, self._lengths())

    def feature_names(self) -> list[str]:
        """Return the terms, one a column."""
        return list(self.vocabulary_)


class TfidfEncoder(_CountingEncoder):
    """Term frequency times inverse document frequency, each row of length 1.

    Term frequencies are dampened to ``1 + log(tf)``. Source: Spärck Jones, A statistical
    interpretation of term specificity, 1972; the formula is scikit-learn's, but for texts that are
    missing: they do not count as documents.

    Parameters
    ----------
    minimum, maximum
        A term must stand in at least `minimum` texts; of more than `maximum` terms the most
        frequent are kept.

    Attributes
    ----------
    vocabulary_ : list of str
        The terms.
    rarity_ : numpy.ndarray
        Their inverse document frequency, float32 (terms,).

    Notes
    -----
    The other parameters are those of `LexicalEncoder`.
    """

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR features, float32 (rows, terms)."""
        words = self._words(catalog)
        counts = self._counts(words)
        return Features(_scaled(counts, self.rarity_[counts.indices]), _known(counts))


class BagOfWordsEncoder(_CountingEncoder):
    """Counts of terms, for naive Bayes and for comparison; parameters as in `TfidfEncoder`."""

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR counts, float32 (rows, terms)."""
        words = self._words(catalog)
        counts = self._counts(words)
        return Features(counts, _known(counts))


class HashingEncoder(LexicalEncoder):
    """Terms counted in a fixed number of columns by their hash: no vocabulary, any scale.

    Source: Weinberger et al., Feature hashing for large scale multitask learning, 2009. Columns
    have no names, so that words cannot be shown in explanations.

    Parameters
    ----------
    bits
        The number of columns is 2 to the power of `bits`.
    """

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        analyzer: Analyzer = "word",
        ngrams: Sequence[int] = (1, 2),
        bits: int = 18,
        lowercase: bool = True,
        accents: bool = False,
        html: bool = True,
        urls: bool = True,
        morphology: str | None = None,
        language: str = "en",
        mask_prices: bool = False,
    ) -> None:
        super().__init__(
            columns,
            analyzer=analyzer,
            ngrams=ngrams,
            lowercase=lowercase,
            accents=accents,
            html=html,
            urls=urls,
            morphology=morphology,
            language=language,
            mask_prices=mask_prices,
        )
        self.bits = bits
        self._counter: tuple[object, TermCounter] | None = None

    def fit(self, catalog: Catalog) -> Self:
        """Check the parameters; there is nothing to learn."""
        self._lengths()
        columns_to_read(catalog, self.columns, (Role.TEXT,))
        if not 8 <= self.bits <= 24:
            raise RecipeError(f"bits is a number from 8 to 24, not {self.bits}")
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR features of row length 1, float32 (rows, 2 ** bits)."""
        words = self._words(catalog)
        lengths, kept = self._lengths(), self._counter
        asked = (self.analyzer, lengths, self.bits)
        if kept is None or kept[0] != asked:
            buckets = HashBuckets(self.bits)
            counter = TermCounter(self.analyzer, lengths, buckets, 1 << self.bits)
            kept = self._counter = (asked, counter)
        counts = kept[1].count(words)
        return Features(_scaled(counts, np.float32(1)), _present(words))


def _scaled(
    counts: sparse.csr_matrix, rarity: npt.NDArray[np.float32] | np.float32
) -> sparse.csr_matrix:
    """Dampen counts, multiply them by `rarity`, and bring rows to length 1."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    known = np.minimum(counts.data, len(_DAMPENED)).astype(np.int64) - 1
    weights = _DAMPENED[known] * rarity
    # bincount adds in order, so that a row's length does not depend on its neighbours.
    squares = np.bincount(rows, weights=weights**2, minlength=counts.shape[0])
    counts.data = (weights / np.sqrt(squares)[rows]).astype(np.float32)
    return counts
