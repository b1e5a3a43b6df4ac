"""Hashes of strings, and from a hash to a column."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.text.hashing import HashBuckets, HashIndex, string_hashes
from aisle.encoders.text.ngrams import spelled_hashes

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=12)


@given(st.lists(ANYTHING, max_size=30, unique=True))
def test_a_strings_hash_depends_on_the_string_alone(strings: list[str]) -> None:
    together = string_hashes(strings)
    assert len(set(together.tolist())) == len(strings)
    for string, expected in zip(strings, together, strict=True):
        assert string_hashes(["before", string, ""])[1] == expected


def test_hashing_one_string_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        string_hashes(["a word"])
        string_hashes([""])


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=200, unique=True),
    st.lists(st.integers(0, 2**64 - 1), max_size=50),
)
def test_an_index_finds_what_is_there_and_nothing_else(known: list[int], asked: list[int]) -> None:
    index = HashIndex(np.array(known, dtype=np.uint64))
    position = {value: number for number, value in enumerate(known)}
    everything = known + asked
    found = index.find(np.array(everything, dtype=np.uint64))
    assert found.tolist() == [position.get(value, -1) for value in everything]


@pytest.mark.parametrize("step", [1 << 32, 1 << 10, 1])
def test_an_index_survives_hashes_that_want_the_same_slot(step: int) -> None:
    known = np.arange(1, 500, dtype=np.uint64) * np.uint64(step)
    index = HashIndex(known)
    assert index.find(known).tolist() == list(range(len(known)))
    assert index.find(known + np.uint64(1))[-1] == -1


def test_buckets_are_as_many_as_asked_for() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64 - 1, 10_000, dtype=np.uint64)
    columns = HashBuckets(8).find(hashes)
    assert np.unique(columns).tolist() == list(range(256))


def test_hashes_are_those_that_saved_models_were_trained_with() -> None:
    assert string_hashes(["mug", "été", " 👟 "]).tolist() == [
        6560085356498488080,
        4660852855620418922,
        8609116007368997912,
    ]
    assert spelled_hashes(["red mug", "mug"], "word").tolist() == [
        5927417090930448278,
        4476074876738460930,
    ]
