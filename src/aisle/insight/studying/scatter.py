"""Products in a plane: what a script draws to look into, and a drawing for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup

from aisle import pages
from aisle.catalog import Catalog, Role
from aisle.catalog.images import map_images
from aisle.insight.studying.distances import spread
from aisle.insight.studying.results import Picture
from aisle.pages.svg import dots, image

GROUPS = 20
"""Groups that get a colour and a shape of their own, the largest; the others are grey."""

THUMBNAILS = 2_000
"""Products, evenly spread, that are shown with their photograph."""

_SIDE = 64
_WIDE, _HIGH = 700, 440
_MARGIN = 12
_OTHERS = "all others"
_NO_CLASS = "without a class"


@dataclass(frozen=True)
class Grouping:
    """Products by class or by cluster.

    Parameters
    ----------
    key, label
        What the script and what the reader calls it.
    names
        The groups, the largest first; the last may stand for all others.
    places
        The group of each product.
    """

    key: str
    label: str
    names: tuple[str, ...]
    places: tuple[int, ...]

    @property
    def grey(self) -> int | None:
        """Which group is drawn in grey, if any."""
        return len(self.names) - 1 if self.names[-1] in (_OTHERS, _NO_CLASS) else None


def groupings(picture: Picture, target: str | None, names: Sequence[str]) -> tuple[Grouping, ...]:
    """Return the products by class, if there are any, and by cluster.

    Parameters
    ----------
    picture
        The products in a plane.
    target
        The column with the classes, if any.
    names
        What each cluster is called.
    """
    found = []
    if target is not None:
        given = [_NO_CLASS if name is None else str(name) for name in picture.classes]
        found.append(_grouping("class", pages.shorten(target, 24), given))
    clusters = [names[cluster] for cluster in picture.clusters.tolist()]
    found.append(_grouping("cluster", "cluster", clusters))
    return tuple(found)


def _grouping(key: str, label: str, given: list[str]) -> Grouping:
    counts = Counter(given)
    nameless = counts.pop(_NO_CLASS, 0)
    order = sorted(counts, key=lambda name: (-counts[name], name))
    shown = order[:GROUPS]
    if len(order) > GROUPS:
        shown.append(_OTHERS)
    elif nameless:
        shown.append(_NO_CLASS)
    place = {name: at for at, name in enumerate(shown)}
    return Grouping(
        key, label, tuple(shown), tuple(place.get(name, len(shown) - 1) for name in given)
    )


def carried(picture: Picture, catalog: Catalog, shown: Sequence[Grouping]) -> dict[str, Any]:
    """Return what the script of the page draws, as plain data."""
    products = catalog.take(picture.rows)
    texts = products.schema.names(Role.TEXT)
    titles = products.strings(texts[0]) if texts else [None] * len(products)
    return {
        "x": _rounded(picture.places[:, 0]),
        "y": _rounded(picture.places[:, 1]),
        "titles": [
            pages.shorten(title or str(key), 90)
            for title, key in zip(titles, products.ids, strict=True)
        ],
        "photographs": _photographs(products),
        "classes": [
            "" if name is None else pages.shorten(str(name), 60) for name in picture.classes
        ],
        "groupings": [
            {
                "key": one.key,
                "label": one.label,
                "names": [pages.shorten(name, 36) for name in one.names],
                "places": list(one.places),
                "grey": one.grey,
            }
            for one in shown
        ],
    }


def drawing(picture: Picture, grouping: Grouping) -> Markup:
    """Return the products as an inline SVG, a colour a group."""
    low = picture.places.min(axis=0)
    reach = np.maximum(np.ptp(picture.places, axis=0), 1e-9)
    room = np.array([_WIDE - 2 * _MARGIN, _HIGH - 2 * _MARGIN])
    at = _MARGIN + (picture.places - low) / reach * room
    at[:, 1] = _HIGH - at[:, 1]
    places = np.asarray(grouping.places)
    drawn = []
    for group in range(len(grouping.names)):
        own = [(float(x), float(y)) for x, y in at[places == group]]
        colour = "grey" if group == grouping.grey else f"c{group % 10}"
        drawn.append(Markup('<path d="{}" class="cloud {}"/>').format(dots(own), colour))
    sizes = Counter(grouping.places)
    said = "; ".join(
        f"{pages.shorten(name, 40)}: {pages.plural(sizes[group], 'product')}"
        for group, name in enumerate(grouping.names)
    )
    return image(
        f"Products by {grouping.label}", said, drawn, class_="plane", viewBox=f"0 0 {_WIDE} {_HIGH}"
    )


def _photographs(products: Catalog) -> list[str]:
    """Return small photographs as data URIs, empty where there is none; none is fetched."""
    found = [""] * len(products)
    if not products.schema.names(Role.IMAGE):
        return found
    few = spread(len(products), THUMBNAILS)
    references = products.take(few).images()
    read = map_images(references, partial(pages.thumbnail, side=_SIDE), side=_SIDE)
    for row, result in zip(few.tolist(), read, strict=True):
        found[row] = result.value or ""
    return found


def _rounded(values: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]
