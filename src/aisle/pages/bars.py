"""Bars and boxes as inline SVG, coloured by the page's style sheet; they flow with its width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aisle.pages.formatting import compact, shorten
from aisle.pages.frame import Frame
from aisle.pages.plot import Tone
from aisle.pages.scales import Axis
from aisle.pages.svg import element, image

_BAR_PITCH = 40
_NAME_COLUMNS = 38


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
