"""What is learned from texts: which terms, in how many texts, in what order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from aisle.encoders.text import ngrams, vocabulary
from aisle.encoders.text.counting import TermCounter
from aisle.encoders.text.hashing import HashIndex
from aisle.encoders.text.ngrams import Analyzer, read_words, spelled_hashes
from aisle.encoders.text.vocabulary import learn_terms

TEXTS = st.lists(
    st.lists(st.sampled_from(["red", "mug", "blue", "a", "x-ray", "été", "9"]), max_size=8).map(
        " ".join
    ),
    min_size=1,
    max_size=10,
)
CASES: list[tuple[Analyzer, tuple[int, int]]] = [("word", (1, 2)), ("char", (3, 5))]


def learn(
    texts: list[str],
    analyzer: Analyzer = "word",
    lengths: tuple[int, int] = (1, 2),
    *,
    minimum: int = 1,
    maximum: int | None = None,
) -> dict[str, int]:
    words = list(read_words(texts))
    terms, frequencies = learn_terms(words, analyzer, lengths, minimum=minimum, maximum=maximum)
    assert len(set(terms)) == len(terms)
    return dict(zip(terms, frequencies.tolist(), strict=True))


def frequencies(texts: list[str], analyzer: Analyzer, lengths: tuple[int, int]) -> dict[str, int]:
    kind = "word" if analyzer == "word" else "char_wb"
    analyse = CountVectorizer(analyzer=kind, ngram_range=lengths, lowercase=False).build_analyzer()
    found: dict[str, int] = {}
    for text in texts:
        for term in set(analyse(text)):
            found[term] = found.get(term, 0) + 1
    return found


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@given(TEXTS, st.integers(1, 4))
def test_terms_and_frequencies_are_scikit_learns(
    analyzer: Analyzer, lengths: tuple[int, int], texts: list[str], minimum: int
) -> None:
    least = min(minimum, len(texts))
    every = frequencies(texts, analyzer, lengths)
    assert learn(texts, analyzer, lengths, minimum=minimum) == {
        term: count for term, count in every.items() if count >= least
    }


@given(TEXTS, st.randoms(use_true_random=False), st.integers(1, 20))
def test_the_order_of_texts_changes_nothing(texts: list[str], dice: object, maximum: int) -> None:
    shuffled = list(texts)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(learn(texts, maximum=maximum).items()) == list(
        learn(shuffled, maximum=maximum).items()
    )


@given(TEXTS, st.integers(1, 20))
def test_of_too_many_terms_the_most_frequent_are_kept(texts: list[str], maximum: int) -> None:
    every = learn(texts)
    kept = learn(texts, maximum=maximum)
    assert len(kept) == min(maximum, len(every))
    dropped = [count for term, count in every.items() if term not in kept]
    assert not dropped or max(dropped) <= min(kept.values())


@pytest.mark.parametrize("analyzer", ["word", "char"])
def test_blocks_add_up(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(3)
    texts = [" ".join(f"word{n}" for n in dice.integers(0, 200, 9)) for _ in range(120)]
    whole = learn(texts, analyzer, (1, 2) if analyzer == "word" else (3, 5))
    monkeypatch.setattr(ngrams, "BLOCK_CHARACTERS", 200)
    monkeypatch.setattr(vocabulary, "_TABLE_TERMS", 50)
    parts = learn(texts, analyzer, (1, 2) if analyzer == "word" else (3, 5))
    assert list(parts.items()) == list(whole.items())


def test_odd_first_spellings_find_the_same_column() -> None:
    texts = ["red -- (mug)", "red mug", "RED,mug red\u00a0\u3000mug"]
    words = list(read_words(texts))
    terms, counted = learn_terms(words, "word", (1, 2), minimum=1, maximum=None)
    assert dict(zip(terms, counted.tolist(), strict=True))["red mug"] == 3
    hashes = spelled_hashes(terms, "word")
    assert (np.diff(hashes.astype(object)) > 0).all()
    matrix = TermCounter("word", (1, 2), HashIndex(hashes), len(terms)).count(words)
    assert matrix[:, terms.index("red mug")].toarray().ravel().tolist() == [1, 1, 1]


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@given(TEXTS, TEXTS)
def test_counts_are_scikit_learns_on_new_texts(
    analyzer: Analyzer, lengths: tuple[int, int], texts: list[str], new: list[str]
) -> None:
    terms = list(learn(texts, analyzer, lengths))
    index = HashIndex(spelled_hashes(terms, analyzer))
    ours = TermCounter(analyzer, lengths, index, len(terms)).count(read_words(new))
    assert ours.has_sorted_indices
    assert ours.shape == (len(new), len(terms))
    if terms:
        kind = "word" if analyzer == "word" else "char_wb"
        peer = CountVectorizer(
            analyzer=kind, ngram_range=lengths, vocabulary=terms, lowercase=False
        )
        assert np.array_equal(ours.toarray(), peer.transform(new).toarray())


def test_columns_ascend_in_large_and_small_batches() -> None:
    texts = [f"one two{n} three four{n % 7} five" for n in range(60)]
    terms = list(learn(texts))
    index = HashIndex(spelled_hashes(terms, "word"))
    counter = TermCounter("word", (1, 2), index, len(terms))
    for some in (texts, texts[:1]):
        matrix = counter.count(read_words(some))
        for row in range(len(some)):
            assert (np.diff(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]) > 0).all()


def test_no_texts() -> None:
    assert learn([]) == {}
    assert learn(["", "!!"]) == {}
    empty = TermCounter("word", (1, 2), HashIndex(np.empty(0, np.uint64)), 5).count([])
    assert empty.shape == (0, 5)
