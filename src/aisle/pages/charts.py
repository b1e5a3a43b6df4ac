"""Small charts as inline SVG: pure functions of their data, coloured by the page's style sheet.

Bars flow with the page's width. Charts with axes are drawn on a canvas 400 units wide, so that
their lettering stays readable on a telephone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from aisle.pages.formatting import compact, plural, shorten
from aisle.pages.frame import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Frame
from aisle.pages.scales import Axis
from aisle.pages.svg import dots, element, image, path

Tone = Literal["accent", "muted", "warn"]

_BAR_PITCH = 40
_NAME_COLUMNS = 38
_FEW = 10


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its value (None: a dash alone), the value in words, and a remark.

    `low` and `high` draw an interval around its end.
    """

    label: str
    value: float | None
    shown: str
    note: str = ""
    low: float | None = None
    high: float | None = None
    tone: Tone = "accent"


@dataclass(frozen=True)
class Bin:
    """Products of similar confidence: how many, how sure, how often right, and the interval."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True)
class Points:
    """Points of one kind in a scatter plot."""

    name: str
    places: Sequence[tuple[float, float]]
    tone: Tone = "accent"


@dataclass(frozen=True)
class Mark:
    """A point of a line that is worth naming."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Rule:
    """A horizontal line at a value that was asked for."""

    y: float
    label: str


def bars(title: str, items: Sequence[Bar], *, maximum: float | None = None) -> Markup:
    """Return horizontal bars, each under its name and value.

    Parameters
    ----------
    title
        What the bars show.
    items
        The bars, the first on top.
    maximum
        The value of a full bar; the largest value or interval when left out.
    """
    known = [value for bar in items for value in (bar.value, bar.high) if _finite(value)]
    full = maximum or max((value for value in known if value is not None), default=0.0)
    drawn = [part for at, bar in enumerate(items) for part in _bar(bar, at * _BAR_PITCH, full)]
    said = "; ".join(
        f"{shorten(bar.label, 60)}: {bar.shown}{f' ({bar.note})' if bar.note else ''}"
        for bar in items
    )
    return image(
        title, said, drawn, class_="bars", width="100%", height=max(1, len(items)) * _BAR_PITCH
    )


def _bar(bar: Bar, top: int, full: float) -> list[Markup]:
    def across(value: float) -> str:
        return f"{100 * min(max(value / full, 0.0), 1.0) if full > 0 else 0.0:.2f}%"

    # a first strong isolate keeps a right-to-left name from turning the remark after it around
    label = f"\u2068{shorten(bar.label, _NAME_COLUMNS)}\u2069"
    note = [element("tspan", f"  {bar.note}", class_="note")] if bar.note else []
    parts = [
        element("title", f"{shorten(bar.label, 300)}: {bar.shown}"),
        element(
            "svg",
            element("text", label, *note, x=0, y=14, class_="name"),
            y=top,
            width="80%",
            height=21,
            overflow="hidden",
        ),
        element("text", bar.shown, x="100%", y=top + 14, text_anchor="end", class_="value"),
        element("rect", x=0, y=top + 22, width="100%", height=6, rx=3, class_="track"),
    ]
    if bar.value is not None and _finite(bar.value) and bar.value > 0:
        width = across(bar.value)
        parts.append(
            element("rect", x=0, y=top + 22, width=width, height=6, rx=3, class_=f"bar {bar.tone}")
        )
    if bar.low is not None and bar.high is not None:
        low, high, middle = across(bar.low), across(bar.high), top + 25
        parts.append(element("line", x1=low, x2=high, y1=middle, y2=middle, class_="interval"))
        parts += [
            element("line", x1=end, x2=end, y1=middle - 5, y2=middle + 5, class_="interval")
            for end in (low, high)
        ]
    return [element("g", *parts)]


def line(
    title: str,
    description: str,
    places: Sequence[tuple[float, float]],
    *,
    x: Axis,
    y: Axis,
    mark: Mark | None = None,
    rule: Rule | None = None,
) -> Markup:
    """Return a line through points, with a value asked for and a point chosen, if any.

    Parameters
    ----------
    title, description
        For readers who cannot see it.
    places
        The points, from left to right.
    x, y
        The axes; what lies outside is drawn at their edge.
    mark
        A point to name.
    rule
        A horizontal line to name.
    """
    frame = Frame(x, y)
    drawn = frame.grid()
    if rule is not None:
        height = frame.y(rule.y)
        drawn.append(
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height, class_="rule")
        )
        drawn.append(element("text", rule.label, x=LEFT + 6, y=height - 5, class_="remark"))
    if places:
        drawn.append(element("path", d=path(frame.at(*place) for place in places), class_="curve"))
    if mark is not None:
        drawn += _mark(frame, mark, rule)
    return frame.image(title, description, drawn)


def _mark(frame: Frame, mark: Mark, rule: Rule | None) -> list[Markup]:
    """Draw a named point of a falling line, its name on the side where the line is not."""
    across, height = frame.at(mark.x, mark.y)
    right = across > (LEFT + WIDTH - RIGHT) / 2
    below = (right or height < frame.top + 24) and height < frame.bottom - 30
    words = height + (26 if below else -10)
    if rule is not None and abs(words - frame.y(rule.y) + 5) < 18:
        words = frame.y(rule.y) + 18
    return [
        element("line", x1=across, x2=across, y1=height, y2=frame.bottom, class_="drop"),
        element("circle", cx=across, cy=height, r=5, class_="mark"),
        element(
            "text",
            mark.label,
            x=across + (-8 if right else 8),
            y=words,
            text_anchor="end" if right else "start",
            class_="remark strong",
        ),
    ]


def scatter(
    title: str,
    description: str,
    groups: Sequence[Points],
    *,
    x: Axis,
    y: Axis,
    diagonal: bool = False,
) -> Markup:
    """Return points by kind, and the diagonal where both axes show the same.

    Parameters
    ----------
    title, description
        For readers who cannot see it.
    groups
        The points; the last lie on top.
    x, y
        The axes; what lies outside is drawn at their edge.
    diagonal
        Draw the line on which x equals y.
    """
    frame = Frame(x, y, height=WIDTH)
    drawn = frame.grid()
    if diagonal:
        drawn.append(frame.diagonal())
    for group in groups:
        places = (frame.at(*place) for place in group.places)
        drawn.append(element("path", d=dots(places), class_=f"dots {group.tone}"))
    return frame.image(title, description, drawn)


def reliability(title: str, bins: Sequence[Bin]) -> Markup:
    """Return a reliability diagram: how often right against how sure, and counts below.

    Parameters
    ----------
    title
        What it shows.
    bins
        The filled bins, from the least to the most confident.
    """
    strip = 44
    share = Axis("Share that is right", 0.0, 1.0, percent=True)
    sure = Axis("Confidence", 0.0, 1.0, percent=True)
    frame = Frame(sure, share, height=HEIGHT + strip + 24, below=strip)
    most = max((bin.rows for bin in bins), default=1)
    drawn = [*frame.grid(), frame.diagonal()]
    for bin in bins:
        drawn.append(_bin(frame, bin, most, strip))
    said = "; ".join(
        f"confidence {bin.low:.0%} to {bin.high:.0%}: {plural(bin.rows, 'product')}, "
        f"{bin.accuracy:.1%} right"
        for bin in bins
    )
    return frame.image(title, said, drawn)


def _bin(frame: Frame, bin: Bin, most: int, strip: int) -> Markup:
    across, height = frame.at(bin.confidence, bin.accuracy)
    left, right = frame.x(bin.low) + 1.5, frame.x(bin.high) - 1.5
    foot = frame.size - BOTTOM
    tall = max(1.5, (strip - 14) * bin.rows / most)
    ends = [frame.y(bin.accuracy_low), frame.y(bin.accuracy_high)]
    words = f"confidence {bin.low:.0%} to {bin.high:.0%}: {plural(bin.rows, 'product')}"
    return element(
        "g",
        element("title", f"{words}, {bin.accuracy:.1%} right"),
        element("rect", x=left, y=foot - tall, width=right - left, height=tall, class_="column"),
        element(
            "text",
            compact(float(bin.rows)),
            x=(left + right) / 2,
            y=foot - tall - 4,
            text_anchor="middle",
            class_="tick",
        ),
        element(
            "g",
            element("line", x1=across, x2=across, y1=ends[0], y2=ends[1], class_="whisker"),
            element("circle", cx=across, cy=height, r=4.5, class_="mark"),
            class_="few" if bin.rows < _FEW else None,
        ),
    )


def box(title: str, quantiles: Sequence[float], *, label: str) -> Markup:
    """Return a box plot of minimum, quartiles and maximum, logarithmic where all are above 0.

    Parameters
    ----------
    title
        What it shows.
    quantiles
        The five numbers, rising.
    label
        What the axis shows.
    """
    low, first, middle, third, high = quantiles
    log = low > 0 and high / low > 20
    axis = Axis(f"{label} (logarithmic)" if log else label, low, high, log=log)
    frame = Frame(axis, None, height=118)
    centre = 42.0
    ends = [frame.x(value) for value in (low, first, middle, third, high)]
    drawn = [
        *frame.grid(),
        element("line", x1=ends[0], x2=ends[4], y1=centre, y2=centre, class_="whisker"),
        *(
            element("line", x1=end, x2=end, y1=centre - 8, y2=centre + 8, class_="whisker")
            for end in (ends[0], ends[4])
        ),
        element(
            "rect",
            x=ends[1],
            y=centre - 18,
            width=max(1.0, ends[3] - ends[1]),
            height=36,
            rx=3,
            class_="box",
        ),
        element("line", x1=ends[2], x2=ends[2], y1=centre - 18, y2=centre + 18, class_="curve"),
    ]
    said = (
        f"minimum {compact(low)}, lower quartile {compact(first)}, median {compact(middle)}, "
        f"upper quartile {compact(third)}, maximum {compact(high)}"
    )
    return frame.image(title, said, drawn)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
