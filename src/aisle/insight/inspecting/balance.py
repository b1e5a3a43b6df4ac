"""How evenly products spread over classes."""

from __future__ import annotations

from dataclasses import dataclass

from aisle.catalog.checks import RARE
from aisle.insight.inspecting.categories import effective_number


@dataclass(frozen=True)
class Balance:
    """How evenly products spread over classes.

    Parameters
    ----------
    largest, smallest
        The products of the largest and the smallest class.
    ratio
        One divided by the other.
    effective
        How many equally large classes would be as varied; see `effective_number`.
    rare
        Classes of fewer than `aisle.catalog.checks.RARE` products.
    half
        So many of the largest classes hold half of the products.
    """

    largest: int
    smallest: int
    ratio: float
    effective: float
    rare: int
    half: int


def balance(classes: tuple[tuple[str, int], ...]) -> Balance | None:
    """Describe classes, given from the largest to the smallest; None without any."""
    if not classes:
        return None
    sizes = [rows for _, rows in classes]
    half, held = 0, 0
    while 2 * held < sum(sizes):
        held += sizes[half]
        half += 1
    return Balance(
        largest=sizes[0],
        smallest=sizes[-1],
        ratio=sizes[0] / sizes[-1],
        effective=effective_number(sizes),
        rare=sum(rows < RARE for rows in sizes),
        half=half,
    )
