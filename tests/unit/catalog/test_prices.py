from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.price_spans import price_spans
from aisle.catalog.prices import count_mentions, mask_prices, parse_money

FLIPKART = (
    Path(os.environ.get("AISLE_SHARED", Path(__file__).parents[4] / "shared"))
    / "data/flipkart/catalog.csv"
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,299.00", 1299.0),
        ("1.299,00 €", 1299.0),
        ("Rs. 899", 899.0),
        ("₹ 1,00,000", 100000.0),
        ("₹12,99,999/-", 1299999.0),
        ("USD 24.99", 24.99),
        ("24.99 USD", 24.99),
        ("GBP12", 12.0),
        ("899/-", 899.0),
        ("Rs.899/- only", 899.0),
        ("Re. 1", 1.0),
        ("12.5", 12.5),
        ("24,99", 24.99),
        ("1,299", 1299.0),
        ("1.299", 1.299),
        ("1.299 €", 1299.0),
        ("R$ 1.299", 1299.0),
        ("0,125", 0.125),
        ("1 299,50 €", 1299.5),
        ("1\u202f299,50\u00a0€", 1299.5),
        ("CHF 1'299.50", 1299.5),
        ("12,-", 12.0),
        ("99 cents", 0.99),
        ("1.299.000", 1299000.0),
        ("  7 ", 7.0),
        ("&euro;5", 5.0),
    ],
)
def test_money_is_read_in_the_usual_spellings(text: str, amount: float) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    "text",
    ["16 GB", "12-15", "-5", "", "abc", "1,2,3", "1.299,00.1", "€", "12 34", "nan", "1e5", "G7"],
)
def test_what_is_no_price_reads_as_none(text: str) -> None:
    assert parse_money(text) is None


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(["$", "€ ", "Rs. ", "INR", ""]))
def test_money_written_the_english_way_comes_back(whole: int, cents: int, mark: str) -> None:
    assert parse_money(f"{mark}{whole:,}.{cents:02d}") == float(f"{whole}.{cents:02d}")


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from([" €", " EUR", " kr", ""]))
def test_money_written_the_continental_way_comes_back(whole: int, cents: int, mark: str) -> None:
    written = f"{whole:,}".replace(",", ".")
    assert parse_money(f"{written},{cents:02d}{mark}") == float(f"{whole}.{cents:02d}")


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    amount = parse_money(text)
    assert amount is None or amount >= 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Price: Rs. 899 This curtain", "Price: # This curtain"),
        ("now Rs.2,499 here", "now # here"),
        ("only 899/- today", "only # today"),
        ("at best prices - Bath Towel Rs.449 only", "at best prices - Bath Towel # only"),
        ("for Rs. 1,200 Only", "for # Only"),
        ("buy it at just 499!", "buy it at just #!"),
        ("MRP: 1,299 each", "MRP: # each"),
        ("M.R.P. (incl. of all taxes): 1,299", "M.R.P. (incl. of all taxes): #"),
        ("it costs only 24.99", "it costs only #"),
        ("for 1,200 only", "for # only"),
        ("save 500 now", "save # now"),
        ("was US$ 24.99, 24.99 USD, GBP12", "was #, #, #"),
        ("&#8377;899 and &euro;5", "# and #"),
        ("₹ 1.5 lakh", "#"),
        ("Pack of 2 Rs. 499", "Pack of 2 #"),
        ("Pack of 5 $10", "Pack of 5 #"),
        ("$10-20 or 10-20 €", "# or #"),
        ("le prix est de 24,99", "le prix est de #"),
        ("à partir de 19,90 € TTC", "à partir de # TTC"),
        ("coûte 1 299,00 €", "coûte ##"),
        ("nur 12,99 €", "nur #"),
        ("Preis: 1.299,00 EUR", "Preis: #"),
        ("nur 24,99.", "nur #."),
        ("precio 300 pesos", "precio #"),
        ("por solo 15,99 €", "por solo #"),
        ("sirf 299 rupaye mein", "sirf # mein"),
        ("keemat 500", "keemat #"),
    ],
)
def test_amounts_of_money_are_masked(text: str, masked: str) -> None:
    assert mask_prices(text, "#") == masked


@pytest.mark.parametrize(
    "text",
    [
        "16 GB for 30 days",
        "curtain 213 cm, Pack of 2, 500 GSM, 5.5-inch",
        "Case for LG G7 and LG 10.",
        "video at 30 fps, at 1080, 720",
        "RS232 cable, RS-223, RS 485 port",
        "only 15 minutes, just 5 left",
        "Lowest Prices, Only 30 curtains",
        "best price. 30 Day Replacement",
        "available now 2016.",
        "SAR 1.6 W/kg",
        "price 50% less, 50% off",
        "Euro 6 engine, 4:3, scale 1:200, 12-15",
        "2 pounds, 12 ct, 6 ft",
        "ISBN 9781234567897",
        "cost 2 GB, 3.7 V at 2.40 GHz.",
        "hrs. 5, others 12",
        "no digits at all, price on request",
    ],
)
def test_sizes_counts_and_models_stay(text: str) -> None:
    assert mask_prices(text) == text


@given(st.text(alphabet="Rs. $€1290,/-price only for GB\n", max_size=120))
def test_spans_are_ordered_and_hold_a_digit(text: str) -> None:
    spans = price_spans(text)
    ends = [0]
    for start, end in spans:
        assert ends[-1] <= start < end <= len(text)
        assert any(character.isdigit() for character in text[start:end])
        ends.append(end)


@given(st.integers(1, 10**7), st.sampled_from(["Rs. {}", "₹{}", "${}", "{} €", "{}/-", "MRP {}"]))
def test_no_marked_amount_survives(amount: int, pattern: str) -> None:
    text = f"Cotton towel {pattern.format(f'{amount:,}')} in blue"
    assert not count_mentions([mask_prices(text)], [float(amount)])[0]


@pytest.mark.parametrize("piece", ["1", "1.", "1 ", "Rs", "$ ", "price ", "1-", "&euro;", " 111"])
def test_hostile_texts_are_masked_and_never_grow(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert len(mask_prices(text)) <= len(text)


def test_a_number_counts_only_on_its_own() -> None:
    texts = [
        "Rs. 899 only",
        "code 18990",
        "at 899.50",
        "at 899.00",
        "1,899 here",
        "BB899",
        "Rs899",
        "899EUR",
        "899ml",
        "for 899.",
    ]
    found = count_mentions(texts, [899.0] * len(texts))
    assert found.dtype == np.bool_
    assert found.tolist() == [True, False, False, True, False, False, True, True, False, True]


def test_separators_and_decimals_of_the_value_are_understood() -> None:
    texts = ["1,29,999 only", "129.999,00 €", "129 999", "24,99", "24.990", "24.99", "2499"]
    values = [129999.0, 129999.0, 129999.0, 24.99, 24.99, 24.5, 24.99]
    found = count_mentions(texts, np.array(values))
    assert found.tolist() == [True, True, True, True, True, False, False]


def test_a_missing_value_is_found_nowhere() -> None:
    assert count_mentions(["nan 0"], [float("nan")]).tolist() == [False]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        count_mentions(["a", "b"], [1.0])


@pytest.mark.shared
@pytest.mark.skipif(not FLIPKART.is_file(), reason="the Flipkart catalogue is not beside this one")
def test_prices_leave_real_texts_and_only_coincidences_stay() -> None:
    with FLIPKART.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    texts = [" ".join(row[c] for c in ("title", "description", "specifications")) for row in rows]
    masked = [mask_prices(text) for text in texts]
    for column, before in (("discounted_price", 816), ("retail_price", 173)):
        prices = [float(row[column] or "nan") for row in rows]
        assert count_mentions(texts, prices).sum() == before
        assert count_mentions(masked, prices).sum() <= 2
