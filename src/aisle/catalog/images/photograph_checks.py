"""What hashing the photographs shows of a catalogue: unreadable, blank, shared, or no photographs.

It completes `image_problems`, which looks at headers alone: a photograph whose header is broken
cannot be decoded either, so where photographs are hashed its ``broken-image`` is not needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from aisle.catalog.images.groups import PhotographGroups
from aisle.catalog.images.reading import ImageResult
from aisle.catalog.images.references import ImageReference
from aisle.catalog.problem import Problem

_SAID_ELSEWHERE = ("there is no such file", "an address, which was not fetched")
_SHOWN = 10


def photograph_problems(
    images: Sequence[tuple[ImageReference, ...]],
    results: Sequence[ImageResult[bytes | None]],
    groups: PhotographGroups,
) -> tuple[Problem, ...]:
    """Say which photographs cannot be decoded, are blank, are shared, or show no product.

    Files that do not exist, and addresses where nothing was fetched, are left to `image_problems`.

    Parameters
    ----------
    images
        The references of every product.
    results
        What `photograph_hashes` returned for them.
    groups
        What `grouped` returned for these hashes.

    Returns
    -------
    tuple of Problem
        Of the kinds ``broken-image``, ``blank-image``, ``placeholder-image`` and
        ``duplicate-image``, each at most once; `rows` counts products.
    """
    found = (
        _broken(results),
        _blank(images, results),
        _placeholders(groups),
        _duplicates(groups),
    )
    return tuple(problem for problem in found if problem is not None)


def _broken(results: Sequence[ImageResult[bytes | None]]) -> Problem | None:
    causes: Counter[str] = Counter()
    rows: list[int] = []
    for row, result in enumerate(results):
        told = {cause.partition(":")[0] for cause in _causes(result.error)}
        causes.update(told)
        if told:
            rows.append(row)
    if not rows:
        return None
    most = ", ".join(f"{count:,} x {cause}" for cause, count in causes.most_common(5))
    message = (
        f"{_of(len(rows), len(results))} a photograph that cannot be used: {most} "
        f"(row {rows[0]}: {results[rows[0]].error}); replace these"
    )
    return Problem("broken-image", len(rows), message, tuple(rows[:_SHOWN]))


def _causes(error: str | None) -> list[str]:
    """Return why photographs could not be read, without names and what is told elsewhere."""
    causes = (piece.partition(": ")[2] for piece in (error or "").split("; "))
    return [cause for cause in causes if cause and not cause.startswith(_SAID_ELSEWHERE)]


def _blank(
    images: Sequence[tuple[ImageReference, ...]], results: Sequence[ImageResult[bytes | None]]
) -> Problem | None:
    rows = [
        row
        for row, (product, result) in enumerate(zip(images, results, strict=True))
        if product and result.value is None and result.error is None
    ]
    if not rows:
        return None
    message = (
        f"{_of(len(rows), len(results))} a photograph that is blank or nearly so, such as row "
        f"{rows[0]}; it tells nothing: replace it, or leave it out"
    )
    return Problem("blank-image", len(rows), message, tuple(rows[:_SHOWN]))


def _placeholders(groups: PhotographGroups) -> Problem | None:
    rows = np.flatnonzero(groups.placeholder)
    if not len(rows):
        return None
    message = (
        f"{_of(len(rows), len(groups.groups))} a picture that too many others have, such as row "
        f"{rows[0]}: a placeholder (“image coming soon”), most likely. It is no sign that products "
        "are the same; leave it out, so that it is learned as a missing photograph"
    )
    return Problem("placeholder-image", len(rows), message, tuple(rows[:_SHOWN].tolist()))


def _duplicates(groups: PhotographGroups) -> Problem | None:
    sizes = np.bincount(groups.groups)
    rows = np.flatnonzero(sizes[groups.groups] > 1) if len(sizes) else np.empty(0, dtype=np.int64)
    if not len(rows):
        return None
    twin = np.flatnonzero(groups.groups == groups.groups[rows[0]])[1]
    shared = int((sizes > 1).sum())
    message = (
        f"{_of(len(rows), len(groups.groups))} the same photograph as another, or nearly the same "
        f"({shared:,} {'group' if shared == 1 else 'groups'}, the largest with "
        f"{int(sizes.max()):,}; rows {rows[0]} and {twin}, for one); they stay together when rows "
        "are split, so that no model is tested on a photograph it has seen"
    )
    return Problem("duplicate-image", len(rows), message, tuple(rows[:_SHOWN].tolist()))


def _of(count: int, rows: int) -> str:
    return f"{count:,} of {rows:,} products {'has' if count == 1 else 'have'}"
