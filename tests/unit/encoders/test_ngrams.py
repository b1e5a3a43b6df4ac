"""N-grams are those of scikit-learn's vectorizers, whatever the text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from aisle.catalog import Catalog
from aisle.encoders.text import ngrams
from aisle.encoders.text.ngrams import Analyzer, find_terms, read_words, spelled_hashes

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=40)
WORDY = st.text(st.sampled_from("ab1_é٣ß -.,\n\t'\u00a0\u3000\u0301👟"), max_size=40)
SCIENTIST = "\U0001f469\u200d\U0001f52c"

CASES: list[tuple[Analyzer, tuple[int, int]]] = [
    ("word", (1, 2)),
    ("word", (2, 3)),
    ("char", (3, 5)),
    ("char", (2, 3)),
]
ODD_TEXTS = {
    "nothing": "",
    "spaces": " \n\t \u00a0\u2003",
    "punctuation": "!!! ... -- ?!",
    "one letter": "a",
    "emoji": f"running 👟 shoes {SCIENTIST} ok 🏳️‍🌈",
    "lone surrogates": "half \ud83d a pair \udc5f\udc5f here",
    "combining marks": "cafe\u0301 e\u0301\u0301\u0301 n\u0303ame",
    "right to left": "حقيبة يد نسائية מנורת שולחן \u200fabc",
    "scripts without spaces": "日本語のテキスト 한국어",
    "digits of all kinds": "٣٤٥ ²³ 1½ x_1 __",
    "separators": "one\x1ctwo\x1dthree\x85four\u2028five",
    "a single long word": "x" * 100_000,
    "a long text": "waterproof hiking boot, 43 cm! " * 3_300,
    "long and unlike": "".join(chr(97 + (n * n) % 26) for n in range(100_000)),
}


def peer(analyzer: Analyzer, lengths: tuple[int, int]) -> CountVectorizer:
    kind = "word" if analyzer == "word" else "char_wb"
    return CountVectorizer(
        analyzer=kind, ngram_range=lengths, token_pattern=r"(?u)\b\w\w+\b", lowercase=False
    )


def counts(texts: list[str], analyzer: Analyzer, lengths: tuple[int, int]) -> list[Counter[str]]:
    found: list[Counter[str]] = []
    for words in read_words(texts):
        terms = find_terms(words, analyzer, lengths)
        every = np.arange(len(terms.hashes))
        distinct, columns = np.unique(terms.hashes, return_inverse=True)
        matrix = terms.counts(every, columns, len(distinct)).toarray()
        spelled = dict(zip(columns.tolist(), terms.spelled(every), strict=True))
        assert len(set(spelled.values())) == len(distinct)
        found += [Counter({spelled[n]: int(c) for n, c in enumerate(row) if c}) for row in matrix]
    return found


def expected(texts: list[str], analyzer: Analyzer, lengths: tuple[int, int]) -> list[Counter[str]]:
    analyse = peer(analyzer, lengths).build_analyzer()
    return [Counter(analyse(text)) for text in texts]


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(name: str, analyzer: Analyzer, lengths: tuple[int, int]) -> None:
    texts = ["a first text", ODD_TEXTS[name], "the last text"]
    assert counts(texts, analyzer, lengths) == expected(texts, analyzer, lengths)


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@given(st.lists(ANYTHING | WORDY, max_size=6))
@example(["", " ", "ab", "a b", "ab-cd ef"])
def test_any_text(analyzer: Analyzer, lengths: tuple[int, int], texts: list[str]) -> None:
    assert counts(texts, analyzer, lengths) == expected(texts, analyzer, lengths)


@pytest.mark.parametrize(("analyzer", "lengths"), [CASES[0], CASES[2]])
def test_real_product_texts(shared: Path, analyzer: Analyzer, lengths: tuple[int, int]) -> None:
    catalog = Catalog.read(shared / "data/flipkart/catalog.csv", target="category")
    texts = catalog.texts(["title", "description"])[::5]
    ours = counts(texts, analyzer, lengths)
    assert ours == expected(texts, analyzer, lengths)
    assert sum(map(len, ours)) > 10_000


def test_a_word_shorter_than_the_smallest_window_has_none() -> None:
    assert counts(["ab cdef"], "char", (5, 6)) == [Counter({" cdef": 1, "cdef ": 1, " cdef ": 1})]
    # Here scikit-learn counts the whole of the shorter word, once.
    assert expected(["ab cdef"], "char", (5, 6))[0][" ab "] == 1


@settings(max_examples=40)
@given(st.lists(WORDY, min_size=1, max_size=12), st.integers(1, 60))
def test_blocks_change_nothing(texts: list[str], size: int) -> None:
    whole = {case: counts(texts, *case) for case in CASES[1:3]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngrams, "BLOCK_CHARACTERS", size)
        if size < sum(len(text) + 2 for text in texts) - len(texts[-1]) - 2:
            assert len(list(read_words(texts))) > 1
        assert {case: counts(texts, *case) for case in CASES[1:3]} == whole


@pytest.mark.parametrize(("analyzer", "lengths"), CASES)
@given(st.lists(WORDY, min_size=1, max_size=6))
def test_a_term_hashes_the_same_from_its_spelling(
    analyzer: Analyzer, lengths: tuple[int, int], texts: list[str]
) -> None:
    for words in read_words(texts):
        terms = find_terms(words, analyzer, lengths)
        spelled = terms.spelled(np.arange(len(terms.hashes)))
        assert spelled_hashes(spelled, analyzer).tolist() == terms.hashes.tolist()


def test_no_texts_at_all() -> None:
    assert list(read_words([])) == []
    assert spelled_hashes([], "word").tolist() == []
    assert spelled_hashes([], "char").tolist() == []
