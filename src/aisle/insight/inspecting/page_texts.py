"""Texts, as the page of an inspection shows them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.insight.inspecting.distributions import Spread
from aisle.insight.inspecting.languages import Languages
from aisle.insight.inspecting.markers import Marked
from aisle.insight.inspecting.texts import TextColumn, Texts, Vocabulary
from aisle.pages.drawing import svg
from aisle.pages.histogram import histogram
from aisle.pages.spreads import Spread as Box
from aisle.pages.spreads import spreads

GROUPS = 16
"""How many groups are drawn side by side."""

_MARKED = 24
_LANGUAGES = 6
_HARDLY = 0.01
_FAINTEST, _STRONGEST = 8, 42


@dataclass(frozen=True)
class Word:
    """A word that marks a group, how strongly it is coloured (%), and what it rests on."""

    word: str
    weight: int
    hint: str


@dataclass(frozen=True)
class Group:
    """A group and its words."""

    name: str
    rows: int
    words: list[Word]


@dataclass(frozen=True)
class TextsView:
    """Everything about texts, drawn and in words; what is not there is None or empty."""

    words: str
    columns: list[tuple[TextColumn, float]]
    lengths: Markup | None
    by_group: Markup | None
    by_group_rest: str
    growth: Markup | None
    growth_words: str
    groups: list[Group]
    groups_rest: str
    languages: Markup | None
    languages_words: str


def texts_view(found: Texts | None, rows: int, kind: str, groups: int) -> TextsView | None:
    """Draw what was found in texts.

    Parameters
    ----------
    found
        The texts; None where the catalogue has none.
    rows
        The products of the catalogue.
    kind
        What groups are called: class or band.
    groups
        How many groups there are.
    """
    if found is None or not rows:
        return None
    vocabulary, lengths = found.vocabulary, found.words
    return TextsView(
        words=_words(found),
        columns=[(column, column.filled / rows) for column in found.columns],
        lengths=None
        if lengths is None
        else histogram(
            "Words a product",
            lengths.edges,
            lengths.counts,
            label="words a product",
            log=lengths.log,
            middle=lengths.median,
        ),
        by_group=boxes(f"Words a product, by {kind}", found.by_group, log=_log(found)),
        by_group_rest=rest_words(groups, GROUPS, kind),
        growth=None if vocabulary is None else _growth(vocabulary),
        growth_words="" if vocabulary is None else _growth_words(vocabulary, rows),
        groups=[_group(one) for one in found.marked[:_MARKED]],
        groups_rest=rest_words(groups, _MARKED, kind) if found.marked else "",
        languages=None if found.languages is None else _languages(found.languages),
        languages_words="" if found.languages is None else _languages_words(found.languages),
    )


def boxes(title: str, items: tuple[Spread, ...], *, log: bool) -> Markup | None:
    """Draw groups side by side; None for fewer than two."""
    if len(items) < 2:
        return None
    drawn = [Box(one.group, one.quantiles, pages.count(one.rows)) for one in items[:GROUPS]]
    return spreads(title, drawn, log=log and all(one.quantiles[0] > 0 for one in drawn))


def rest_words(groups: int, shown: int, kind: str) -> str:
    """Say that only the first of `groups` groups are shown; empty where all are."""
    if groups <= shown:
        return ""
    many = "classes" if kind == "class" else f"{kind}s"
    return f"The {pages.count(shown)} largest of {pages.count(groups)} {many} are shown."


def _log(found: Texts) -> bool:
    return found.words is not None and found.words.log


def _words(found: Texts) -> str:
    told = []
    if found.words is not None:
        low, high = found.words.quantiles[1], found.words.quantiles[5]
        told.append(
            f"A product’s text has {pages.number(found.words.median)} words in the middle; nine in "
            f"ten have {pages.number(low)} to {pages.number(high)}."
        )
    if found.empty:
        have = "product has" if found.empty == 1 else "products have"
        told.append(f"{pages.count(found.empty)} {have} no text at all.")
    return " ".join(told)


def _growth(vocabulary: Vocabulary) -> Markup | None:
    if len(vocabulary.growth) < 4:
        return None
    places = [(float(products), float(words)) for products, words in vocabulary.growth]
    last = places[-1]
    return svg(
        pages.Plot(
            title="Growth of the vocabulary",
            description=f"{pages.count(vocabulary.words)} words in "
            f"{pages.plural(vocabulary.looked_at, 'product')}",
            x=pages.Axis("products, in random order", 0.0, last[0]),
            y=pages.Axis("different words", 0.0, last[1]),
            series=[pages.Series("words", places, "line")],
        )
    )


def _growth_words(vocabulary: Vocabulary, rows: int) -> str:
    told = (
        f"{pages.count(vocabulary.words)} different words in {pages.count(vocabulary.tokens)}; "
        f"{pages.share(vocabulary.once / vocabulary.words)} of them stand in one product alone, "
        f"and the {pages.count(vocabulary.half)} most frequent make up half of all text."
    )
    if (new := vocabulary.new_words) is not None:
        told += f" At the end, 100 more products bring {pages.number(new)} new words."
    if vocabulary.looked_at < rows:
        told += f" {drawn_words(vocabulary.looked_at, rows)}"
    return told


def drawn_words(looked_at: int, rows: int) -> str:
    """Say that a part of the catalogue was looked at."""
    return (
        f"Looked at: {pages.count(looked_at)} of {pages.count(rows)} products, drawn at random "
        "with a fixed seed."
    )


def _group(found: Marked) -> Group:
    strongest = max((one.z for one in found.words), default=1.0)
    words = [
        Word(
            one.word,
            round(_FAINTEST + (_STRONGEST - _FAINTEST) * one.z / strongest),
            f"in {pages.share(one.inside, 0)} of these products, in {pages.share(one.outside, 0)} "
            f"of all others (z {one.z:.1f})",
        )
        for one in found.words
    ]
    return Group(found.group, found.rows, words)


def _languages(found: Languages) -> Markup | None:
    if not found.likely:
        return None
    shares = [(name, rows / found.looked_at) for name, rows in found.likely]
    shown = [(name, part) for name, part in shares[:_LANGUAGES] if part >= _HARDLY]
    items = [pages.Bar(name, part, pages.share(part)) for name, part in shown]
    others = sum(part for _, part in shares[len(shown) :])
    for name, part in (("others", others), ("cannot be told", found.untold / found.looked_at)):
        if part:
            items.append(pages.Bar(name, part, pages.share(part), tone="muted"))
    return pages.bars("Likely languages", items, maximum=1.0)


def _languages_words(found: Languages) -> str:
    return (
        "Likely, from scripts and small words such as articles and prepositions; a guess, not a "
        f"finding. Looked at: {pages.plural(found.looked_at, 'text')}."
    )
