"""From the columns of a lexical encoder to the characters of the text that they were counted in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.hashing import Columns, HashBuckets, HashIndex
from aisle.encoders.text.lexical import HashingEncoder, LexicalEncoder
from aisle.encoders.text.ngrams import spelled_hashes

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"\S+")
_TOKEN = re.compile(r"\w\w+")
_INDEXES: WeakKeyDictionary[LexicalEncoder, HashIndex] = WeakKeyDictionary()


@dataclass(frozen=True)
class Written:
    """A word as an encoder reads it, and where it stands in the text: -1 where nowhere."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Occurrence:
    """A term that an encoder counts, and what it covers: word, first and last character of each."""

    term: str
    covers: tuple[tuple[int, int, int], ...]


def spread_over_text(encoder: LexicalEncoder, text: str, values: Floats) -> tuple[Floats, float]:
    """Share out what the columns of a lexical encoder add among the characters of a text.

    A column's value goes in equal parts to all places where its term stands, and from there to the
    characters that the term covers.

    Parameters
    ----------
    encoder
        Fitted.
    text
        What it reads of the product.
    values
        What each column adds, float64 (columns,).

    Returns
    -------
    tuple of numpy.ndarray and float
        float64 (characters,), and what no character could be found for: columns of terms that are
        not in the text, for the most part.
    """
    found = np.zeros(len(text))
    words = written_words(text, _preparation(encoder))
    occurrences = list(_occurrences(encoder, [one.word for one in words]))
    columns = _columns(encoder).find(
        spelled_hashes([one.term for one in occurrences], encoder.analyzer)
        if occurrences
        else np.empty(0, np.uint64)
    )
    times = np.bincount(columns[columns >= 0], minlength=len(values))
    placed = 0.0
    for occurrence, column in zip(occurrences, columns.tolist(), strict=True):
        if column < 0 or values[column] == 0:
            continue
        share = float(values[column]) / int(times[column])
        places = np.concatenate([_places(words[word], a, b) for word, a, b in occurrence.covers])
        if len(places):
            np.add.at(found, places, share / len(places))
            placed += share
    return found, float(values.sum()) - placed


def written_words(text: str, prepare: TextPreparation) -> list[Written]:
    """Return the words that an encoder reads, each where it stands in the text.

    Words are prepared one by one and as a whole; where both give the same words, that says where
    they came from. What cleaning takes out between words (mark-up, addresses, amounts) has no
    place.
    """
    whole = prepare([text])[0].split()
    spans = [found.span() for found in _WORD.finditer(text)]
    alone = [
        (part, span)
        for span, made in zip(spans, prepare([text[a:b] for a, b in spans]), strict=True)
        for part in made.split()
    ]
    if [part for part, _ in alone] == whole:
        return [Written(part, *span) for part, span in alone]
    found = [Written(word, -1, -1) for word in whole]
    matcher = SequenceMatcher(None, [part for part, _ in alone], whole, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            word, span = alone[block.a + step]
            found[block.b + step] = Written(word, *span)
    return found


def _preparation(encoder: LexicalEncoder) -> TextPreparation:
    return TextPreparation(
        html=encoder.html,
        urls=encoder.urls,
        lowercase=encoder.lowercase,
        accents=encoder.accents,
        morphology=encoder.morphology,
        language=encoder.language,
        mask_prices=encoder.mask_prices,
    )


def _columns(encoder: LexicalEncoder) -> Columns:
    """Return what says in which column a term is counted; kept, since making it takes a while."""
    if isinstance(encoder, HashingEncoder):
        return HashBuckets(encoder.bits)
    index = _INDEXES.get(encoder)
    if index is None:
        fitted: Any = encoder
        index = HashIndex(spelled_hashes(fitted.vocabulary_, encoder.analyzer))
        _INDEXES[encoder] = index
    return index


def _occurrences(encoder: LexicalEncoder, words: Sequence[str]) -> Iterator[Occurrence]:
    shortest, longest = encoder.ngrams[0], encoder.ngrams[1]
    if encoder.analyzer == "word":
        tokens = [
            (number, found.start(), found.end(), found.group())
            for number, word in enumerate(words)
            for found in _TOKEN.finditer(word)
        ]
        for length in range(shortest, longest + 1):
            for first in range(len(tokens) - length + 1):
                run = tokens[first : first + length]
                term = " ".join(token for *_, token in run)
                yield Occurrence(term, tuple((n, a, b) for n, a, b, _ in run))
        return
    for number, word in enumerate(words):
        padded = f" {word} "
        for length in range(shortest, min(longest, len(padded)) + 1):
            for start in range(len(padded) - length + 1):
                covered = (number, max(start - 1, 0), min(start + length - 1, len(word)))
                yield Occurrence(padded[start : start + length], (covered,))


def _places(word: Written, first: int, last: int) -> npt.NDArray[np.int64]:
    """Return the characters of the text that some of a word stand for, int64 (characters,)."""
    if word.start < 0 or last <= first:
        return np.empty(0, dtype=np.int64)
    width = word.end - word.start
    # Cleaning may change the length of a word ("<b>mug</b>"): its parts are then stretched.
    start = word.start + first * width // len(word.word)
    end = word.start + max(-(-last * width // len(word.word)), first * width // len(word.word) + 1)
    return np.arange(start, min(end, word.end), dtype=np.int64)
