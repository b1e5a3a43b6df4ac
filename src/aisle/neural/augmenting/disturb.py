"""Slips of the keyboard, to train against and to measure robustness with."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from aisle.catalog.money import UNITS

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SLANT = (0.0, 0.25, 0.75)
_MONEY = {"rs", "inr", "usd", "eur", "gbp"}
_WORDS = re.compile(r"\S+")


def _neighbours() -> dict[str, str]:
    """Return the keys around every key of a QWERTY keyboard."""
    keys = {
        key: (row, column + slant)
        for row, (letters, slant) in enumerate(zip(_ROWS, _SLANT, strict=True))
        for column, key in enumerate(letters)
    }
    return {
        key: "".join(
            other
            for other, (up, right) in keys.items()
            if other != key and abs(up - row) <= 1 and abs(right - column) <= 1
        )
        for key, (row, column) in keys.items()
    }


NEIGHBOURS = _neighbours()


def with_typos(text: str, generator: np.random.Generator, rate: float) -> str:
    """Mistype some letters: a neighbouring key, a letter dropped, doubled, or before its time.

    Words with a digit, and units beside them, stay as they are; so do all white space and signs.
    No word vanishes. Letters that a QWERTY keyboard lacks are dropped, doubled or exchanged.

    Parameters
    ----------
    text
        Of any length.
    generator
        Where chance comes from.
    rate
        Share of letters that are mistyped, 0 to 1.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `rate` is not from 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate: expected a number from 0 to 1, found {rate!r}")
    hits = np.flatnonzero(generator.random(len(text)) < rate)
    if not len(hits):
        return text
    spans = [match.span() for match in _WORDS.finditer(text)]
    kept = exact([text[start:end] for start, end in spans])
    letters = list(text)
    hit = set(hits.tolist())
    for (start, end), keep in zip(spans, kept, strict=True):
        if not keep:
            places = [at for at in range(start, end) if at in hit]
            if places:
                _mistype(letters, start, end, places, generator)
    return "".join(letters)


def exact(words: Sequence[str]) -> list[bool]:
    """Say which words carry a quantity: with a digit, a unit behind one, a currency beside one."""
    digits = [False, *(any(map(str.isdigit, word)) for word in words), False]
    kept = []
    for word, before, own, after in zip(words, digits, digits[1:], digits[2:], strict=False):
        bare = word.strip(".,;:()[]/-").lower() if before or after else ""
        kept.append(own or (before and bare in UNITS) or bare in _MONEY)
    return kept


def _mistype(
    letters: list[str], start: int, end: int, places: list[int], generator: np.random.Generator
) -> None:
    """Mistype letters of one word in place; its last letter is never dropped."""
    for at in places:
        letter = letters[at]
        if not letter.isalpha():
            continue
        around = NEIGHBOURS.get(letter.lower(), "")
        kind = generator.integers(4 if around else 3)
        following = letters[at + 1] if at + 1 < end else ""
        if kind == 0 and any(map(str.isalpha, letters[start:at] + letters[at + 1 : end])):
            letters[at] = ""
        elif kind == 1 and following.isalpha():
            letters[at], letters[at + 1] = following, letter
        elif kind == 3:
            key = around[generator.integers(len(around))]
            letters[at] = key.upper() if letter.isupper() else key
        else:
            letters[at] = letter * 2
