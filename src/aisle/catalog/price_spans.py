"""Where amounts of money stand in a text, by the words and marks beside each number.

Nothing here knows the true price, so a new product is treated as the training rows were. Every
pattern has bounded repetition: time is linear in the text's length.
"""

from __future__ import annotations

import re

from aisle.catalog.money import (
    ADVERBS,
    CLOSERS,
    CODES,
    CODES_ANY_CASE,
    ENTITIES,
    FILLERS,
    MAGNITUDES,
    NAMES_AFTER,
    PREPOSITIONS,
    PRICE_WORDS,
    SPACE_GROUPED,
    SYMBOLS,
    UNITS,
)

_SPACES = "\u00a0\u202f\u2009"
_NUMBER = re.compile(rf"\d{{1,15}}(?:[.,'’{_SPACES}]\d{{1,6}}){{0,6}}")
_SPACED_AFTER = re.compile(r"(?: \d{3}){1,4}(?!\d)(?:[.,]\d{1,2})?(?![\d.,]?\d)")
_SPACED_BEFORE = re.compile(r"(?<![\w.,])\d{1,3}(?: \d{3}){0,3} $")
_RANGE_AFTER = re.compile(r"(?:[-–]| to | bis | à )\d{1,9}(?:[.,]\d{1,6}){0,4}(?!\w|\s?%|[-/])")
_RANGE_BEFORE = re.compile(r"(?<![\w.,])\d{1,9}(?:[.,]\d{1,6}){0,4}(?:[-–]| to | bis | à )$")
_RIGHT_WORD = re.compile(r"\s{0,2}([^\W\d_]{1,16})(?!\w)")
_LEFT_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,8}$")
_MAGNITUDE = re.compile(rf"\s?(?:{'|'.join(sorted(MAGNITUDES))})(?!\w)", re.I)
_SLASH_DASH = re.compile(r"\s{0,2}/[-=–](?!\d)")
_CLOSED = re.compile(r"\s*(?:$|[.!|,;)](?:\s|$))")
_SHAPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{2,3}){0,3}[.,]\d{3}(?:[.,]\d{2})?|\d{1,6}[.,]\d{2}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BREAKS = tuple(",;!?|)]}\"'")
_LINKS = ADVERBS | PREPOSITIONS | FILLERS
_LOOK_BACK = 48
_SERIAL_PORTS = frozenset({"232", "422", "485"})


def price_spans(text: str) -> list[tuple[int, int]]:
    """Return where the amounts of money stand in `text`; see `mask_prices`.

    Returns
    -------
    list of (start, end)
        In order, without overlap; each span holds the number and its currency mark.
    """
    spans: list[tuple[int, int]] = []
    position = 0
    while found := _NUMBER.search(text, position):
        start, end = found.span()
        position = end
        span = _amount_at(text, start, end)
        if span is not None:
            floor = spans[-1][1] if spans else 0
            spans.append((max(span[0], floor), span[1]))
            position = max(end, span[1])
    return spans


def _amount_at(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of the amount around the number at `start` to `end`, or None."""
    if text.startswith(("%", " %"), end):
        return None
    before = _mark_before(text, start, end)
    if before is not None:
        return before, _end_of_amount(text, end, text[before:start])
    last = text[start - 1] if start else " "
    if last.isalnum() or last == "_":
        return None
    after = _mark_after(text, end)
    if after is not None:
        return _start_of_amount(text, start, text[end:after]), after
    if (last.isspace() or last in ":=-(@") and _announced(text, start, end):
        return start, _end_of_amount(text, end, "")
    return None


def _mark_before(text: str, start: int, end: int) -> int | None:
    """Return where the currency mark before the number starts, or None where there is none."""
    edge = start
    while edge > 0 and start - edge < 4 and (text[edge - 1].isspace() or text[edge - 1] in ".:"):
        edge -= 1
    last = text[edge - 1] if edge else ""
    if last in SYMBOLS:
        edge -= 1
        while edge > 0 and start - edge < 8 and "A" <= text[edge - 1] <= "Z":
            edge -= 1
        return edge
    if last == ";":
        found = [entity for entity in ENTITIES if text.endswith(entity, 0, edge)]
        return edge - len(found[0]) if found else None
    return _letters_before(text, edge, start, end) if last.isalpha() else None


def _letters_before(text: str, edge: int, start: int, end: int) -> int | None:
    """Return where a currency's code or name starts that ends at `edge`, or None."""
    word = _LEFT_WORD.search(text[max(0, edge - 9) : edge])
    mark = word.group() if word else ""
    begin = edge - len(mark)
    if not mark or (begin and (text[begin - 1].isalnum() or text[begin - 1] == "_")):
        return None
    name = mark.lower()
    dotted = text.startswith(".", edge)
    if name == "rs":
        is_port = mark == "RS" and not dotted and text[start:end] in _SERIAL_PORTS
        return None if is_port else begin
    if name in CODES_ANY_CASE or (dotted and name + "." in CODES_ANY_CASE):
        return begin
    return begin if mark in CODES and not _unit_follows(text, end) else None


def _mark_after(text: str, end: int) -> int | None:
    """Return where the currency mark after the number ends, or None where there is none."""
    dash = _SLASH_DASH.match(text, end)
    if dash:
        return dash.end()
    place = end
    while place < end + 2 and text[place : place + 1].isspace():
        place += 1
    symbol = text[place : place + 1]
    if symbol in SYMBOLS:
        belongs_to_next = place > end and text[place + 1 : place + 2].isdigit()
        return None if belongs_to_next else place + 1
    if symbol == "&":
        found = [entity for entity in ENTITIES if text.startswith(entity, place)]
        return place + len(found[0]) if found else None
    word = _RIGHT_WORD.match(text, end)
    if word is None or not (word[1] in CODES or word[1].lower() in NAMES_AFTER):
        return None
    # "Pack of 2 Rs. 499": the mark is the next number's.
    if re.match(r"[.:]?\s{0,2}\d", text[word.end() : word.end() + 4]):
        return None
    return word.end()


def _end_of_amount(text: str, end: int, mark: str) -> int:
    """Return where the amount ends: thousands after a space, "lakh", "/-" and "to 20" included."""
    if mark.strip(" .:").lower() in SPACE_GROUPED:
        spaced = _SPACED_AFTER.match(text, end)
        if spaced and not _unit_follows(text, spaced.end()):
            end = spaced.end()
    magnitude = _MAGNITUDE.match(text, end)
    if magnitude:
        end = magnitude.end()
    dash = _mark_after(text, end)
    if dash is not None:
        end = dash
    upper = _RANGE_AFTER.match(text, end)
    if upper and not _unit_follows(text, upper.end()):
        end = upper.end()
    return end


def _start_of_amount(text: str, start: int, mark: str) -> int:
    """Return where an amount with its mark behind starts: "1 299 €" and "10-20 €" as a whole."""
    left = text[max(0, start - 24) : start]
    lower = _RANGE_BEFORE.search(left)
    if (
        lower is None
        and mark.strip(" .").lower() in SPACE_GROUPED
        and text[start : start + 3].isdigit()
    ):
        lower = _SPACED_BEFORE.search(left)
    return start - (len(left) - lower.start()) if lower else start


def _unit_follows(text: str, end: int) -> bool:
    """Say whether what follows the number makes it a size, a count or part of a name."""
    following = text[end : end + 1]
    if following.isalpha() or (following and following in "\"'°×*%″′”#_"):
        return True
    if following and following in "-/:.,":
        then = text[end + 1 : end + 2]
        if then.isalpha() and following == "-":
            return True
        if then.isdigit() and following != "-":
            return True
    word = _RIGHT_WORD.match(text, end)
    return word is not None and word[1].lower() in UNITS


def _announced(text: str, start: int, end: int) -> bool:
    """Say whether the words before a bare number announce an amount of money."""
    left = text[max(0, start - _LOOK_BACK) : start].rstrip(" \t\n:=-")
    if left.endswith(")"):
        left = left[: left.rfind("(")] if "(" in left else ""
    adverb = preposition = False
    for raw in left.lower().split()[:-7:-1]:
        word = raw.strip(":=-–(*.")
        sentence_ends = raw[-1] == "." and word != "mrp" and "." not in word
        if raw[-1] in _BREAKS or sentence_ends:
            break
        if word in PRICE_WORDS:
            return not _unit_follows(text, end)
        adverb = adverb or word in ADVERBS
        preposition = preposition or word in PREPOSITIONS
        if word and word not in _LINKS:
            break
    return (adverb or preposition) and _closes(text, start, end, adverb)


def _closes(text: str, start: int, end: int, adverb: bool) -> bool:
    """Say whether a number after "only" or "for" has a price's shape and ends its phrase."""
    if _unit_follows(text, end):
        return False
    number = text[start:end]
    word = _RIGHT_WORD.match(text, end)
    closed_by_word = word is not None and word[1].lower() in CLOSERS
    if _SHAPED.fullmatch(number):
        return closed_by_word or _CLOSED.match(text, end) is not None
    if not number.isdigit() or not 3 <= len(number) <= 6 or _YEAR.fullmatch(number):
        return False
    return closed_by_word or (adverb and _CLOSED.match(text, end) is not None)
