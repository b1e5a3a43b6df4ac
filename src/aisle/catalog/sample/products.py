"""The rows of the sample catalogue, each made from its own random numbers."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

import pyarrow as pa

from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.facts import Facts, invent, vary
from aisle.catalog.sample.options import SampleOptions
from aisle.catalog.sample.vocabulary import Category, vocabulary
from aisle.catalog.sample.wording import misspell, write_texts

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("description", pa.string()),
        ("brand", pa.string()),
        ("colour", pa.string()),
        ("material", pa.string()),
        ("weight_g", pa.float64()),
        ("price", pa.float64()),
        ("category", pa.string()),
        ("department", pa.string()),
        ("category_path", pa.string()),
        ("image", pa.string()),
        ("created_at", pa.timestamp("s")),
    ]
)

_OPENED = datetime(2023, 1, 9, 8, 0, 0)
_SECONDS_OPEN = 900 * 24 * 3600


class _Purpose(IntEnum):
    """What a row's random numbers are for, so that one option does not disturb another."""

    KINSHIP = 0
    FACTS = 1
    TEXTS = 2
    LABEL = 3
    FAULTS = 4
    CHANGE = 5


@dataclass(frozen=True)
class Look:
    """What a photograph needs to know.

    Parameters
    ----------
    shape
        The silhouette's name, such as ``mug``.
    colour
        Red, green and blue.
    material, brand
        What it is made of, and the name that stands on a logo card.
    key
        Seed and row of the scene; near-duplicates share it.
    nudge
        0, or the row of a near-duplicate, whose scene is moved a trifle.
    variety
        Number of the variety of a composed category, or None.
    """

    shape: str
    colour: tuple[int, int, int]
    material: str
    brand: str
    key: tuple[int, int]
    nudge: int
    variety: int | None


@dataclass(frozen=True)
class Product:
    """One row; missing values are None. `weight_g` is in grams, `price` in US dollars."""

    id: str
    title: str | None
    description: str | None
    brand: str | None
    colour: str | None
    material: str | None
    weight_g: float | None
    price: float
    category: str
    department: str
    category_path: str
    image: str | None
    created_at: datetime
    look: Look


def sample_products(options: SampleOptions) -> Iterator[Product]:
    """Yield the products of a sample catalogue in the order of their ids.

    Row `i` depends on the options and on `i`, not on how many rows are asked for.
    """
    categories = vocabulary().categories[: options.categories]
    ends = list(itertools.accumulate(category.share for category in categories))
    for row in range(options.products):
        yield _product(row, options, categories, ends)


def sample_table(options: SampleOptions | None = None) -> pa.Table:
    """Return the rows of a sample catalogue; no photograph is drawn.

    Parameters
    ----------
    options
        Size, faults and seed; without, the defaults of `SampleOptions`.

    Returns
    -------
    pyarrow.Table
        One row a product, with the columns of `catalog.csv`; missing values are null.
    """
    products = list(sample_products(options or SampleOptions()))
    return pa.table(
        {name: [getattr(product, name) for product in products] for name in SCHEMA.names},
        schema=SCHEMA,
    )


def _product(
    row: int, options: SampleOptions, categories: tuple[Category, ...], ends: list[float]
) -> Product:
    source = _source(row, options)
    dice = Dice(options.seed, source, _Purpose.FACTS)
    true = categories[min(bisect.bisect(ends, dice.roll() * ends[-1]), len(ends) - 1)]
    facts = invent(true, categories, dice)
    if source != row:
        facts = vary(facts, Dice(options.seed, row, _Purpose.CHANGE))
    title, description = write_texts(facts, Dice(options.seed, source, _Purpose.TEXTS))
    label = _label(true, source, options, categories)
    look = Look(
        shape=true.shape,
        colour=facts.colour.rgb,
        material=facts.material,
        brand=facts.brand.name,
        key=(options.seed, source),
        nudge=0 if source == row else row,
        variety=None if true.variety is None else true.variety.number,
    )
    return _with_faults(
        row, options, facts=facts, texts=(title, description), label=label, look=look
    )


def _source(row: int, options: SampleOptions) -> int:
    """Return the row of which `row` is a near-duplicate, or `row` itself."""
    while row > 0:
        dice = Dice(options.seed, row, _Purpose.KINSHIP)
        if not dice.chance(options.near_duplicates):
            break
        row = dice.below(row)
    return row


def _label(
    true: Category, source: int, options: SampleOptions, categories: tuple[Category, ...]
) -> Category:
    dice = Dice(options.seed, source, _Purpose.LABEL)
    if not dice.chance(options.label_noise):
        return true
    others = [category for category in categories if category.name != true.name]
    siblings = [category for category in others if category.department == true.department]
    lookalikes = [category for category in others if category.name == true.lookalike]
    return dice.pick(siblings or lookalikes or others)


def _with_faults(
    row: int,
    options: SampleOptions,
    *,
    facts: Facts,
    texts: tuple[str, str],
    label: Category,
    look: Look,
) -> Product:
    dice = Dice(options.seed, row, _Purpose.FAULTS)
    identifier = f"P{row + 1:06d}"
    title: str | None = texts[0]
    description: str | None = texts[1]
    if dice.chance(0.04):
        title = misspell(texts[0], dice)
    if dice.chance(0.04):
        description = misspell(texts[1], dice)
    lost, both = dice.chance(options.missing_text), dice.chance(1 / 3)
    unseen = dice.chance(options.missing_image) or not options.images
    return Product(
        id=identifier,
        title=None if lost and both else title,
        description=None if lost else description,
        brand=None if dice.chance(0.03) else facts.brand.name,
        colour=None if dice.chance(0.04) else facts.colour.name,
        material=None if dice.chance(0.08) else facts.material,
        weight_g=None if dice.chance(0.12) else float(max(1, round(facts.weight_g))),
        price=facts.price,
        category=label.name,
        department=label.department,
        category_path=f"{label.department} > {label.name}",
        image=None if unseen else f"images/{identifier}.jpg",
        created_at=_OPENED + timedelta(seconds=dice.below(_SECONDS_OPEN)),
        look=look,
    )
