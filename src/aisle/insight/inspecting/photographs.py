"""Photographs measured: size, shape, light, sharpness; and the most extreme of them.

Each photograph is read once. What is measured here and the perceptual hash by which near-duplicates
are found come from the same decoded pixels, at the reduced scale at which they are hashed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.catalog.images import ImageResult, decode
from aisle.catalog.images.hashes import SIDE, perceptual_hash
from aisle.catalog.images.jpeg import read_header
from aisle.evaluation.slicing.photographs import light
from aisle.insight.inspecting.distributions import (
    Distribution,
    Floats,
    Spread,
    distribution,
    spreads,
)
from aisle.insight.inspecting.grouping import Grouping
from aisle.progress import Progress, silent

GROUPS = 50
_EXTREMES = 6

MEASURES = {
    "pixels": "Longer side in pixels",
    "shape": "Width divided by height",
    "brightness": "Brightness, 0 black to 1 white",
    "sharpness": "Sharpness, variance of the Laplacian",
    "kilobytes": "File size in kB",
}
"""What is measured, and what it is called."""

_ENDS = {
    "darkest": ("brightness", 1),
    "brightest": ("brightness", -1),
    "most blurred": ("sharpness", 1),
    "sharpest": ("sharpness", -1),
    "smallest": ("pixels", 1),
    "narrowest": ("shape", 1),
    "widest": ("shape", -1),
}


@dataclass(frozen=True)
class Sight:
    """One photograph: its size as shown, its file, its light, and its perceptual hash."""

    width: int
    height: int
    size_bytes: int
    brightness: float
    sharpness: float
    hash: bytes | None


@dataclass(frozen=True)
class Measure:
    """How one measure lies over all photographs, and by group."""

    name: str
    label: str
    distribution: Distribution
    by_group: tuple[Spread, ...]


@dataclass(frozen=True)
class Extreme:
    """The products at one end of a measure, the most extreme first, with their values."""

    name: str
    measure: str
    rows: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Photographs:
    """What was found in the first readable photograph of each product.

    Parameters
    ----------
    products
        Products in all.
    read
        Those with a photograph that could be read.
    most
        The most photographs that one product names.
    measures
        How `MEASURES` lie.
    sizes
        The most frequent widths and heights, with their products.
    extremes
        Products whose photographs stand out; each photograph is named once an end.
    """

    products: int
    read: int
    most: int
    measures: tuple[Measure, ...]
    sizes: tuple[tuple[str, int], ...]
    extremes: tuple[Extreme, ...]


def look(catalog: Catalog, progress: Progress = silent) -> list[ImageResult[Sight]]:
    """Read the first readable photograph of every product, once.

    The catalogue then knows their hashes too, and need not read them again to find near-duplicates.
    """
    if not catalog.schema.names(Role.IMAGE):
        return []
    seen = catalog.map_contents(sight, progress=progress, what="photographs")
    catalog.keep_hashes(
        [ImageResult(None if one.value is None else one.value.hash, one.error) for one in seen]
    )
    return seen


def sight(content: bytes) -> Sight:
    """Measure one encoded photograph.

    Brightness and sharpness are those of `aisle.evaluation.slicing.photographs.light`.

    Raises
    ------
    UnreadableImageError
        If it cannot be decoded.
    """
    pixels = decode(content, side=SIDE)
    height, width = pixels.shape[:2]
    header = read_header(content)
    if header is not None:  # the pixels of a JPEG may be of a reduced scale
        sides = sorted((header.width, header.height))
        width, height = sides if height > width else sides[::-1]
    brightness, sharpness = light(pixels)
    return Sight(
        width=width,
        height=height,
        size_bytes=len(content),
        brightness=brightness,
        sharpness=sharpness,
        hash=perceptual_hash(pixels),
    )


def photographs(
    catalog: Catalog, seen: list[ImageResult[Sight]], grouping: Grouping | None
) -> Photographs | None:
    """Sum up what `look` saw; None where the catalogue has no column of photographs."""
    if not catalog.schema.names(Role.IMAGE):
        return None
    values = _measured(seen)
    named = [len(one) for one in catalog.images()]
    measures = []
    for name, label in MEASURES.items():
        described = distribution(values[name])
        if described is not None:
            by_group = spreads(values[name], grouping, GROUPS)
            measures.append(Measure(name, label, described, by_group))
    return Photographs(
        products=len(catalog),
        read=sum(one.value is not None for one in seen),
        most=max(named, default=0),
        measures=tuple(measures),
        sizes=_sizes(seen),
        extremes=_extremes(values, seen),
    )


def _measured(seen: list[ImageResult[Sight]]) -> dict[str, Floats]:
    nothing = (np.nan,) * len(MEASURES)
    rows = [
        nothing
        if one.value is None
        else (
            float(max(one.value.width, one.value.height)),
            one.value.width / one.value.height,
            one.value.brightness,
            one.value.sharpness,
            one.value.size_bytes / 1000,
        )
        for one in seen
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(MEASURES))
    return {name: table[:, at] for at, name in enumerate(MEASURES)}


def _sizes(seen: list[ImageResult[Sight]]) -> tuple[tuple[str, int], ...]:
    found = Counter(
        f"{one.value.width} × {one.value.height}" for one in seen if one.value is not None
    )
    return tuple(sorted(found.items(), key=lambda size: (-size[1], size[0]))[:8])


def _extremes(values: dict[str, Floats], seen: list[ImageResult[Sight]]) -> tuple[Extreme, ...]:
    """Take both ends of each measure that differs at all; equal pictures count once."""
    keys: list[object] = [
        None if one.value is None else one.value.hash or (row,) for row, one in enumerate(seen)
    ]
    found = []
    for name, (measure, sign) in _ENDS.items():
        column = values[measure]
        rows: npt.NDArray[np.int64] = np.flatnonzero(np.isfinite(column))
        if len(rows) < 2 or np.ptp(column[rows]) == 0:
            continue
        order = rows[np.argsort(sign * column[rows], kind="stable")]
        chosen: dict[object, int] = {}
        for row in order[: 20 * _EXTREMES]:
            chosen.setdefault(keys[row], int(row))
        best = tuple(chosen.values())[:_EXTREMES]
        told = tuple(float(column[row]) for row in best)
        found.append(Extreme(name, measure, best, told))
    return tuple(found)
