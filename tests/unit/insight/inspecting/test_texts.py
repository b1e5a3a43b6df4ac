from __future__ import annotations

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.texts import texts, word_counts


def test_lengths_and_words_of_the_sample(inspected: Inspection) -> None:
    found = inspected.texts
    assert found is not None
    assert found.words is not None
    assert found.columns[0].name == "title"
    assert found.columns[0].words == 7.0
    assert (found.empty, found.words.rows) == (0, 60)
    assert {one.group for one in found.by_group} == {"Mugs", "Lamps", "Boots"}


def test_the_words_that_mark_a_class_are_its_own(inspected: Inspection) -> None:
    found = inspected.texts
    assert found is not None
    marked = {one.group: [word.word for word in one.words] for one in found.marked}
    assert {"boot", "sole", "rubber"} & set(marked["Boots"])
    assert not {"boot", "sole"} & {word for kind in ("Mugs", "Lamps") for word in marked[kind]}


def test_the_vocabulary_grows_to_all_words() -> None:
    rows = [{"title": f"mug mug w{'abcdefghijklmnop'[n]}"} for n in range(16)]
    found = texts(Catalog.read(rows, roles={"title": "text"}), None)
    assert found is not None
    vocabulary = found.vocabulary
    assert vocabulary is not None
    assert (vocabulary.words, vocabulary.tokens, vocabulary.once) == (17, 48, 16)
    assert vocabulary.half == 1
    assert vocabulary.growth == tuple((n, n + 1) for n in range(1, 17))
    assert vocabulary.new_words == 100


def test_few_products_say_nothing_about_new_words() -> None:
    found = texts(Catalog.read([{"title": "red mug"}], roles={"title": "text"}), None)
    assert found is not None
    assert found.vocabulary is not None
    assert (found.vocabulary.growth, found.vocabulary.new_words) == (((1, 2),), None)


def test_empty_texts_are_counted_apart() -> None:
    rows = [{"title": "red mug"}, {"title": None}, {"title": " "}, {"title": "12 34"}]
    found = texts(Catalog.read(rows, roles={"title": "text"}), None)
    assert found is not None
    assert found.words is not None
    assert (found.empty, found.words.rows) == (2, 2)
    assert found.columns[0].filled == 2
    assert texts(Catalog.read([{"price": 1.5}, {"price": 2.5}]), None) is None


def test_words_begin_with_a_letter_and_chinese_has_no_spaces() -> None:
    _, words = word_counts(["Men's T-Shirt 12 x4 l'eau", "红色杯子 LED"])
    assert set(words) == {"men's", "t-shirt", "x4", "l'eau", "红", "色", "杯", "子", "led"}
    counts, none = word_counts(["12", ""])
    assert (counts.shape, len(none)) == ((2, 0), 0)
