"""From columns of n-grams back to the characters of a text."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.lexical import (
    BagOfWordsEncoder,
    HashingEncoder,
    LexicalEncoder,
    TfidfEncoder,
)
from aisle.insight.explaining.terms import spread_over_text, written_words

TEXT = "Blue <b>ceramic</b> mug, a ceramic MUG & more"


def encoder_of(kind: type[LexicalEncoder], text: str = TEXT, **params: object) -> LexicalEncoder:
    rows = [{"title": text}, {"title": "a green lamp with a shade and more"}]
    return kind(**params).fit(Catalog.read(rows, roles={"title": "text"}))  # type: ignore[arg-type]


def columns_of(encoder: LexicalEncoder, text: str) -> np.ndarray:
    catalog = Catalog.read([{"title": text}, {"title": ""}], roles={"title": "text"})
    return encoder.transform(catalog).matrix[:1].toarray()[0].astype(np.float64)


@pytest.mark.parametrize("kind", [TfidfEncoder, BagOfWordsEncoder, HashingEncoder])
@pytest.mark.parametrize(("analyzer", "ngrams"), [("word", (1, 2)), ("char", (3, 5))])
def test_what_is_counted_is_found_again(
    kind: type[LexicalEncoder], analyzer: str, ngrams: tuple[int, int]
) -> None:
    """Every column with a value has a place in the text, so that nothing is left over."""
    encoder = encoder_of(kind, analyzer=analyzer, ngrams=ngrams)
    values = columns_of(encoder, TEXT)
    found, rest = spread_over_text(encoder, TEXT, values)
    assert rest == pytest.approx(0, abs=1e-9)
    assert found.sum() == pytest.approx(values.sum())
    assert values.sum() > 0


def test_a_word_gets_what_its_columns_add_wherever_it_stands() -> None:
    encoder = encoder_of(BagOfWordsEncoder, analyzer="word", ngrams=(1, 1))
    names = encoder.feature_names()
    assert names is not None
    values = np.zeros(len(names))
    values[names.index("ceramic")] = 3.0
    values[names.index("lamp")] = 5.0
    found, rest = spread_over_text(encoder, TEXT, values)
    # "<b>ceramic</b>" is one word of the text, "ceramic" another; "lamp" is not there.
    first, second = TEXT.index("<b>"), TEXT.rindex("ceramic")
    assert found[first : first + len("<b>ceramic</b>")].sum() == pytest.approx(1.5)
    assert found[second : second + len("ceramic")].tolist() == pytest.approx([1.5 / 7] * 7)
    assert rest == pytest.approx(5.0)


def test_a_pair_of_words_covers_both_and_nothing_between() -> None:
    encoder = encoder_of(BagOfWordsEncoder, analyzer="word", ngrams=(2, 2))
    names = encoder.feature_names()
    assert names is not None
    values = np.zeros(len(names))
    values[names.index("ceramic mug")] = 1.0
    text = "ceramic   mug"
    found, rest = spread_over_text(encoder, text, values)
    assert rest == pytest.approx(0)
    assert found[7:10].sum() == 0
    assert found[:7].sum() == pytest.approx(0.7)


def test_windows_of_characters_cover_their_letters_alone() -> None:
    encoder = encoder_of(TfidfEncoder, analyzer="char", ngrams=(3, 3))
    names = encoder.feature_names()
    assert names is not None
    values = np.zeros(len(names))
    values[names.index(" mu")] = 1.0
    found, _ = spread_over_text(encoder, "a mug", values)
    assert found.tolist() == pytest.approx([0, 0, 0.5, 0.5, 0])


def test_cleaned_words_keep_their_place() -> None:
    text = "Mug for Rs. 499 see www.shop.example/x now"
    words = written_words(text, TextPreparation(mask_prices=True))
    by_word = {one.word: (one.start, one.end) for one in words}
    for word in ("mug", "see", "now"):
        start, end = by_word[word]
        assert text[start:end].lower() == word
    assert "499" not in by_word
    assert not any("shop" in one.word for one in words)
