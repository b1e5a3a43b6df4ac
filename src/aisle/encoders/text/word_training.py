"""Word vectors trained on the texts of a catalogue, by gensim."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from aisle.encoders.text.hashing import HashIndex
from aisle.encoders.text.ngrams import Rows, Words, find_terms, spelled_hashes
from aisle.errors import RecipeError

Algorithm = Literal["skip-gram", "cbow"]

ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

_LONGEST = 10_000
"""What gensim reads of a sentence; longer texts are cut into several."""

_BATCH_WORDS = 1_000
"""Words after which the learning rate is lowered a little; few, for small catalogues' sake."""

_WORDS_TO_READ = 1_500_000
_EPOCHS = (5, 50)
_RATES = {"skip-gram": 0.025, "cbow": 0.05}
"""Learning rates at the beginning: those of the original word2vec program."""


def train_vectors(
    texts: Sequence[Words],
    vocabulary: Sequence[str],
    *,
    dimension: int,
    window: int,
    epochs: int | None,
    algorithm: Algorithm,
    seed: int,
) -> npt.NDArray[np.float32]:
    """Train a vector for every word of a vocabulary.

    Parameters
    ----------
    texts
        Texts cut into words, in blocks; each is one sentence.
    vocabulary
        The words; others are passed over.
    dimension, window, epochs, algorithm, seed
        See `aisle.encoders.text.word2vec.Word2VecEncoder`.

    Returns
    -------
    numpy.ndarray
        float32 (words, dimension), in the order of `vocabulary`.

    Raises
    ------
    RecipeError
        If gensim is not installed.
    """
    models = _gensim()
    if not vocabulary:
        return np.zeros((0, dimension), dtype=np.float32)
    corpus = _read_corpus(texts, vocabulary)
    # One worker and a hash of our own: neither threads nor Python's hashes change the result.
    model = models.Word2Vec(
        corpus,
        vector_size=dimension,
        window=window,
        min_count=1,
        epochs=_epochs(corpus) if epochs is None else epochs,
        sg=int(algorithm == "skip-gram"),
        seed=seed,
        alpha=_RATES[algorithm],
        workers=1,
        hashfxn=_hash,
        batch_words=_BATCH_WORDS,
    )
    order = [model.wv.key_to_index[word] for word in vocabulary]
    return np.asarray(model.wv.vectors[order], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Corpus:
    """Sentences that gensim may go through again and again, four bytes a word.

    Parameters
    ----------
    vocabulary
        The words.
    words
        Those of all sentences one after another, as positions in `vocabulary`, int32 (words,).
    ends
        Where each sentence ends, int64 (sentences,).
    """

    vocabulary: Sequence[str]
    words: npt.NDArray[np.int32]
    ends: Rows

    def __iter__(self) -> Iterator[list[str]]:
        start = 0
        for end in self.ends.tolist():
            for first in range(start, end, _LONGEST):
                piece = self.words[first : min(end, first + _LONGEST)].tolist()
                yield [self.vocabulary[word] for word in piece]
            start = end


def _read_corpus(texts: Sequence[Words], vocabulary: Sequence[str]) -> _Corpus:
    """Take the known words of each text."""
    index = HashIndex(spelled_hashes(vocabulary, "word"))
    found, sizes = [], []
    for words in texts:
        terms = find_terms(words, "word", (1, 1))
        positions = index.find(terms.hashes)
        known = np.flatnonzero(positions >= 0)
        found.append(positions[known])
        # Single words stand in the order of the texts, so that the sizes of texts part them.
        counts = terms.counts(known, np.zeros(len(known), dtype=np.int64), 1)
        sizes.append(counts.toarray().ravel().astype(np.int64))
    return _Corpus(vocabulary, np.concatenate(found), np.cumsum(np.concatenate(sizes)))


def _epochs(corpus: _Corpus) -> int:
    """Return how often to go through a corpus: a small one more often."""
    fewest, most = _EPOCHS
    return min(most, max(fewest, -(-_WORDS_TO_READ // len(corpus.words))))


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _gensim() -> Any:
    """Return ``gensim.models``."""
    try:
        return import_module("gensim.models")
    except ImportError as error:
        raise RecipeError(
            "the encoder 'word2vec' trains its vectors with gensim, which cannot be imported "
            f'({error}): pip install "aisle[word2vec]", or name a file of ready-made vectors '
            "as its parameter vectors"
        ) from error
