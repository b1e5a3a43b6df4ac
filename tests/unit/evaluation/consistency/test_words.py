from __future__ import annotations

import re

import numpy as np
import pytest

from aisle.evaluation.consistency.words import (
    COLOURS,
    TEXT_EDITS,
    case_changed,
    colours_swapped,
    fields_reordered,
    numbers_changed,
    punctuation_changed,
)

TITLE = "Acme Red mug, 30 x 60 cm, Pack of 2, 1.50 l, model AB12-3, RED"


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_colours_become_others_in_their_own_case(generator: np.random.Generator) -> None:
    edited = colours_swapped(TITLE, generator)
    first, last = edited.split()[1], edited.split()[-1]
    assert first.lower() in COLOURS
    assert first.lower() != "red"
    assert first.istitle()
    assert last == first.upper()
    assert edited.replace(first, "Red").replace(last, "RED") == TITLE
    assert colours_swapped("a mug of stoneware", generator) == "a mug of stoneware"
    assert colours_swapped("Redmond's whitening", generator) == "Redmond's whitening"


def test_numbers_change_and_codes_stay(generator: np.random.Generator) -> None:
    edited = numbers_changed(TITLE, generator)
    assert "AB12-3" in edited
    was, now = (re.findall(r"\b\d+(?:\.\d+)?\b", text) for text in (TITLE, edited))
    assert len(was) == len(now)
    changed = [a != b for a, b in zip(was, now, strict=True) if a != "3"]
    assert all(changed)
    assert re.search(r"\d\.\d\d l", edited)
    assert re.sub(r"[\d.]", "", edited) == re.sub(r"[\d.]", "", TITLE)
    assert numbers_changed("Size M shirt, small", generator) != "Size M shirt, small"
    assert "M" not in numbers_changed("Size M", generator).split()


def test_case_changes_nothing_else(generator: np.random.Generator) -> None:
    edits = {case_changed(TITLE, generator) for _ in range(20)}
    assert len(edits) == 3
    assert {edit.lower() for edit in edits} == {TITLE.lower()}


def test_punctuation_goes_and_words_stay(generator: np.random.Generator) -> None:
    edited = punctuation_changed("Soft towel, blue; made in India. Rs. 1,299", generator)
    assert edited.split() == ["Soft", "towel", "blue", "made", "in", "India", "Rs", "1", "299"] or (
        edited.split() == ["Soft", "towel", "blue", "made", "in", "India", "Rs", "1,299"]
    )
    assert edited != " ".join(edited.split())


def test_fields_and_sentences_change_places_and_none_is_lost(
    generator: np.random.Generator,
) -> None:
    for _ in range(10):
        edited = fields_reordered("Red mug, 30 cl, Pack of 2", generator)
        assert edited != "Red mug, 30 cl, Pack of 2"
        assert sorted(edited.split(", ")) == ["30 cl", "Pack of 2", "Red mug"]
    long = "It is soft. It is blue. Wash it cold."
    assert sorted(fields_reordered(long, generator)) == sorted(long)
    assert fields_reordered("Red mug", generator) == "Red mug"


def test_every_edit_is_told_in_words() -> None:
    assert all(words and words[0].islower() for words, _ in TEXT_EDITS.values())
