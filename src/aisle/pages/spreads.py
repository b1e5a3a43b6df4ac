"""Groups side by side, each a box between its quartiles; they flow with the page's width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aisle.pages.formatting import compact, shorten
from aisle.pages.scales import Axis
from aisle.pages.svg import element, image

_PITCH = 44
_FOOT = 22
_NAME_COLUMNS = 34


@dataclass(frozen=True)
class Spread:
    """One group: its name, the 5th, 25th, 50th, 75th and 95th percentile, and a remark."""

    label: str
    quantiles: tuple[float, ...]
    note: str = ""


def spreads(title: str, items: Sequence[Spread], *, log: bool = False) -> Markup:
    """Return a box for each group on one axis, the name and the median above it.

    Parameters
    ----------
    title
        What the boxes show.
    items
        The groups, the first on top.
    log
        Whether the axis is logarithmic; every quantile is above 0 then.
    """
    low = min(item.quantiles[0] for item in items)
    high = max(item.quantiles[-1] for item in items)
    axis = Axis("", low, high, log=log and low > 0)
    foot = len(items) * _PITCH
    drawn = [
        element("line", x1=at, x2=at, y1=20, y2=foot, class_="grid")
        for at in (_across(axis, value) for value, _ in axis.ticks())
    ]
    drawn += [part for at, item in enumerate(items) for part in _box(item, axis, at * _PITCH)]
    drawn += _ticks(axis, foot)
    said = "; ".join(
        f"{shorten(item.label, 60)}: median {compact(item.quantiles[2])}, "
        f"half between {compact(item.quantiles[1])} and {compact(item.quantiles[3])}"
        for item in items
    )
    return image(title, said, drawn, class_="bars spreads", width="100%", height=foot + _FOOT)


def _across(axis: Axis, value: float) -> str:
    return f"{1 + 98 * axis.place(value):.2f}%"


def _ticks(axis: Axis, foot: int) -> list[Markup]:
    """Label the ticks, as far as they stand apart on a narrow screen."""
    drawn, last = [], -1.0
    for value, label in axis.ticks():
        place = axis.place(value)
        if place - last < 0.13:
            continue
        anchor = "start" if place < 0.05 else "end" if place > 0.95 else "middle"
        x = _across(axis, value)
        drawn.append(element("text", label, x=x, y=foot + 14, text_anchor=anchor, class_="tick"))
        last = place
    return drawn


def _box(item: Spread, axis: Axis, top: int) -> list[Markup]:
    ends = [axis.place(value) for value in item.quantiles]
    low, first, middle, _, high = (_across(axis, value) for value in item.quantiles)
    label = f"\u2068{shorten(item.label, _NAME_COLUMNS)}\u2069"
    note = [element("tspan", f"  {item.note}", class_="note")] if item.note else []
    centre = top + 28
    told = ", ".join(compact(value) for value in item.quantiles)
    return [
        element(
            "g",
            element("title", f"{shorten(item.label, 300)}: 5, 25, 50, 75 and 95%: {told}"),
            element(
                "svg",
                element("text", label, *note, x=0, y=14, class_="name"),
                y=top,
                width="80%",
                height=21,
                overflow="hidden",
            ),
            element(
                "text",
                compact(item.quantiles[2]),
                x="100%",
                y=top + 14,
                text_anchor="end",
                class_="value",
            ),
            element("line", x1=low, x2=high, y1=centre, y2=centre, class_="whisker"),
            element(
                "rect",
                x=first,
                y=centre - 6,
                width=f"{max(98 * (ends[3] - ends[1]), 0.3):.2f}%",
                height=12,
                rx=2,
                class_="box",
            ),
            element("line", x1=middle, x2=middle, y1=centre - 6, y2=centre + 6, class_="curve"),
        )
    ]
