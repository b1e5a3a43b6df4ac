"""The likely languages of texts, from their scripts and their smallest words.

A text in a script that one language alone uses is of that language. Any other is of the language
whose articles, prepositions and conjunctions it holds most of. Titles of a few nouns hold none:
their words are looked up in simplemma's lists, in the languages that the other texts are in.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from aisle.insight.inspecting.grouping import sampled

LOOKED_AT = 1_000
"""Texts looked at."""

_SMALL = {
    "English": "the and of for with in is a this are from your to it on by or that you as an do",
    "German": "und der die das mit für von ist ein eine den auf im zu aus oder nicht sie dem auch",
    "French": "et le la les des de du en pour avec une un est dans sur au aux vous par ce",
    "Spanish": "y el la los las de del en con para una un por es su que se al como más",
    "Italian": "e il la di per con in una un del della che è da i gli le nel alla sono",
    "Portuguese": "e o os de do da em com para um uma por é que na dos seu ou mais são",
    "Dutch": "en de het een van met voor is in op te zijn aan dat uit bij ook deze je niet",
    "Polish": "i w z na do się jest dla od po nie oraz to ze przez jak lub są które",
    "Swedish": "och i en ett av med för på är den det som till från inte har om kan de",
    "Danish": "og i en et af med til på er den det som fra ikke har om kan der de",
    "Turkish": "ve bir bu ile için da de olan çok en gibi daha olarak her ürün",
    "Indonesian": "dan yang untuk dengan di ini dari pada adalah atau ke tidak anda dapat juga",
    "Russian": "и в на с для из по не от до это как или что к при за у он",
    "Ukrainian": "і в на з для та до не від що це як або за із при є ви",
}
_WORDS = {name: frozenset(words.split()) for name, words in _SMALL.items()}
_SCRIPTS = (
    ("Japanese", re.compile("[\u3040-\u30ff]")),
    ("Korean", re.compile("[\uac00-\ud7af]")),
    ("Chinese", re.compile("[\u4e00-\u9fff]")),
    ("Arabic script", re.compile("[\u0600-\u06ff]")),
    ("Hebrew", re.compile("[\u0590-\u05ff]")),
    ("Greek", re.compile("[\u0370-\u03ff]")),
    ("Devanagari script", re.compile("[\u0900-\u097f]")),
    ("Thai", re.compile("[\u0e00-\u0e7f]")),
)
_SIMPLEMMA = {
    "English": "en",
    "German": "de",
    "French": "fr",
    "Spanish": "es",
    "Italian": "it",
    "Portuguese": "pt",
    "Dutch": "nl",
    "Polish": "pl",
    "Swedish": "sv",
    "Danish": "da",
    "Turkish": "tr",
    "Indonesian": "id",
    "Russian": "ru",
    "Ukrainian": "uk",
}
_WORD = re.compile(r"\b[^\W\d_]+\b")  # E27 and w12 are codes, and no words of one letter
_OF_SCRIPT = 0.3
_LONGEST = 2_000
_LISTS = 2
_KNOWN = 0.5


@dataclass(frozen=True)
class Languages:
    """The likely languages of the texts looked at, the most frequent first.

    Parameters
    ----------
    looked_at
        Texts looked at, drawn at random with a seed where there are more.
    likely
        Languages and how many texts are likely in them.
    untold
        Texts from which no language can be told.
    """

    looked_at: int
    likely: tuple[tuple[str, int], ...]
    untold: int


def languages(texts: list[str]) -> Languages | None:
    """Guess the languages of texts; None where all are empty."""
    filled = [text for text in texts if text.strip()]
    if not filled:
        return None
    looked_at = [filled[row][:_LONGEST] for row in sampled(len(filled), LOOKED_AT)]
    guesses = [likely_language(text) for text in looked_at]
    found = Counter(guess for guess in guesses if guess is not None)
    undecided = [t for t, guess in zip(looked_at, guesses, strict=True) if guess is None]
    asked = [name for name, _ in found.most_common(_LISTS) if name in _SIMPLEMMA] or ["English"]
    found.update(guess for text in undecided if (guess := _by_list(text, asked)) is not None)
    return Languages(len(looked_at), tuple(found.most_common()), len(looked_at) - found.total())


def likely_language(text: str) -> str | None:
    """Guess the language of one text by its script and small words; None where they do not tell.

    Examples
    --------
    >>> likely_language("Ein Becher aus Porzellan für den Tee"), likely_language("mug 12 oz")
    ('German', None)
    """
    letters = sum(map(str.isalpha, text))
    for name, script in _SCRIPTS:
        if letters and len(script.findall(text)) > _OF_SCRIPT * letters:
            return name
    words = _WORD.findall(text.lower())
    met = {name: sum(word in small for word in words) for name, small in _WORDS.items()}
    (first, most), (_, second) = sorted(met.items(), key=lambda one: (-one[1], one[0]))[:2]
    return first if most > second and (most >= 2 or most >= 0.1 * len(words)) else None


def _by_list(text: str, asked: list[str]) -> str | None:
    """Return the language in whose list most of a text's words stand."""
    from simplemma import is_known

    words = [word for word in _WORD.findall(text) if len(word) > 2][:20]
    if not words:
        return None
    known = {name: sum(is_known(w, _SIMPLEMMA[name]) for w in words) for name in asked}
    best = max(asked, key=lambda name: known[name])
    return best if known[best] >= _KNOWN * len(words) else None
