"""Slips of the keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.neural.augmenting import with_typos
from aisle.neural.augmenting.disturb import NEIGHBOURS, exact

SEEDS = st.integers(0, 2**32)
RATES = st.floats(0, 1)


@given(st.text(), SEEDS, RATES)
def test_words_and_white_space_stay_and_it_repeats_itself(text, seed, rate):
    garbled = with_typos(text, np.random.default_rng(seed), rate)
    assert garbled == with_typos(text, np.random.default_rng(seed), rate)
    assert len(garbled.split()) == len(text.split())
    assert "".join(c for c in garbled if c.isspace()) == "".join(c for c in text if c.isspace())


@given(st.text(), SEEDS)
def test_rate_nought_changes_nothing(text, seed):
    assert with_typos(text, np.random.default_rng(seed), 0.0) == text


@given(st.text(alphabet="0123456789 .,-%"), SEEDS)
def test_digits_stay(text, seed):
    assert with_typos(text, np.random.default_rng(seed), 1.0) == text


def test_quantities_stay_and_words_do_not():
    for seed in range(20):
        garbled = with_typos("Bottle 500 ml, Rs. 899", np.random.default_rng(seed), 1.0)
        assert garbled.endswith(" 500 ml, Rs. 899")
        assert not garbled.startswith("Bottle ")


def test_the_share_of_words_mistyped_follows_the_rate():
    text = " ".join(["wonderful"] * 4000)
    garbled = with_typos(text, np.random.default_rng(0), 0.02).split()
    changed = np.mean([word != "wonderful" for word in garbled])
    assert changed == pytest.approx(1 - 0.98**9, abs=0.02)


def test_every_kind_of_slip_happens():
    found = {with_typos("tea", np.random.default_rng(seed), 0.3) for seed in range(400)}
    assert {"ta", "teea", "eta", "rea"} <= found


def test_capitals_stay_capitals():
    for seed in range(30):
        assert with_typos("MUG", np.random.default_rng(seed), 0.5).isupper()


def test_neighbours_are_mutual():
    assert NEIGHBOURS["g"].count("h") == 1
    assert "p" not in NEIGHBOURS["q"]
    for key, around in NEIGHBOURS.items():
        assert key not in around
        assert all(key in NEIGHBOURS[other] for other in around)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 cm wide", [True, True, False]),
        ("cm wide", [False, False]),
        ("a 5kg bag in red", [False, True, True, False, False]),
        ("Bottle 500 ml", [False, True, True]),
        ("899 Rs. each", [True, True, False]),
        ("", []),
    ],
)
def test_which_words_carry_quantities(text, expected):
    assert exact(text.split()) == expected


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        with_typos("mug", np.random.default_rng(0), rate)
