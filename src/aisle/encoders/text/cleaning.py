"""Product texts made plain: no HTML, no addresses, one spelling of every character.

Each step looks first whether it has anything to do, and every pattern runs in linear time, so a
hostile text of any length costs no more than a friendly one.
"""

from __future__ import annotations

import html as html_entities
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from aisle.catalog.prices import mask_prices
from aisle.encoders.text.morphology import check_language, lemmatise, stem

_NAME_END = r"(?:[\s/][^<>]*)?>"
_FORMATTING = re.compile(
    rf"</?(?:b|i|u|s|em|strong|small|big|sub|sup|font|mark|strike){_NAME_END}", re.I
)
_TAG = re.compile(rf"<(?:/?[a-z][a-z0-9:-]{{0,40}}{_NAME_END}|![a-z][^<>]*>)", re.I)
_UNSEEN = re.compile(r"<!--|<(script|style)(?=[\s>])", re.I)
_UNSEEN_ENDS = {
    "": re.compile("-->"),
    "script": re.compile(r"</script\s{0,9}>", re.I),
    "style": re.compile(r"</style\s{0,9}>", re.I),
}
_ENTITY = re.compile(
    r"&(?:#\d{1,7}(?!\d);?|#[xX][0-9a-fA-F]{1,6}(?!\w);?|[A-Za-z][A-Za-z0-9]{1,31};|nbsp\b)"
)
_URL = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"']+", re.I)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?!\w)", re.I
)
_TRADE_MARKS = str.maketrans(dict.fromkeys("™®©℠℗", " "))
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_COMBINING = re.compile("[\u0300-\u036f]")
_NO_ACCENT = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "ẞ": "SS"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i", "ð": "d", "þ": "th"}
)


def clean(
    text: str,
    *,
    html: bool = True,
    urls: bool = True,
    lowercase: bool = True,
    accents: bool = False,
) -> str:
    """Return a product text without mark-up, addresses and invisible characters.

    Unicode is brought to NFKC ("ﬁ" is "fi", "㎝" is "cm"), trade mark signs, control and
    zero-width characters go, and white space is collapsed, whatever the options.

    Parameters
    ----------
    text
        Any text.
    html
        Remove tags, comments, scripts and styles, and resolve entities ("R&amp;D" is "R&D").
        Tags part words, except those that only format letters ("<b>", "<sup>").
    urls
        Remove web and e-mail addresses.
    lowercase
        Lower the case.
    accents
        Remove accents ("Müsli" is "Musli", "Œuvre" is "OEuvre"); Latin letters alone.

    Returns
    -------
    str
        The cleaned text; possibly empty.
    """
    if html and ("<" in text or "&" in text):
        text = _without_html(text)
    if urls:
        text = _without_addresses(text)
    if not text.isascii():
        text = text.translate(_TRADE_MARKS)
        text = unicodedata.normalize("NFKC", text)
    return _fold(text, lowercase, accents)


def _without_html(text: str) -> str:
    """Remove mark-up; twice, because exports escape mark-up that was escaped already."""
    for _ in range(2):
        if "<" in text:
            text = _without_unseen(text)
            text = _TAG.sub(" ", _FORMATTING.sub("", text))
        if "&" not in text:
            break
        resolved = _ENTITY.sub(_resolve, text)
        if resolved == text:
            break
        text = resolved
    return _TAG.sub(" ", _FORMATTING.sub("", text)) if "<" in text else text


def _resolve(found: re.Match[str]) -> str:
    return html_entities.unescape(found.group())


def _without_unseen(text: str) -> str:
    """Remove comments, scripts and styles with what they hold."""
    pieces: list[str] = []
    position = 0
    unclosed: set[str] = set()
    for opened in _UNSEEN.finditer(text):
        kind = (opened[1] or "").lower()
        if opened.start() < position or kind in unclosed:
            continue
        closed = _UNSEEN_ENDS[kind].search(text, opened.end())
        if closed is None:
            unclosed.add(kind)
            continue
        pieces.append(text[position : opened.start()])
        position = closed.end()
    pieces.append(text[position:])
    return " ".join(pieces)


def _without_addresses(text: str) -> str:
    if "://" in text or "www." in text or "WWW." in text:
        text = _URL.sub(" ", text)
    return _EMAIL.sub(" ", text) if "@" in text else text


def _fold(text: str, lowercase: bool, accents: bool) -> str:
    """Apply case and accents, and drop what cannot be seen."""
    if lowercase:
        text = text.lower()
    if accents and not text.isascii():
        stripped = _COMBINING.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", stripped).translate(_NO_ACCENT)
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    return " ".join(text.split())


@dataclass(frozen=True)
class TextPreparation:
    """What is done to every text before words are counted.

    Parameters
    ----------
    html, urls, lowercase, accents
        See `clean`.
    morphology
        None leaves words as they are; "lemma" replaces each by its dictionary form, "stem" by its
        stem.
    language
        Of lemmas and stems: a code ("de") or an English name ("german").
    mask_prices
        Remove amounts of money; for models that are to learn a price.

    Raises
    ------
    RecipeError
        If `morphology` is unknown or does not offer `language`.
    """

    html: bool = True
    urls: bool = True
    lowercase: bool = True
    accents: bool = False
    morphology: str | None = None
    language: str = "en"
    mask_prices: bool = False

    def __post_init__(self) -> None:
        if self.morphology is not None:
            check_language(self.morphology, self.language)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Return every text prepared, in order; no text depends on the others."""
        return [self._prepare(text) for text in texts]

    def _prepare(self, text: str) -> str:
        # Currency codes are read in capitals, so amounts go before the case does.
        text = clean(text, html=self.html, urls=self.urls, lowercase=False)
        if self.mask_prices:
            text = mask_prices(text)
        text = _fold(text, self.lowercase, accents=False)
        if self.morphology == "lemma":
            text = lemmatise(text, self.language)
        elif self.morphology == "stem":
            text = stem(text, self.language)
        return _fold(text, lowercase=False, accents=True) if self.accents else text
