"""Titles and descriptions: what a shop's writers make of a product."""

from __future__ import annotations

import re

from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.facts import Facts
from aisle.catalog.sample.vocabulary import vocabulary

_PRICE_IN_WORDS = 0.34
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO])")


def write_texts(facts: Facts, dice: Dice) -> tuple[str, str]:
    """Return a title and a description of a product.

    The same `dice` key gives the same sentence patterns, so that two near-duplicates read alike.
    """
    slots = _slots(facts)
    title = _title(facts, slots, dice)
    if facts.pieces > 1:
        title = f"{title}, pack of {facts.pieces}"
    return title, _description(facts, slots, dice)


def misspell(text: str, dice: Dice) -> str:
    """Return `text` with a slip of the keyboard in one of its longer words."""
    places = [match.span() for match in re.finditer(r"[^\W\d_]{4,}", text)]
    if not places:
        return text
    start, end = dice.pick(places)
    at = start + 1 + dice.below(end - start - 2)
    slip = dice.below(3)
    if slip == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if slip == 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]


def _slots(facts: Facts) -> dict[str, str]:
    plural = facts.noun.endswith("s") and not facts.noun.endswith("ss")
    pair = "pair of " if plural else ""
    price = facts.price
    slots = {
        "brand": facts.brand.name,
        "model": facts.model,
        "number": str(facts.number),
        "noun": facts.noun,
        "one": f"a {facts.adjective} {pair}{facts.noun}",
        "adjective": facts.adjective,
        "colour": facts.colour_word,
        "material": facts.material,
        "size": facts.size,
        "feature": facts.feature,
        "feature2": facts.feature2,
        "use": facts.use,
        "other": facts.other,
        "price": f"{price:.2f}",
        "was": f"{price * 1.25:.2f}",
    }
    for name in ("noun", "adjective", "colour", "feature"):
        slots[name.capitalize()] = slots[name][:1].upper() + slots[name][1:]
    return slots


def _title(facts: Facts, slots: dict[str, str], dice: Dice) -> str:
    patterns = vocabulary().phrases.vague_titles if facts.vague else facts.category.titles
    title = _ARTICLE.sub(r"\1n ", dice.pick(patterns).format_map(slots))
    return title[:1].upper() + title[1:]


def _description(facts: Facts, slots: dict[str, str], dice: Dice) -> str:
    phrases = vocabulary().phrases
    told = not facts.vague or dice.chance(0.25)
    patterns = []
    if told and dice.chance(0.8):
        patterns.append(dice.pick(phrases.openings))
    if told and dice.chance(0.6):
        patterns.append(dice.pick(phrases.feature_sentences))
    if told and facts.category.variety is not None:
        phrase = dice.pick(facts.category.variety.phrases)
        patterns.append(f"{phrase[:1].upper()}{phrase[1:]}.")
    if told and dice.chance(0.45):
        patterns.append(dice.pick(phrases.detail_sentences))
    patterns.append(dice.pick(phrases.marketing))
    if dice.chance(0.4):
        patterns.append(dice.pick(phrases.marketing))
    if dice.chance(0.22):
        patterns.append(dice.pick(phrases.cross_sales))
    if dice.chance(_PRICE_IN_WORDS):
        patterns.insert(1 + dice.below(len(patterns)), dice.pick(phrases.price_mentions))
    sentences = dict.fromkeys(pattern.format_map(slots) for pattern in patterns)
    return _ARTICLE.sub(r"\1n ", " ".join(sentences))
