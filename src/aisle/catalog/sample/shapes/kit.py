"""What every silhouette gets to draw with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aisle.catalog.sample.canvas import RGB, Canvas, Pattern
from aisle.catalog.sample.dice import Dice

STEEL: RGB = (186, 190, 196)
BRASS: RGB = (201, 160, 86)
WOOD: RGB = (186, 140, 92)
DARK: RGB = (46, 46, 52)
PAPER: RGB = (246, 242, 232)
RUBBER: RGB = (58, 58, 62)


@dataclass(frozen=True)
class Paint:
    """The colours of one product: its own, one that goes with it, its metal, and its print."""

    colour: RGB
    accent: RGB
    metal: RGB
    pattern: Pattern | None


Silhouette = Callable[[Canvas, Paint, Dice], None]
"""Draws one product of its kind; the dice decide on its proportions and details."""
