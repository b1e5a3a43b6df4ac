"""A chart with axes as data: drawn as SVG for paper, and as a figure for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aisle.pages.scales import Axis

Tone = Literal["accent", "muted", "warn"]
Place = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """Points of one kind.

    Parameters
    ----------
    name
        What they are.
    places
        Where each lies.
    shape
        ``line`` joins them from the first to the last, ``dots`` does not, ``both`` shows dots on a
        line.
    tone
        Their colour.
    hints
        Each point in words, for those who point at it; empty, or one a point.
    spans
        The vertical interval of each point; empty, or one a point.
    faint
        Which points rest on little; empty, or one a point.
    dashed
        Draw the line dashed.
    """

    name: str
    places: Sequence[Place]
    shape: Literal["line", "dots", "both"] = "dots"
    tone: Tone = "accent"
    hints: Sequence[str] = ()
    spans: Sequence[tuple[float, float]] = ()
    faint: Sequence[bool] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Band:
    """The area between two lines over the same points from left to right."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Mark:
    """A point that is worth naming; without a place it shows once a script gives it one."""

    x: float | None
    y: float | None
    label: str


@dataclass(frozen=True)
class Rule:
    """A horizontal line at a value that was asked for."""

    y: float
    label: str


@dataclass(frozen=True)
class Column:
    """How many products lie between two values of the horizontal axis."""

    low: float
    high: float
    rows: int
    hint: str = ""


@dataclass(frozen=True)
class Plot:
    """A chart with two axes.

    Parameters
    ----------
    title, description
        For readers who cannot see it: what it is, and what it shows.
    x, y
        The axes; what lies outside is drawn at their edge on paper.
    series
        The points; the last lie on top.
    band, mark, rule
        An area, a named point and a named line, if any.
    diagonal
        Draw the line on which x equals y.
    columns
        Counts in a strip below.
    square
        As high as wide.
    zoom
        Let the reader drag a rectangle to see it larger.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    band: Band | None = None
    mark: Mark | None = None
    rule: Rule | None = None
    diagonal: bool = False
    columns: Sequence[Column] = ()
    square: bool = False
    zoom: bool = False
