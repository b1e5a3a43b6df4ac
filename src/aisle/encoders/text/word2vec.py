"""A text as the mean of its words' vectors: trained on the catalogue, or ready-made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder, columns_to_read
from aisle.encoders.features import Features
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.counting import VocabularyCounter
from aisle.encoders.text.ngrams import Words
from aisle.encoders.text.prepared import catalog_words
from aisle.encoders.text.vocabulary import learn_terms
from aisle.encoders.text.word_training import ALGORITHMS, Algorithm, train_vectors
from aisle.encoders.text.word_vectors import read_vectors
from aisle.errors import RecipeError

Weighting = Literal["tfidf", "mean"]

_WEIGHTINGS = ("tfidf", "mean")
_SINGLE = (1, 1)


class Word2VecEncoder(Encoder):
    """The mean of the vectors of a text's words, each row of length 1.

    Sources: Mikolov et al., Efficient estimation of word representations in vector space, 2013 (the
    vectors); de Boom et al., Representation learning for very short texts using weighted word
    embedding aggregation, 2016 (means weighted by inverse document frequency). Words that stand in
    few texts weigh more, which is also what Arora et al., A simple but tough-to-beat baseline for
    sentence embeddings, 2017, arrive at.

    Parameters
    ----------
    columns
        The text columns to read; all of the catalogue's when left out.
    dimension
        How many numbers a word's vector has, where vectors are trained.
    window
        How far apart two words may stand to be learned from as neighbours.
    minimum
        A word must stand in at least `minimum` texts for a vector of its own to be trained.
    epochs
        How often the texts are gone through; when left out, as often as it takes to read one and
        a half million words, but 5 to 50 times.
    algorithm
        ``cbow`` learns a word from its neighbours, ``skip-gram`` them from it, which takes two to
        three times as long and was about as often right on 600 to 800 products.
    weighting
        ``tfidf`` weighs words by their inverse document frequency, ``mean`` all alike.
    vectors
        A file of ready-made vectors to take in place of training: see
        `aisle.encoders.text.word_vectors.read_vectors`. All words of the texts that the file knows
        are kept, and its first `common` ones, so that new products' words are known too while a
        bundle stays small.
    common
        How many of the file's first words are kept whatever the texts say. Files are sorted by
        frequency; 10,000 words of 100 numbers are 4 MB in a bundle.
    lowercase, accents, html, urls
        Cleaning: fold case, remove accents, remove HTML and web addresses.
    morphology, language
        None, ``lemma`` or ``stem``, and the language for it. Stems are seldom words of a file.
    mask_prices
        Remove amounts of money, for models that learn a price.
    seed
        Of the training; the same seed gives the same bytes on the same machine.

    Attributes
    ----------
    vocabulary_ : list of str
        The words that have a vector.
    vectors_ : numpy.ndarray
        Their vectors, float32 (words, dimension).
    rarity_ : numpy.ndarray
        What each word weighs, float32 (words,).

    Notes
    -----
    Training needs gensim (the extra ``word2vec``); reading ready-made vectors and encoding do not.
    """

    modality = "text"

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        dimension: int = 100,
        window: int = 5,
        minimum: int = 2,
        epochs: int | None = None,
        algorithm: Algorithm = "cbow",
        weighting: Weighting = "tfidf",
        vectors: str | None = None,
        common: int = 10_000,
        lowercase: bool = True,
        accents: bool = False,
        html: bool = True,
        urls: bool = True,
        morphology: str | None = None,
        language: str = "en",
        mask_prices: bool = False,
        seed: int = 0,
    ) -> None:
        self.columns = columns
        self.dimension = dimension
        self.window = window
        self.minimum = minimum
        self.epochs = epochs
        self.algorithm = algorithm
        self.weighting = weighting
        self.vectors = vectors
        self.common = common
        self.lowercase = lowercase
        self.accents = accents
        self.html = html
        self.urls = urls
        self.morphology = morphology
        self.language = language
        self.mask_prices = mask_prices
        self.seed = seed
        self._counter = VocabularyCounter()

    def fit(self, catalog: Catalog) -> Self:
        """Learn the words' vectors, or read them, and how many texts each word stands in.

        Raises
        ------
        RecipeError
            If a parameter is not valid, gensim is not installed, or `vectors` cannot be read.
        """
        self._check()
        columns_to_read(catalog, self.columns, (Role.TEXT,))
        texts = self._words(catalog)
        minimum = self.minimum if self.vectors is None else 1
        words, frequencies = learn_terms(texts, "word", _SINGLE, minimum=minimum, maximum=None)
        if self.vectors is None:
            self.vocabulary_ = words
            self.vectors_ = train_vectors(
                texts,
                words,
                dimension=self.dimension,
                window=self.window,
                epochs=self.epochs,
                algorithm=self.algorithm,
                seed=self.seed,
            )
        else:
            self.vocabulary_, self.vectors_ = read_vectors(
                self.vectors, words, common=self.common, lowercase=self.lowercase
            )
        known = dict(zip(words, frequencies.tolist(), strict=True))
        texts_with = np.array([known.get(word, 0) for word in self.vocabulary_], dtype=np.float64)
        self.rarity_ = self._rarity(texts, texts_with)
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return dense features, float32 (rows, dimension); without a known word, a row is absent.

        Raises
        ------
        RecipeError
            If a text cannot be prepared as the parameters ask.
        """
        words = self._words(catalog)
        counts = self._counter.count(words, self.vocabulary_, "word", _SINGLE)
        present = np.asarray(np.diff(counts.indptr) > 0)
        counts.data *= self.rarity_[counts.indices]
        # A CSR product adds a row's words one after another, whatever the other rows are.
        sums = np.asarray(counts @ self.vectors_, dtype=np.float64)
        lengths = np.sqrt((sums**2).sum(axis=1, keepdims=True))
        matrix = (sums / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return Features(matrix, present)

    def _rarity(
        self, texts: Sequence[Words], frequencies: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float32]:
        """Return the weight of words that stand in so many texts, float32 (words,)."""
        if self.weighting == "mean":
            return np.ones(len(frequencies), dtype=np.float32)
        rows = sum(len(np.unique(words.rows)) for words in texts)
        # The inverse document frequency of `TfidfEncoder`.
        return (np.log((1 + rows) / (1 + frequencies)) + 1).astype(np.float32)

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

    def _check(self) -> None:
        """Refuse parameters that are out of bounds."""
        bounds = {
            "dimension": (self.dimension, 1, 4096),
            "window": (self.window, 1, 1000),
            "minimum": (self.minimum, 1, 2**31 - 1),
            "epochs": (1 if self.epochs is None else self.epochs, 1, 100_000),
            "common": (self.common, 0, 2**31 - 1),
            "seed": (self.seed, 0, 2**31 - 1),
        }
        for name, (value, lowest, highest) in bounds.items():
            if type(value) is not int or not lowest <= value <= highest:
                raise RecipeError(
                    f"the encoder 'word2vec': {name} is a whole number from {lowest} to {highest}, "
                    f"not {value!r}"
                )
        choices = {
            "algorithm": (self.algorithm, ALGORITHMS),
            "weighting": (self.weighting, _WEIGHTINGS),
        }
        for name, (chosen, offered) in choices.items():
            if chosen not in offered:
                raise RecipeError(
                    f"the encoder 'word2vec': {name} is {' or '.join(map(repr, offered))}, "
                    f"not {chosen!r}"
                )
        if self.vectors is not None and not isinstance(self.vectors, str):
            raise RecipeError(
                f"the encoder 'word2vec': vectors is the path of a file as a text, "
                f"not {self.vectors!r}"
            )
