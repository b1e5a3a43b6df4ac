"""Words brought to their dictionary form or their stem, by packages that carry their data."""

from __future__ import annotations

import re
import threading
from functools import cache, lru_cache
from typing import Protocol, cast

from aisle.errors import RecipeError

_WORD = re.compile(r"[\w\u0300-\u036f\u0900-\u0e7f\u200c\u200d]+")
_CACHED_WORDS = 1 << 17
_STEMMING = threading.Lock()
_NAMES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
_CODES = {name: code for code, name in _NAMES.items()}


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802


def lemmatise(text: str, language: str = "en") -> str:
    """Replace every word by its dictionary form ("curtains" is "curtain", "bought" is "buy").

    Words with a digit, such as model numbers, and unknown words stay as they are. By simplemma,
    https://github.com/adbar/simplemma.

    Parameters
    ----------
    text
        Any text; what is no word stays.
    language
        A code ("en") or an English name ("english").

    Raises
    ------
    RecipeError
        If simplemma has no data for the language.
    """
    code = check_language("lemma", language)
    return _WORD.sub(lambda word: _lemma(word.group(), code), text)


def stem(text: str, language: str = "english") -> str:
    """Replace every word by its stem ("curtains" and "curtained" are "curtain").

    Words with a digit stay as they are; stems of other words are in lower case. By the Snowball
    stemmers, https://snowballstem.org.

    Parameters
    ----------
    text
        Any text; what is no word stays.
    language
        An English name ("english") or a code ("en").

    Raises
    ------
    RecipeError
        If there is no Snowball stemmer for the language.
    """
    name = check_language("stem", language)
    return _WORD.sub(lambda word: _stem(word.group(), name), text)


@cache
def check_language(morphology: str, language: str) -> str:
    """Return the language as the package behind `morphology` calls it.

    Raises
    ------
    RecipeError
        If the morphology is unknown or does not offer the language.
    """
    if morphology not in ("lemma", "stem"):
        raise RecipeError(
            f"morphology {morphology!r} is not known; choose 'lemma', 'stem' or none at all"
        )
    asked = language.strip().lower()
    if morphology == "lemma":
        offered, known = _lemma_languages(), _CODES.get(asked, asked)
    else:
        offered, known = _stem_languages(), _NAMES.get(asked, asked)
    if known not in offered:
        raise RecipeError(
            f"there is no {morphology} for the language {language!r}; "
            f"the languages offered are {', '.join(sorted(offered))}"
        )
    return known


@cache
def _lemma_languages() -> frozenset[str]:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    return frozenset(SUPPORTED_LANGUAGES)


@cache
def _stem_languages() -> frozenset[str]:
    import snowballstemmer

    return frozenset(snowballstemmer.algorithms())


@lru_cache(maxsize=_CACHED_WORDS)
def _lemma(word: str, code: str) -> str:
    if _is_code(word):
        return word
    import simplemma

    return cast(str, simplemma.lemmatize(word, lang=code))


@lru_cache(maxsize=_CACHED_WORDS)
def _stem(word: str, name: str) -> str:
    if _is_code(word):
        return word
    # A stemmer keeps the word it works on, so two threads must not share it at once.
    with _STEMMING:
        return _stemmer(name).stemWord(word.lower())


@cache
def _stemmer(name: str) -> _Stemmer:
    import snowballstemmer

    return cast(_Stemmer, snowballstemmer.stemmer(name))


def _is_code(word: str) -> bool:
    return "_" in word or any(character.isdigit() for character in word)
