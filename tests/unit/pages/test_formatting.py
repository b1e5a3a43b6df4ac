from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.pages import formatting


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9498, "95.0%"),
        (1.0, "100%"),
        (0.0, "0%"),
        (0.99999, ">99.9%"),
        (0.00001, "<0.1%"),
        (1.5, "150.0%"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_share(value: float | None, shown: str) -> None:
    assert formatting.share(value) == shown


@given(st.floats(0, 1))
def test_only_all_is_shown_as_all_and_only_none_as_none(value: float) -> None:
    shown = formatting.share(value)
    assert (shown in ("100%", "100.0%")) == (value == 1)
    assert (shown in ("0%", "0.0%")) == (value == 0)


def test_a_share_that_was_asked_for_keeps_its_digits() -> None:
    assert [formatting.asked(value) for value in (0.95, 0.995, 0.29)] == ["95%", "99.5%", "29%"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1102.45, "1,102"),
        (14.5012, "14.5"),
        (-22551.0, "−22,551"),
        (0.04321, "0.0432"),
        (0.0, "0"),
        (2e-7, "2e−07"),
        (math.inf, "∞"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_number(value: float | None, shown: str) -> None:
    assert formatting.number(value) == shown


@given(st.floats(1e-4, 1e14))
def test_a_number_keeps_its_size(value: float) -> None:
    assert float(formatting.number(value).replace(",", "")) == pytest.approx(value, rel=0.006)


def test_scores_and_axis_numbers() -> None:
    assert formatting.score(-0.14551) == "−0.146"
    assert formatting.score(math.nan) == formatting.score(None) == "–"
    assert [formatting.compact(v) for v in (12.0, 1234.0, 999_999.0, 3e7)] == [
        "12",
        "1.23k",
        "1M",
        "30M",
    ]


def test_plural() -> None:
    assert formatting.plural(1, "class", "classes") == "1 class"
    assert formatting.plural(0, "product") == "0 products"
    assert formatting.plural(1050, "product") == "1,050 products"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0005, "500 µs"), (0.05, "50 ms"), (0.13, "0.13 s"), (61.0, "61 s"), (240.0, "4 min")],
)
def test_seconds(value: float, shown: str) -> None:
    assert formatting.seconds(value) == shown


def test_a_long_name_is_cut_to_its_columns() -> None:
    assert formatting.shorten("Home Decor", 10) == "Home Decor"
    assert formatting.shorten("Home Decor & Festive Needs", 12) == "Home Decor…"
    assert formatting.shorten("字" * 50, 9) == "字字字字…"


def test_what_spills_over_its_neighbours_is_tamed() -> None:
    assert formatting.shorten("\u202ecod.exe", 20) == "cod.exe"
    assert formatting.shorten("a" + "\u0301" * 300, 20) == "a" + "\u0301" * 4
    assert formatting.shorten("one\n\x00two", 20) == "one  two"


@pytest.mark.parametrize("text", ["", "   ", "\n", "\u0301" * 9, "\u200b"])
def test_a_name_that_shows_nothing_is_called_blank(text: str) -> None:
    assert formatting.shorten(text, 20) == "(blank)"


@given(st.text(), st.integers(7, 60))
def test_a_short_name_is_bounded_and_bare_of_control_characters(text: str, columns: int) -> None:
    short = formatting.shorten(text, columns)
    assert short
    assert len(short) <= 6 * columns
    assert not any(unicodedata.category(sign) == "Cc" for sign in short)
    assert not any("\u202a" <= sign <= "\u202e" for sign in short)
