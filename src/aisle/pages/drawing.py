"""Charts with axes drawn as SVG: for paper, for mail, and where no script runs.

They are drawn on a canvas 400 units wide, so that their lettering stays readable on a telephone.
"""

from __future__ import annotations

from markupsafe import Markup

from aisle.pages.formatting import compact
from aisle.pages.frame import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Frame
from aisle.pages.plot import Band, Column, Place, Plot, Rule, Series
from aisle.pages.svg import dots, element, path

_STRIP = 44
_CROWD = 60


def svg(plot: Plot) -> Markup:
    """Return a chart with axes as an inline SVG, coloured by the page's style sheet."""
    strip = _STRIP if plot.columns else 0
    height = WIDTH if plot.square else HEIGHT + (strip + 24 if strip else 0)
    frame = Frame(plot.x, plot.y, height=height, below=strip)
    drawn = frame.grid()
    if plot.band is not None:
        drawn.append(_band(frame, plot.band))
    if plot.diagonal:
        drawn.append(frame.diagonal())
    if plot.rule is not None:
        drawn += _rule(frame, plot.rule)
    most = max((column.rows for column in plot.columns), default=1)
    drawn += [_column(frame, column, most) for column in plot.columns]
    for series in plot.series:
        drawn += _series(frame, series)
    if plot.mark is not None and plot.mark.x is not None and plot.mark.y is not None:
        place = frame.at(plot.mark.x, plot.mark.y)
        drawn += _mark(frame, place, plot.mark.label, plot.rule)
    return frame.image(plot.title, plot.description, drawn)


def _band(frame: Frame, band: Band) -> Markup:
    there = [frame.at(x, y) for x, y in zip(band.x, band.high, strict=True)]
    back = [frame.at(x, y) for x, y in zip(band.x, band.low, strict=True)]
    return element("path", d=f"{path([*there, *reversed(back)])}Z", class_="band")


def _rule(frame: Frame, rule: Rule) -> list[Markup]:
    height = frame.y(rule.y)
    return [
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height, class_="rule"),
        element("text", rule.label, x=LEFT + 6, y=height - 5, class_="remark"),
    ]


def _series(frame: Frame, series: Series) -> list[Markup]:
    if not series.places:
        return []
    places = [frame.at(*place) for place in series.places]
    drawn = []
    if series.shape != "dots":
        style = f"curve {series.tone}{' dashed' if series.dashed else ''}"
        drawn.append(element("path", d=path(places), class_=style))
    if series.shape != "line" and len(places) > _CROWD:
        drawn.append(element("path", d=dots(places), class_=f"dots {series.tone}"))
    elif series.shape != "line":
        drawn += [_dot(frame, series, at) for at in range(len(places))]
    return drawn


def _dot(frame: Frame, series: Series, at: int) -> Markup:
    across, height = frame.at(*series.places[at])
    parts = [element("title", series.hints[at])] if series.hints else []
    if series.spans:
        low, high = (frame.y(end) for end in series.spans[at])
        parts.append(element("line", x1=across, x2=across, y1=low, y2=high, class_="whisker"))
    parts.append(element("circle", cx=across, cy=height, r=4.5, class_=f"mark {series.tone}"))
    few = bool(series.faint and series.faint[at])
    return element("g", *parts, class_="few" if few else None)


def _mark(frame: Frame, place: Place, label: str, rule: Rule | None) -> list[Markup]:
    """Draw a named point of a falling line, its name on the side where the line is not."""
    across, height = place
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
            label,
            x=across + (-8 if right else 8),
            y=words,
            text_anchor="end" if right else "start",
            class_="remark strong",
        ),
    ]


def _column(frame: Frame, column: Column, most: int) -> Markup:
    left, right = frame.x(column.low) + 1.5, frame.x(column.high) - 1.5
    foot = frame.size - BOTTOM
    tall = max(1.5, (_STRIP - 14) * column.rows / max(most, 1))
    return element(
        "g",
        element("title", column.hint),
        element("rect", x=left, y=foot - tall, width=right - left, height=tall, class_="column"),
        element(
            "text",
            compact(float(column.rows)),
            x=(left + right) / 2,
            y=foot - tall - 4,
            text_anchor="middle",
            class_="tick",
        ),
    )
