"""Lexical text encoders: TF-IDF, bag of words, hashing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.catalog import Catalog
from aisle.encoders.encoder import Encoder
from aisle.encoders.features import Features
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.ngrams import Analyzer, HashIndex, blocks, terms
from aisle.encoders.text.vocabulary import count_terms, counted, learn_terms, spelled_hashes
from aisle.errors import RecipeError


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
        smallest, largest = self.ngrams
        lowest = 1 if self.analyzer == "word" else 2
        if self.analyzer not in ("word", "char") or not lowest <= smallest <= largest <= 8:
            raise RecipeError(
                f"n-grams {list(self.ngrams)} of {self.analyzer!r} are not valid: analyzer is "
                f"'word' or 'char', and ngrams two numbers from {lowest} to 8 such as [1, 2]"
            )
        return int(smallest), int(largest)

    def _texts(self, catalog: Catalog) -> list[str]:
        prepare = TextPreparation(
            html=self.html,
            urls=self.urls,
            lowercase=self.lowercase,
            accents=self.accents,
            morphology=self.morphology,
            language=self.language,
            mask_prices=self.mask_prices,
        )
        return prepare(catalog.texts(self.columns))


def _present(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.array([bool(text.strip()) for text in texts], dtype=bool)


class _CountingEncoder(LexicalEncoder):
    """Learns a vocabulary and counts its terms."""

    def __init__(
        self,
        columns: Sequence[str] | None = None,
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
            columns, analyzer, ngrams, lowercase, accents, html, urls, morphology, language,
            mask_prices,
        )  # fmt: skip
        self.minimum = minimum
        self.maximum = maximum
        self._index: HashIndex | None = None

    def fit(self, catalog: Catalog) -> Self:
        """Learn the vocabulary, and how many texts each term stands in."""
        texts = self._texts(catalog)
        self.vocabulary_, frequencies = learn_terms(
            texts, self.analyzer, self._lengths(), minimum=self.minimum, maximum=self.maximum
        )
        rows = int(_present(texts).sum())
        # Smoothed as if one more text held every term (scikit-learn's smooth_idf).
        self.rarity_ = (np.log((1 + rows) / (1 + frequencies)) + 1).astype(np.float32)
        self._index = None
        return self

    def _counts(self, texts: Sequence[str]) -> sparse.csr_matrix:
        if self._index is None:
            hashes = spelled_hashes(self.vocabulary_, self.analyzer, self._lengths())
            self._index = HashIndex(hashes)
        width = len(self.vocabulary_)
        return count_terms(texts, self.analyzer, self._lengths(), self._index, width)

    def feature_names(self) -> list[str]:
        """Return the terms, one a column."""
        return list(self.vocabulary_)


class TfidfEncoder(_CountingEncoder):
    """Term frequency times inverse document frequency, each row of length 1.

    Term frequencies are dampened to ``1 + log(tf)``. Source: Spärck Jones, A statistical
    interpretation of term specificity, 1972; the formula is scikit-learn's.

    Parameters
    ----------
    minimum, maximum
        A term must stand in at least `minimum` texts; of more than `maximum` terms the most
        frequent are kept.

    Notes
    -----
    The other parameters are those of `LexicalEncoder`. Learned: ``vocabulary_`` (list of terms) and
    ``rarity_`` (their inverse document frequency, float32 (terms,)).
    """

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR features, float32 (rows, terms)."""
        texts = self._texts(catalog)
        matrix = self._counts(texts)
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        weights = (1 + np.log(matrix.data)) * self.rarity_[matrix.indices]
        # bincount adds in order, so that a row's length does not depend on its neighbours.
        squares = np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=len(texts))
        matrix.data = (weights / np.sqrt(squares)[rows]).astype(np.float32)
        return Features(matrix, _present(texts))


class BagOfWordsEncoder(_CountingEncoder):
    """Counts of terms, for naive Bayes and for comparison; parameters as in `TfidfEncoder`."""

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR counts, float32 (rows, terms)."""
        texts = self._texts(catalog)
        return Features(self._counts(texts), _present(texts))


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
            columns, analyzer, ngrams, lowercase, accents, html, urls, morphology, language,
            mask_prices,
        )  # fmt: skip
        self.bits = bits

    def fit(self, catalog: Catalog) -> Self:
        """Check the parameters; there is nothing to learn."""
        self._lengths()
        if not 8 <= self.bits <= 24:
            raise RecipeError(f"bits is a number from 8 to 24, not {self.bits}")
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return CSR features of row length 1, float32 (rows, 2 ** bits)."""
        texts = self._texts(catalog)
        parts = []
        for block in blocks(texts):
            found = terms(texts[block], self.analyzer, self._lengths())
            columns = (found.hashes >> np.uint64(64 - self.bits)).astype(np.int64)
            parts.append(counted(found.rows, columns, block.stop - block.start, 1 << self.bits))
        matrix = sparse.vstack(parts, format="csr")
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        weights = 1 + np.log(matrix.data)
        squares = np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=len(texts))
        matrix.data = (weights / np.sqrt(squares)[rows]).astype(np.float32)
        return Features(matrix, _present(texts))
