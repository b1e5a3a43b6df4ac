"""Cutting a catalogue into parts: by what products say of themselves, and how well they show it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.evaluation.slicing.photographs import photograph_measures
from aisle.pages.formatting import number
from aisle.progress import Progress

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

FREQUENT = 20
"""How many values of a column are looked at, the most frequent ones."""

BANDS = 4
"""Into how many bands of equally many products numbers are cut."""

MISSING = "missing"

_LETTERS = 200


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the products: what is cut by, which piece it is, and who belongs, bool (rows,)."""

    slice: str
    value: str
    members: Bools


def parts(
    products: Catalog, present: Sequence[Sequence[str]], least: int, progress: Progress
) -> list[Part]:
    """Cut products in every way; a piece and what it leaves have `least` products at least.

    Parameters
    ----------
    products
        The catalogue, with the roles that the model gives its columns.
    present
        The modalities that each product has.
    least
        The fewest products of a part that is worth a look.
    progress
        Called while photographs are read.
    """
    cut = [
        *_by_category(products),
        *_by_number(products),
        *_by_text(products),
        *_by_photograph(products, progress),
        *by_value("modalities", ["+".join(names) or "none" for names in present]),
    ]
    rows = len(products)
    return [part for part in cut if least <= part.members.sum() <= rows - least]


def by_value(name: str, values: Sequence[str | None]) -> list[Part]:
    """Return the most frequent values of a column, and the products that have none."""
    tidy = np.array(
        [*(None if v is None else " ".join(v.split()) for v in values), None], dtype=object
    )[:-1]
    known = Counter(value for value in tidy if value is not None)
    frequent = sorted(known.items(), key=lambda item: (-item[1], item[0]))[:FREQUENT]
    found = [Part(name, value, np.asarray(tidy == value)) for value, _ in frequent]
    missing = np.array([value is None for value in tidy], dtype=np.bool_)
    return [*found, Part(name, MISSING, missing)]


def by_band(name: str, values: Floats, unit: str = "") -> list[Part]:
    """Cut numbers at their quantiles into bands, and set apart the products that have none."""
    known = np.isfinite(values)
    absent = Part(name, MISSING, ~known)
    if not known.any():
        return [absent]
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BANDS + 1)))
    if len(edges) < 3:
        return [absent]
    band = np.full(len(values), -1)
    inside = np.searchsorted(edges, values[known], side="right") - 1
    band[known] = np.clip(inside, 0, len(edges) - 2)
    found = []
    for at in range(len(edges) - 1):
        own = values[band == at]
        if len(own):
            low, high = number(float(own.min())), number(float(own.max()))
            told = low if low == high else f"{low} to {high}"
            found.append(Part(name, f"{told}{unit}", band == at))
    return [*found, absent]


def _by_category(products: Catalog) -> Iterator[Part]:
    for name in products.schema.names(Role.CATEGORY):
        yield from by_value(name, products.strings(name))


def _by_number(products: Catalog) -> Iterator[Part]:
    for name in products.schema.names(Role.NUMBER):
        yield from by_band(name, products.numbers(name))


def _by_text(products: Catalog) -> Iterator[Part]:
    if not products.schema.names(Role.TEXT):
        return
    texts = products.texts()
    lengths = [float(len(text.split())) or np.nan for text in texts]
    yield from by_band("text length", np.array(lengths, dtype=np.float64), " words")
    yield from by_value("writing", [script_of(text) for text in texts])


def _by_photograph(products: Catalog, progress: Progress) -> Iterator[Part]:
    if not products.schema.names(Role.IMAGE):
        return
    seen = photograph_measures(products, progress, hashed=products.known_groups is None)
    shades = np.round(100 * seen.brightness, 1)
    yield from by_band("photograph brightness", shades, "%")
    # photographs that are missing are one part, however many measures they lack
    for name, values, unit in (
        ("photograph sharpness", seen.sharpness, ""),
        ("photograph size", seen.pixels, " pixels"),
    ):
        yield from (part for part in by_band(name, values, unit) if part.value != MISSING)


def script_of(text: str) -> str | None:
    """Return the script that most letters of a text are of, such as ``latin``; None without any.

    Examples
    --------
    >>> script_of("Blue mug, 30 cl"), script_of("Синяя кружка"), script_of("30 x 60")
    ('latin', 'cyrillic', None)
    """
    found = Counter(script for letter in text[:_LETTERS] if (script := _script(letter)))
    return found.most_common(1)[0][0] if found else None


@lru_cache(maxsize=4096)
def _script(letter: str) -> str | None:
    return unicodedata.name(letter, "").split(" ")[0].lower() if letter.isalpha() else None
