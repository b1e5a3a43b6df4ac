"""Amounts of money: read from a string, found in texts, and masked there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aisle.catalog.money import (
    CODES,
    CODES_ANY_CASE,
    ENTITIES,
    MINOR_UNITS,
    NAMES_AFTER,
    POINT_GROUPED,
    SYMBOLS,
)
from aisle.catalog.price_spans import price_spans

_SPACES = "\u00a0\u202f\u2009"
_LETTER_MARK = r"[^\W\d_]{1,8}\.?"
_SYMBOL_MARK = rf"[A-Z]{{0,3}}[{''.join(sorted(SYMBOLS))}]|{'|'.join(ENTITIES)}"
_MONEY = re.compile(
    rf"(?P<before>{_SYMBOL_MARK}|{_LETTER_MARK})?\s?:?\s{{0,3}}"
    rf"(?P<number>\d{{1,15}}(?:[.,'’ {_SPACES}]\d{{1,6}}){{0,6}})(?:[.,][-–])?"
    rf"\s{{0,3}}(?:/[-=])?\s?(?P<after>{_SYMBOL_MARK}|{_LETTER_MARK})?(?:/-)?(?:\s?only)?",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"[1-9]\d{0,2}(?:[ .,']\d{3})+|[1-9]\d?(?:,\d\d)*,\d{3}")
_CURRENCY_BEFORE = re.compile(r"(?:^|[\W\d_])([^\W\d_]{2,8})$")
_CURRENCY_AFTER = re.compile(r"([^\W\d_]{2,8})(?!\w)")
_ONE_SPELLING = str.maketrans("’" + _SPACES, "'" + " " * len(_SPACES))
_PARTS = frozenset(".,'’")
_NAMES = CODES_ANY_CASE | NAMES_AFTER


def mask_prices(text: str, token: str = " ") -> str:
    """Replace every recognisable amount of money in `text`, with its currency mark, by `token`.

    A number is an amount where a currency symbol, code or name stands before or after it, where
    ``/-`` follows it, where a price word announces it ("MRP: 1,299", "le prix est de 24,99"), or
    where a weaker word does ("only", "for", "now") and the number has the shape of a price and
    what follows closes the phrase ("for 1,200 only"). Without a currency mark, a number followed
    by a unit or a count word ("16 GB", "500 GSM", "30 days") stays. Percentages always stay.

    Parameters
    ----------
    text
        Any text; HTML entities of currencies are understood.
    token
        What stands in place of each amount.

    Returns
    -------
    str
        The text without amounts; price words ("Price:") stay where they are.
    """
    spans = price_spans(text)
    if not spans:
        return text
    pieces: list[str] = []
    position = 0
    for start, end in spans:
        pieces.append(text[position:start])
        pieces.append(token)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def parse_money(text: str) -> float | None:
    """Read one amount of money, or one plain number, that is the whole of `text`.

    Where both a point and a comma occur, the last one parts the decimals. One that occurs several
    times parts thousands ("1.299.000"; Indian "1,00,000" too). One that occurs once before exactly
    three digits parts thousands if it is a comma ("1,299"), or a point beside a currency that
    groups by points ("1.299 €"); else it parts decimals ("12.5", "24,99", "1.299" as Python reads
    it). Spaces and apostrophes part thousands.

    Parameters
    ----------
    text
        Such as "$1,299.00", "1.299,00 €", "Rs. 899", "₹ 1,00,000", "24.99 USD", "899/-", "12.5".

    Returns
    -------
    float or None
        The amount in its own currency; None where the text is no price ("16 GB", "12-15", "-5").
    """
    text = text.strip()
    found = _MONEY.fullmatch(text) if len(text) <= 64 else None
    if found is None:
        return None
    marks = [mark for mark in (found["before"], found["after"]) if mark]
    if found["after"] and found["after"].lower() == "only":
        marks.remove(found["after"])
    if not all(_is_currency(mark) for mark in marks):
        return None
    amount = _number(found["number"], any(mark.lower() in POINT_GROUPED for mark in marks))
    minor = any(mark.strip(".").lower() in MINOR_UNITS for mark in marks)
    return amount / 100 if minor and amount is not None else amount


def count_mentions(
    texts: Sequence[str], values: Sequence[float] | NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Say for every row whether its own number stands in its text as a number of its own.

    Thousands separators, trailing zeros and a currency mark glued to the number do not matter;
    899 is not found in "18990", "899.50", "1,899" or "BB899".

    Parameters
    ----------
    texts
        One text a row.
    values
        One number a row; NaN is found nowhere.

    Returns
    -------
    mentioned
        bool (rows,): true where the number stands in the text.

    Raises
    ------
    ValueError
        If there are not as many texts as values.
    """
    pairs = zip(texts, np.asarray(values, dtype=np.float64).tolist(), strict=True)
    return np.array([_mentions(text, value) for text, value in pairs], dtype=np.bool_)


def _mentions(text: str, value: float) -> bool:
    if not math.isfinite(value):
        return False
    for spelling, decimals in _spellings(value):
        place = text.find(spelling)
        while place >= 0:
            end = place + len(spelling)
            tail = decimals.match(text, end)
            if tail and _stands_alone(text, place, tail.end()):
                return True
            place = text.find(spelling, end)
    return False


def _spellings(value: float) -> list[tuple[str, re.Pattern[str]]]:
    """Return how the whole part of a number may be written, and what its decimals look like."""
    whole, _, fraction = f"{abs(value):.6f}".partition(".")
    fraction = fraction.rstrip("0")
    decimals = re.compile(rf"[.,]{fraction}0*" if fraction else r"(?:[.,]0{1,2}(?!\d))?")
    western = f"{int(whole):,}"
    written = [whole, *(western.replace(",", part) for part in (",", ".", " ", "'", *_SPACES))]
    if len(whole) > 5:
        head, tail = whole[:-3], whole[-3:]
        pairs = [head[max(0, i - 2) : i] for i in range(len(head), 0, -2)][::-1]
        written.append(",".join([*pairs, tail]))
    return [(spelling, decimals) for spelling in dict.fromkeys(written)]


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether no digit, letter or decimal joins on at either side; a currency mark may."""
    last, following = text[start - 1 : start], text[end : end + 1]
    if last in _PARTS and text[max(0, start - 2) : start - 1].isdigit():
        return False
    if following in _PARTS and text[end + 1 : end + 2].isdigit():
        return False
    if last.isalnum() or last == "_":
        mark = _CURRENCY_BEFORE.search(text[max(0, start - 10) : start])
        if mark is None or not _is_currency(mark[1]):
            return False
    if following.isalnum() or following == "_":
        mark = _CURRENCY_AFTER.match(text, end)
        return mark is not None and _is_currency(mark[1])
    return True


def _is_currency(mark: str) -> bool:
    """Say whether `mark` is a currency's symbol, code or name."""
    name = mark.strip(".").lower()
    return (
        mark[-1] in SYMBOLS
        or mark in ENTITIES
        or name.upper() in CODES
        or (name in _NAMES or mark.lower() in _NAMES)
    )


def _number(written: str, groups_by_point: bool) -> float | None:
    """Read a number by the rules of `parse_money`; None where its groups fit no convention."""
    plain = written.translate(_ONE_SPELLING)
    separators = [character for character in plain if character in " .,'"]
    if not separators:
        return float(plain)
    last = separators[-1]
    head, _, tail = plain.rpartition(last)
    thousands = last in " '" or separators.count(last) > 1
    if len(separators) == 1 and len(tail) == 3 and len(head) <= 3 and head[0] != "0":
        thousands = thousands or last == "," or groups_by_point
    whole, decimals = (plain, "0") if thousands else (head, tail)
    parts = {character for character in whole if not character.isdigit()}
    if parts and (len(parts) > 1 or not _GROUPS.fullmatch(whole)):
        return None
    return float(re.sub(r"\D", "", whole) + "." + decimals)
