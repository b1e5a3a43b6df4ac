"""Product texts varied at random: the same product, told another way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from aisle.neural.augmenting.disturb import exact, with_typos
from aisle.neural.augmenting.settings import number, resolved

TEXT_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "light": {"word_dropout": 0.05, "field_dropout": 0.05},
    "standard": {
        "word_dropout": 0.1, "word_swap": 0.05, "typos": 0.02, "field_dropout": 0.15,
        "shuffle": 0.2,
    },
    "strong": {
        "word_dropout": 0.25, "word_swap": 0.1, "typos": 0.06, "field_dropout": 0.3,
        "shuffle": 0.5,
    },
}  # fmt: skip

# A full stop before a digit is no end ("Rs. 899"); shops often forget the space after one.
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[^\W\d])|(?<=[a-z)][.!?])(?=[A-Z])|(?<=[。！？])")


@dataclass(frozen=True)
class TextAugmentation:
    """Random changes that leave a text about the same product.

    The three shares of words and letters are upper limits: each text draws its own below them, so
    that clean texts are seen as well. Words with a digit and the units beside them are dropped or
    moved only with their whole sentence. Each call draws anew; the same state of the generator
    gives the same text.

    Parameters
    ----------
    word_dropout
        Largest share of words left out, 0 to 1.
    word_swap
        Largest share of words exchanged with the next, 0 to 1.
    typos
        Largest share of letters mistyped, 0 to 1.
    field_dropout
        Probability that one field is left out; of a text of one field, one sentence. Fields are
        lines, as `aisle.catalog.Catalog` joins the columns of a text.
    shuffle
        Probability that the sentences of each field change places.

    Examples
    --------
    >>> import numpy as np
    >>> from aisle.neural.augmenting import TextAugmentation
    >>> augment = TextAugmentation.from_settings({"word_dropout": 1.0})
    >>> augment("Soft bath towel, 30 x 60 cm", np.random.default_rng(1))
    'bath 30 x 60 cm'
    """

    word_dropout: float = 0.0
    word_swap: float = 0.0
    typos: float = 0.0
    field_dropout: float = 0.0
    shuffle: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            number(getattr(self, field.name), field.name, 0.0, 1.0)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any] | str) -> Self:
        """Build from a preset's name or from entries of a recipe.

        Parameters
        ----------
        settings
            ``none``, ``light``, ``standard`` or ``strong``, or entries under the names of the
            parameters; ``preset`` names what the other entries are laid over.

        Raises
        ------
        RecipeError
            If an entry is unknown or out of range.
        """
        known = [field.name for field in fields(cls)]
        return cls(**resolved(settings, TEXT_PRESETS, known, "augmentation of texts"))

    def __call__(self, text: str, generator: np.random.Generator) -> str:
        """Return a text changed at random.

        Where nothing is changed it comes back letter for letter; elsewhere runs of white space
        become one space, and lines stay lines.

        Parameters
        ----------
        text
            Of any length.
        generator
            Where chance comes from.

        Returns
        -------
        str
            Never without a letter or digit where `text` has one.
        """
        if not any(map(str.isalnum, text)):
            return text
        varied = text
        if self.field_dropout and generator.random() < self.field_dropout:
            varied = _without_part(varied, generator)
        if self.shuffle and generator.random() < self.shuffle:
            varied = "\n".join(_shuffled(line, generator) for line in varied.split("\n"))
        if self.word_dropout or self.word_swap:
            dropout, swap = generator.random(2) * (self.word_dropout, self.word_swap)
            lines = [_reworded(line, dropout, swap, generator) for line in varied.split("\n")]
            varied = "\n".join(line for line in lines if line)
        if self.typos:
            varied = with_typos(varied, generator, generator.random() * self.typos)
        return varied if any(map(str.isalnum, varied)) else text


def sentences(text: str) -> list[str]:
    """Cut a text where sentences end."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def _without_part(text: str, generator: np.random.Generator) -> str:
    """Leave out one line, or one sentence of a single line; a text of one stays whole."""
    lines = [line for line in text.split("\n") if line.strip()]
    parts, joint = (lines, "\n") if len(lines) > 1 else (sentences(lines[0]), " ")
    if len(parts) == 1:
        return text
    out = generator.integers(len(parts))
    return joint.join(part for at, part in enumerate(parts) if at != out)


def _shuffled(line: str, generator: np.random.Generator) -> str:
    parts = sentences(line)
    if len(parts) < 2:
        return line
    return " ".join(parts[at] for at in generator.permutation(len(parts)))


def _reworded(line: str, dropout: float, swap: float, generator: np.random.Generator) -> str:
    """Leave words of a line out and exchange neighbours, all but quantities."""
    words = line.split()
    fixed = np.array(exact(words), dtype=bool)
    left = (generator.random(len(words)) >= dropout) | fixed
    exchanged = (generator.random(len(words)) < swap) & left & ~fixed
    if left.all() and not exchanged.any():
        return line
    for at in np.flatnonzero(exchanged[:-1]):
        if left[at + 1] and not fixed[at + 1]:
            words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(word for word, stays in zip(words, left, strict=True) if stays)
