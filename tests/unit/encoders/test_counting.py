"""Counting with words remembered: the same counts as without, whatever was counted before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from aisle.encoders.text.counting import TermCounter, VocabularyCounter, WordMemory
from aisle.encoders.text.hashing import HashIndex
from aisle.encoders.text.ngrams import Analyzer, read_words, spelled_hashes

WORDS = ["red", "mug", "blue", "a", "x-ray", "été", "haha", "9"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=6)
CASES: list[tuple[Analyzer, tuple[int, int]]] = [("word", (1, 2)), ("char", (2, 4))]


def peer(analyzer: Analyzer, lengths: tuple[int, int]) -> CountVectorizer:
    kind = "word" if analyzer == "word" else "char_wb"
    vectorizer = CountVectorizer(analyzer=kind, ngram_range=lengths, lowercase=False)
    return vectorizer.fit([" ".join(WORDS), " ".join(reversed(WORDS))])


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 12))
def test_counts_are_scikit_learns_call_after_call(
    analyzer: Analyzer, lengths: tuple[int, int], calls: list[list[str]], most: int
) -> None:
    theirs = peer(analyzer, lengths)
    terms = list(theirs.get_feature_names_out())
    index = HashIndex(spelled_hashes(terms, analyzer))
    counter = TermCounter(analyzer, lengths, index, len(terms))
    counter._memory = WordMemory(most)
    for texts in calls:
        counts = counter.count(read_words(texts))
        assert counts.dtype == np.float32
        assert counts.has_canonical_format
        expected = theirs.transform(texts).toarray() if texts else np.empty((0, len(terms)))
        assert np.array_equal(counts.toarray(), expected)


def test_a_word_is_looked_at_once() -> None:
    looked: list[str] = []

    def look(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        looked.extend(words)
        return np.repeat([len(word) for word in words], 2), np.full(len(words), 2)

    memory = WordMemory(most=4)
    for words, found in ((["ab", "c"], [2, 2, 1, 1]), (["c", "def"], [1, 1, 3, 3])):
        values, sizes = memory.find(words, look)
        assert values.tolist() == found
        assert sizes.tolist() == [2, 2]
    assert looked == ["ab", "c", "def"]
    memory.find(["w", "x"], look)  # no room: all are forgotten
    assert memory.find(["ab"], look)[0].tolist() == [2, 2]
    assert looked == ["ab", "c", "def", "w", "x", "ab"]
    assert memory.find(list("vwxyz"), look)[0].tolist() == [1] * 10  # more than are kept at all
    assert deepcopy(memory).find(["ab"], look)[0].tolist() == [2, 2]
    assert looked[-1] == "ab"


def test_another_vocabulary_is_counted_anew() -> None:
    counter = VocabularyCounter()
    words = list(read_words(["red mug", "mug"]))
    assert counter.count(words, ["mug"], "word", (1, 1)).toarray().tolist() == [[1], [1]]
    assert counter.count(words, ["red"], "word", (1, 1)).toarray().tolist() == [[1], [0]]


def test_threads_share_one_memory() -> None:
    texts = [" ".join(f"word{(n * 7 + k) % 90}" for k in range(12)) for n in range(200)]
    terms = sorted({word for text in texts for word in text.split()})
    index = HashIndex(spelled_hashes(terms, "word"))
    alone = TermCounter("word", (1, 1), index, len(terms)).count(read_words(texts)).toarray()
    shared = TermCounter("word", (1, 1), index, len(terms))
    shared._memory = WordMemory(most=60)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: shared.count(read_words([text])).toarray()[0], texts))
    assert np.array_equal(rows, alone)
