"""A product's texts, coloured by what each word contributed."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle.insight.explaining import wording
from aisle.insight.explaining.curve import curve
from aisle.insight.explaining.findings import Passage, Words
from aisle.insight.explaining.results import Explanation
from aisle.insight.explaining.waterfall import Bar, bars

_FAINT = 0.07


@dataclass(frozen=True)
class Run:
    """Some text, and how strongly to colour it, from 0 to 1; `hint` says by how much it speaks."""

    text: str
    strength: float
    tone: str
    hint: str


@dataclass(frozen=True)
class Told:
    """A text of the product in its colours."""

    column: str
    shown: str
    runs: tuple[Run, ...]
    long: bool


@dataclass(frozen=True)
class ColouredText:
    """The words of one expert."""

    words: Words
    answer: str
    passages: tuple[Told, ...]
    bars: tuple[Bar, ...]
    rest: str
    curve: Markup | None


def coloured(words: Words, found: Explanation) -> ColouredText:
    """Return an expert's words as texts in colours, bars and a deletion curve."""
    values = sorted((abs(p.evidence) for one in words.passages for p in one.pieces), reverse=True)
    # A single very loud word would leave all others pale.
    scale = values[min(2, len(values) - 1)] or 1.0
    return ColouredText(
        words=words,
        answer=wording.shown(words.answer, found),
        passages=tuple(_passage(one, scale, found) for one in words.passages),
        bars=bars([(word, "", value) for word, value in words.strongest], found),
        rest=wording.evidence(words.rest, found),
        curve=None if words.deletion is None else curve(words.deletion, "words", found),
    )


def _passage(passage: Passage, scale: float, found: Explanation) -> Told:
    runs: list[Run] = []
    plain = passage.before
    for piece in passage.pieces:
        strength = min(abs(piece.evidence) / scale, 1.0)
        if strength < _FAINT or not any(map(str.isalnum, piece.text)):
            plain += piece.text + piece.after
            continue
        if plain:
            runs.append(Run(plain, 0.0, "", ""))
        tone = "for" if piece.evidence > 0 else "against"
        hint = wording.evidence(piece.evidence, found)
        runs.append(Run(piece.text, round(strength, 2), tone, hint))
        plain = piece.after
    if plain:
        runs.append(Run(plain, 0.0, "", ""))
    size = sum(len(run.text) for run in runs)
    return Told(passage.column, wording.evidence(passage.evidence, found), tuple(runs), size > 600)
