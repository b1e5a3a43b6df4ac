"""What is true of a product, before any of it is put into words or pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.vocabulary import Brand, Category, Colour, vocabulary

_BORROWED_NOUN = 0.13
_VAGUE = 0.1
_UNSURE_PRICE = 0.16


@dataclass(frozen=True)
class Facts:
    """A product as its maker knows it.

    `size_factor`, `material_factor`, `tier_factor` and `luck` multiply the price; `pieces` is how
    many come in the pack; `vague` products are sold without saying what they are.
    """

    category: Category
    brand: Brand
    colour: Colour
    colour_word: str
    material: str
    material_factor: float
    size: str
    size_factor: float
    adjective: str
    tier_factor: float
    noun: str
    model: str
    number: int
    feature: str
    feature2: str
    use: str
    other: str
    weight_g: float
    luck: float
    vague: bool
    pieces: int = 1

    @property
    def price(self) -> float:
        """The price in US dollars.

        ``category x brand x material x size x tier x (weight / expected weight)^0.3 x luck``, with
        log-normal luck, times ``pieces^0.9``, rounded to a price tag.
        """
        expected = self.category.weight_g * self.size_factor**1.3
        exact = (
            self.category.price
            * self.brand.factor
            * self.material_factor
            * self.size_factor
            * self.tier_factor
            * (self.weight_g / expected) ** 0.3
            * self.luck
            * self.pieces**0.9
        )
        return _price_tag(exact)


def invent(category: Category, categories: tuple[Category, ...], dice: Dice) -> Facts:
    """Return a new product of `category`; cross-sales name one of `categories`."""
    words = vocabulary()
    phrases = words.phrases
    material, material_factor = dice.pick(category.materials)
    size, size_factor = dice.pick(category.sizes)
    name = dice.pick(category.colours)
    colour = next(colour for colour in words.colours if colour.name == name)
    tier = dice.roll()
    if tier < 0.15:
        adjective, tier_factor = dice.pick(phrases.dear), 1.28
    elif tier < 0.3:
        adjective, tier_factor = dice.pick(phrases.cheap), 0.78
    else:
        adjective, tier_factor = dice.pick(phrases.plain), 1.0
    feature = dice.below(len(category.features))
    step = 1 + dice.below(len(category.features) - 1)
    return Facts(
        category=category,
        brand=dice.pick(words.brands_of(category.department)),
        colour=colour,
        colour_word=dice.pick(colour.words),
        material=material,
        material_factor=material_factor,
        size=size,
        size_factor=size_factor,
        adjective=adjective,
        tier_factor=tier_factor,
        noun=_noun(category, dice),
        model=dice.pick(phrases.model_starts) + dice.pick(phrases.model_ends),
        number=2 + dice.below(98),
        feature=category.features[feature],
        feature2=category.features[(feature + step) % len(category.features)],
        use=dice.pick(category.uses),
        other=dice.pick(dice.pick(categories).nouns),
        weight_g=category.weight_g * size_factor**1.3 * math.exp(0.3 * dice.normal()),
        luck=math.exp(_UNSURE_PRICE * dice.normal()),
        vague=dice.chance(_VAGUE),
    )


def vary(facts: Facts, dice: Dice) -> Facts:
    """Return the same product with a small change: its colour, a pack of two, or one word."""
    kind = dice.roll()
    if kind < 0.4:
        words = vocabulary()
        others = [name for name in facts.category.colours if name != facts.colour.name]
        name = dice.pick(others)
        colour = next(colour for colour in words.colours if colour.name == name)
        return replace(facts, colour=colour, colour_word=dice.pick(colour.words))
    if kind < 0.65:
        return replace(facts, pieces=2, weight_g=facts.weight_g * 2)
    phrases = vocabulary().phrases
    others = [word for word in phrases.plain if word != facts.adjective]
    return replace(facts, adjective=dice.pick(others), number=facts.number + 1)


def _noun(category: Category, dice: Dice) -> str:
    borrowed = dice.chance(_BORROWED_NOUN)
    noun = dice.pick(category.borrowed if borrowed else category.nouns)
    if category.variety is None:
        return noun
    return f"{dice.pick(category.variety.words)} {noun}"


def _price_tag(exact: float) -> float:
    whole = max(1, math.floor(exact))
    cents = 0.99 if whole < 50 else (0.95, 0.0, 0.5, 0.9)[whole % 4]
    return round(whole + cents, 2)
