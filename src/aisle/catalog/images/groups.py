"""Products that share their photograph: the same picture, or one that is nearly the same.

Two photographs are near-duplicates if, of the bits that either hash sets, at least five in six are
set in both; or seven in eight for the content without its margins. Measured on copies of 1,018
photographs of Flipkart and Best Buy: found are 99 to 100 % of those rescaled (down to a third),
recompressed (to quality 30) or changed in format, 93 % of those with a hundredth cropped off every
side, 96 % of those padded to a square, 95 % of those given a white border of a twentieth. Of
547,581 pairs of Flipkart products no two different photographs are joined; the nearest look-alikes,
designs mounted on the photograph of one laptop, share four in five. Equal difference hashes
(Krawetz, Kind of like that, 2013) find 34 to 53 % of the same rescaled and recompressed copies, and
join one in five pairs of drawn T-shirts that differ in a small print, this joins one in a thousand.

Colour is not looked at, so the colours of one product are joined where they are one photograph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from aisle.catalog.duplicates import LARGEST_SHARE, SMALLEST_LIMIT, Groups, renumbered
from aisle.catalog.images.hashes import HASH_BYTES, SIDE, perceptual_hash
from aisle.catalog.images.near_hashes import near_groups
from aisle.catalog.images.reading import Fetch, ImageResult, map_images
from aisle.catalog.images.references import ImageReference
from aisle.progress import Progress, silent

WHOLE = 6
"""Whole pictures are near if at most one in so many of their bits is set in one alone."""

CONTENT = 8
"""The same for pictures without their margins, which leave fewer ways to differ."""

SAME = 20
"""The same for one picture encoded twice, into which groups too large to believe are cut."""

LARGEST_ROOT = 10.0
"""In a large catalogue the limit is this times the square root of its rows."""


@dataclass(frozen=True)
class PhotographGroups:
    """Which products share a photograph.

    Parameters
    ----------
    groups
        Group number, int64 (rows,), counted from 0 in the order of first appearance. A product
        without a photograph that tells something is alone.
    placeholder
        bool (rows,): the photograph is one that too many products share to show any of them.
    """

    groups: Groups
    placeholder: npt.NDArray[np.bool_]


def photograph_hashes(
    images: Sequence[tuple[ImageReference, ...]],
    *,
    fetch: Fetch | None = None,
    progress: Progress = silent,
) -> list[ImageResult[bytes | None]]:
    """Hash the first readable photograph of every product.

    Parameters
    ----------
    images
        The references of every product.
    fetch
        Gets what lies at an address; None leaves addresses alone.
    progress
        Told how many products are done.

    Returns
    -------
    list of ImageResult
        One a product, in order; its value is a `perceptual_hash`, None for a blank photograph.
    """
    return map_images(
        images, perceptual_hash, side=SIDE, fetch=fetch, progress=progress, what="photographs"
    )


def image_groups(hashes: Sequence[bytes | None]) -> Groups:
    """Group products whose photographs are the same or nearly the same; see `grouped`.

    Parameters
    ----------
    hashes
        The hash of each product's photograph; None where there is none that tells something.

    Returns
    -------
    numpy.ndarray
        Group number, int64 (rows,).
    """
    return grouped(hashes).groups


def grouped(hashes: Sequence[bytes | None]) -> PhotographGroups:
    """Group products by photograph, and say which photographs are placeholders.

    Nearness chains: if A is near B and B near C, all three are one group. A group is too large if
    it has more than `SMALLEST_LIMIT` rows and more than `LARGEST_SHARE` of all (from 10,000 rows
    on `LARGEST_ROOT` times their square root, since a shop of a million sells no photograph of
    100,000 products). It is cut into what is the same picture, encoded anew at most: mock-ups with
    different prints fall apart. What is too large still is a placeholder ("image coming soon"),
    whose products are each alone.

    Parameters
    ----------
    hashes
        The hash of each product's photograph; None where there is none that tells something.
    """
    rows = len(hashes)
    seen = np.array([row for row, value in enumerate(hashes) if value is not None], dtype=np.int64)
    groups = np.arange(rows, dtype=np.int64)
    placeholder = np.zeros(rows, dtype=bool)
    if len(seen):
        table = np.frombuffer(b"".join(value for value in hashes if value is not None), np.uint8)
        found, crowd = _grouped(table.reshape(-1, HASH_BYTES), _limit(rows))
        placeholder[seen] = crowd
        groups[seen[~crowd]] = rows + found[~crowd]
    return PhotographGroups(renumbered(groups), placeholder)


def _grouped(table: npt.NDArray[np.uint8], limit: float) -> tuple[Groups, npt.NDArray[np.bool_]]:
    """Group hashes, uint8 (rows, `HASH_BYTES`), and say which stand in a group above the limit."""
    whole_rows = table.view(f"V{HASH_BYTES}").ravel()
    distinct, equal, copies = np.unique(whole_rows, return_inverse=True, return_counts=True)
    pictures = distinct.view(np.uint8).reshape(-1, HASH_BYTES)
    near = near_groups(pictures, whole=WHOLE, content=CONTENT)
    for group in np.flatnonzero(np.bincount(near, weights=copies) > limit):
        members = np.flatnonzero(near == group)
        near[members] = near.max() + 1 + near_groups(pictures[members], whole=SAME, content=SAME)
    crowd = np.bincount(near, weights=copies)[near] > limit
    return near[equal], crowd[equal]


def _limit(rows: int) -> float:
    return max(SMALLEST_LIMIT, min(LARGEST_SHARE * rows, LARGEST_ROOT * sqrt(rows)))
