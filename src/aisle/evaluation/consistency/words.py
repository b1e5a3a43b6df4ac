"""Edits of a text that leave the product what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from aisle.neural.augmenting.text import sentences

Edit = Callable[[str, np.random.Generator], str]

COLOURS = (
    "black", "white", "red", "blue", "green", "yellow", "orange", "purple", "pink", "brown",
    "grey", "gray", "beige", "maroon", "navy", "turquoise", "violet", "magenta",
)  # fmt: skip
"""Words that are hardly ever anything but a colour; gold, silver and cream are materials too."""

_SIZES = (("XS", "S", "M", "L", "XL", "XXL"), ("small", "medium", "large"))
_COLOUR = re.compile(rf"\b(?:{'|'.join(COLOURS)})\b", re.IGNORECASE)
# a digit before or after, or a letter before, makes it part of a model's name
_NUMBER = re.compile(r"(?<![\w.,-])(\d{1,4})(\.\d{1,2})?(?![\d,.]*\d)(?=\s|[a-z]{1,3}\b|[^\w]|$)")
_SIZE = re.compile(r"\b(?:XXL|XL|XS|(?<=[Ss]ize )[SML]|small|medium|large)\b")
_PUNCTUATION = re.compile(r"\s*[,;:!|]+\s*|(?<=[a-z])\.(?=\s|$)")
_FIELDS = re.compile(r"\s*(?:,|\||;|\s[-–]\s)\s*")


def colours_swapped(text: str, generator: np.random.Generator) -> str:
    """Put another colour in the place of each; the same one each time within a text."""
    turn = int(generator.integers(1, len(COLOURS)))

    def other(found: re.Match[str]) -> str:
        at = COLOURS.index(found[0].lower())
        return _like(found[0], COLOURS[(at + turn) % len(COLOURS)])

    return _COLOUR.sub(other, text)


def numbers_changed(text: str, generator: np.random.Generator) -> str:
    """Make sizes and quantities a little larger or smaller; codes with letters stay."""
    factor = float(generator.choice([0.7, 0.8, 1.25, 1.5]))
    step = int(generator.integers(1, 3))

    def resized(found: re.Match[str]) -> str:
        if found[2]:
            return f"{float(found[0]) * factor:.{len(found[2]) - 1}f}"
        value = int(found[1])
        changed = max(1, round(value * factor))
        return str(changed if changed != value else value + 1)

    def next_size(found: re.Match[str]) -> str:
        sizes = next(known for known in _SIZES if found[0] in known)
        return sizes[(sizes.index(found[0]) + step) % len(sizes)]

    return _SIZE.sub(next_size, _NUMBER.sub(resized, text))


def case_changed(text: str, generator: np.random.Generator) -> str:
    """Write a text in capitals, in small letters, or with a capital to each word."""
    ways: tuple[Callable[[str], str], ...] = (str.upper, str.lower, str.title)
    return ways[int(generator.integers(len(ways)))](text)


def punctuation_changed(text: str, generator: np.random.Generator) -> str:
    """Leave signs between words out, and put spaces where there was one."""

    def without(found: re.Match[str]) -> str:
        return "  " if generator.random() < 0.5 else " "

    return f" {_PUNCTUATION.sub(without, text).strip()}  "


def fields_reordered(text: str, generator: np.random.Generator) -> str:
    """Let the fields of a title, or the sentences of a longer text, change places."""
    whole = sentences(text)
    if len(whole) > 1:
        return " ".join(_permuted(whole, generator))
    fields = [field for field in _FIELDS.split(text) if field]
    return ", ".join(_permuted(fields, generator)) if len(fields) > 1 else text


TEXT_EDITS: Mapping[str, tuple[str, Edit]] = {
    "colours": ("colour words exchanged for others", colours_swapped),
    "numbers": ("sizes and numbers changed a little", numbers_changed),
    "case": ("capitals, small letters or Title Case", case_changed),
    "punctuation": ("signs between words left out, spaces added", punctuation_changed),
    "order": ("the fields of a title, or the sentences, in another order", fields_reordered),
}
"""What each edit of a text does in words, and the edit."""


def _like(model: str, word: str) -> str:
    """Write a word in the case of another."""
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


def _permuted(parts: list[str], generator: np.random.Generator) -> list[str]:
    """Return parts in another order than their own."""
    turned = int(generator.integers(1, len(parts)))
    order = [int(at) for at in generator.permutation(len(parts))]
    if order == sorted(order):
        order = order[turned:] + order[:turned]
    return [parts[at] for at in order]
