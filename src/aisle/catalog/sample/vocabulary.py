"""The words, categories, brands and colours that the sample catalogue is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# Qualified categories beyond the hand-written ones ("Vintage Mugs"), for tests of scale.
_COMPOSED = 600


@dataclass(frozen=True)
class Variety:
    """What sets a composed category ("Vintage Mugs") apart from its plain one ("Mugs")."""

    number: int
    name: str
    factor: float
    words: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """One leaf category: its words, its price law and its silhouette.

    `materials` and `sizes` are pairs of a word and a price factor; `borrowed` nouns are shared
    with a sibling; `price` is in US dollars, `weight_g` a median.
    """

    name: str
    department: str
    shape: str
    share: float
    price: float
    weight_g: float
    titles: tuple[str, ...]
    lookalike: str
    nouns: tuple[str, ...]
    borrowed: tuple[str, ...]
    materials: tuple[tuple[str, float], ...]
    sizes: tuple[tuple[str, float], ...]
    features: tuple[str, ...]
    uses: tuple[str, ...]
    colours: tuple[str, ...]
    variety: Variety | None = None


@dataclass(frozen=True)
class Brand:
    """A brand, its price factor and the departments it sells in."""

    name: str
    factor: float
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Colour:
    """A colour's plain name, its red, green and blue, and the words that titles use for it."""

    name: str
    rgb: tuple[int, int, int]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Phrases:
    """Sentence patterns that all categories share."""

    plain: tuple[str, ...]
    dear: tuple[str, ...]
    cheap: tuple[str, ...]
    model_starts: tuple[str, ...]
    model_ends: tuple[str, ...]
    vague_titles: tuple[str, ...]
    openings: tuple[str, ...]
    feature_sentences: tuple[str, ...]
    detail_sentences: tuple[str, ...]
    marketing: tuple[str, ...]
    cross_sales: tuple[str, ...]
    price_mentions: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Everything in `vocabulary.yaml`, with the composed categories behind the written ones."""

    categories: tuple[Category, ...]
    brands: tuple[Brand, ...]
    colours: tuple[Colour, ...]
    phrases: Phrases

    def brands_of(self, department: str) -> tuple[Brand, ...]:
        """Return the brands that sell in `department`."""
        return tuple(brand for brand in self.brands if department in brand.departments)


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that ships with the package, read once."""
    source = files("aisle.catalog.sample").joinpath("vocabulary.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    words: dict[str, Any] = yaml.load(source, Loader=loader)
    colours = tuple(
        Colour(name, (entry["rgb"][0], entry["rgb"][1], entry["rgb"][2]), tuple(entry["words"]))
        for name, entry in words["colours"].items()
    )
    # Only the categories that say so come in silver or gold.
    usual = tuple(colour.name for colour in colours if colour.name not in ("silver", "gold"))
    written = [_category(entry, words["titles"], usual) for entry in words["categories"]]
    varieties = [
        Variety(
            number, entry["name"], entry["factor"], tuple(entry["words"]), tuple(entry["phrases"])
        )
        for number, entry in enumerate(words["varieties"])
    ]
    return Vocabulary(
        categories=tuple(written + _composed(written, varieties)),
        brands=tuple(
            Brand(entry["name"], entry["factor"], tuple(entry["departments"]))
            for entry in words["brands"]
        ),
        colours=colours,
        phrases=_phrases(words),
    )


def _category(
    entry: dict[str, Any], titles: dict[str, list[str]], usual: tuple[str, ...]
) -> Category:
    return Category(
        name=entry["name"],
        department=entry["department"],
        shape=entry["shape"],
        share=entry["share"],
        price=entry["price"],
        weight_g=entry["weight_g"],
        titles=tuple(titles[entry["titles"]]),
        lookalike=entry["lookalike"],
        nouns=tuple(entry["nouns"]),
        borrowed=tuple(entry["borrowed"]),
        materials=tuple(entry["materials"].items()),
        sizes=tuple(entry["sizes"].items()),
        features=tuple(entry["features"]),
        uses=tuple(entry["uses"]),
        colours=tuple(entry.get("colours", usual)),
    )


def _composed(written: list[Category], varieties: list[Variety]) -> list[Category]:
    composed = [
        replace(
            base,
            name=f"{variety.name} {base.name}",
            lookalike=base.name,
            price=base.price * variety.factor,
            # A mild imbalance that repeats every seven categories.
            share=base.share * (0.6 + 0.1 * ((number + variety.number) % 7)),
            variety=variety,
        )
        for variety in varieties
        for number, base in enumerate(written)
    ]
    return composed[:_COMPOSED]


def _phrases(words: dict[str, Any]) -> Phrases:
    adjectives = words["adjectives"]
    return Phrases(
        plain=tuple(adjectives["plain"]),
        dear=tuple(adjectives["dear"]),
        cheap=tuple(adjectives["cheap"]),
        model_starts=tuple(words["model_starts"]),
        model_ends=tuple(words["model_ends"]),
        vague_titles=tuple(words["vague_titles"]),
        openings=tuple(words["openings"]),
        feature_sentences=tuple(words["feature_sentences"]),
        detail_sentences=tuple(words["detail_sentences"]),
        marketing=tuple(words["marketing"]),
        cross_sales=tuple(words["cross_sales"]),
        price_mentions=tuple(words["price_mentions"]),
    )
