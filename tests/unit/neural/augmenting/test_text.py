"""Texts varied at random."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.errors import RecipeError
from aisle.neural.augmenting import TEXT_PRESETS, TextAugmentation
from aisle.neural.augmenting.text import sentences

SEEDS = st.integers(0, 2**32)
PRODUCT = "Soft towel\nMade of cotton. Costs Rs. 899 only. Measures 30 x 60 cm (500 GSM) and dries."


@given(st.text(), SEEDS, st.sampled_from(sorted(TEXT_PRESETS)))
def test_every_preset_repeats_itself_and_leaves_something(text, seed, preset):
    augment = TextAugmentation.from_settings(preset)
    first = augment(text, np.random.default_rng(seed))
    assert first == augment(text, np.random.default_rng(seed))
    assert any(map(str.isalnum, first)) == any(map(str.isalnum, text))
    assert bool(first) == bool(text)


@given(st.text(), SEEDS)
def test_none_is_the_same_text(text, seed):
    assert TextAugmentation.from_settings("none")(text, np.random.default_rng(seed)) == text


@given(SEEDS)
def test_everything_at_once_leaves_something(seed):
    augment = TextAugmentation(1.0, 1.0, 1.0, 1.0, 1.0)
    for text in ("a", "a b", " a\n\n", PRODUCT):
        assert any(map(str.isalnum, augment(text, np.random.default_rng(seed))))


@given(SEEDS)
def test_quantities_outlive_words_swaps_and_typos(seed):
    augment = TextAugmentation(word_dropout=1.0, word_swap=1.0, typos=1.0)
    varied = augment(PRODUCT, np.random.default_rng(seed))
    assert "Rs. 899" in varied
    assert "30 x 60 cm (500 GSM)" in varied


def test_words_are_dropped_in_order():
    words = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]
    augment = TextAugmentation(word_dropout=0.5)
    counts = []
    for seed in range(60):
        left = augment(" ".join(words), np.random.default_rng(seed)).split()
        assert left == [word for word in words if word in set(left)]
        counts.append(len(left))
    assert np.mean(counts) == pytest.approx(75, abs=5)


@given(SEEDS)
def test_swapping_and_shuffling_keep_all_words(seed):
    text = "Soft cotton towel for babies. Washes well at home. Dries quickly."
    augment = TextAugmentation(word_swap=1.0, shuffle=1.0)
    assert sorted(augment(text, np.random.default_rng(seed)).split()) == sorted(text.split())


def test_shuffling_finds_every_order_and_stays_within_a_field():
    augment = TextAugmentation(shuffle=1.0)
    found = {augment("Title.\nOne. Two. Six.", np.random.default_rng(s)) for s in range(80)}
    assert len(found) == 6
    assert all(text.startswith("Title.\n") for text in found)


def test_one_field_is_left_out():
    augment = TextAugmentation(field_dropout=1.0)
    found = {augment("a b\nc. D\ne", np.random.default_rng(seed)) for seed in range(40)}
    assert found == {"c. D\ne", "a b\ne", "a b\nc. D"}


def test_of_a_single_field_one_sentence_is_left_out():
    augment = TextAugmentation(field_dropout=1.0)
    found = {augment("One. Two.", np.random.default_rng(seed)) for seed in range(40)}
    assert found == {"One.", "Two."}
    assert augment("Only one", np.random.default_rng(0)) == "Only one"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Price: Rs. 899 This. Next one", ["Price: Rs. 899 This.", "Next one"]),
        ("romantic and loving.This curtain", ["romantic and loving.", "This curtain"]),
        ("2.5 mm wide", ["2.5 mm wide"]),
        ("柔软。耐用。", ["柔软。", "耐用。"]),
        ("", []),
    ],
)
def test_where_sentences_end(text, expected):
    assert sentences(text) == expected


def test_settings():
    standard = TextAugmentation.from_settings("standard")
    assert TextAugmentation.from_settings(dataclasses.asdict(standard)) == standard
    laid = TextAugmentation.from_settings({"preset": "standard", "typos": 0.5})
    assert laid == dataclasses.replace(standard, typos=0.5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"typo": 0.1}, "did you mean 'typos'"),
        ({"typos": 2}, "typos: expected a number from 0 to 1, found 2"),
        ("standart", "did you mean 'standard'"),
    ],
)
def test_mistakes_in_a_recipe_are_told(settings, message):
    with pytest.raises(RecipeError, match=message):
        TextAugmentation.from_settings(settings)
