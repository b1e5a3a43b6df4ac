"""The frame of a chart with axes: where data lie, grid lines, ticks and labels."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from aisle.pages.formatting import shorten
from aisle.pages.scales import Axis
from aisle.pages.svg import element, image

WIDTH = 400
HEIGHT = 300
LEFT = 54
RIGHT = 14
TOP = 14
BOTTOM = 46


class Frame:
    """A drawing area with a horizontal and perhaps a vertical axis.

    Parameters
    ----------
    across
        The horizontal axis.
    up
        The vertical axis; None where height means nothing.
    height
        The height of the whole drawing.
    below
        Room between the plot and the horizontal axis's ticks, for columns of counts.
    """

    def __init__(
        self, across: Axis, up: Axis | None, *, height: int = HEIGHT, below: int = 0
    ) -> None:
        self.across = across
        self.up = up
        self.size = height
        self.top = TOP
        self.bottom = height - BOTTOM - (below + 12 if below else 0)

    def x(self, value: float) -> float:
        """Return where a value lies from left to right."""
        left = LEFT if self.up is not None else RIGHT
        return left + (WIDTH - RIGHT - left) * self.across.place(value)

    def y(self, value: float) -> float:
        """Return where a value lies from top to bottom."""
        place = 0.5 if self.up is None else self.up.place(value)
        return self.bottom - (self.bottom - self.top) * place

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point."""
        return self.x(x), self.y(y)

    def diagonal(self) -> Markup:
        """Draw the line on which both axes have the same value."""
        if self.up is None:
            return Markup("")
        low, high = max(self.across.low, self.up.low), min(self.across.high, self.up.high)
        (x1, y1), (x2, y2) = self.at(low, low), self.at(high, high)
        return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="diagonal")

    def grid(self) -> list[Markup]:
        """Draw grid lines, ticks and the axes' labels."""
        foot = self.size - BOTTOM
        left = LEFT if self.up is not None else RIGHT
        drawn = []
        for value, label in self.across.ticks():
            x = self.x(value)
            drawn.append(element("line", x1=x, x2=x, y1=self.top, y2=foot, class_="grid"))
            drawn.append(
                element("text", label, x=x, y=foot + 16, text_anchor="middle", class_="tick")
            )
        for value, label in self.up.ticks() if self.up is not None else ():
            y = self.y(value)
            drawn.append(element("line", x1=left, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
            drawn.append(
                element("text", label, x=left - 7, y=y + 4, text_anchor="end", class_="tick")
            )
        middle = (left + WIDTH - RIGHT) / 2
        drawn.append(self._label(self.across.label, middle, self.size - 8.0))
        if self.up is not None:
            centre = (self.top + self.bottom) / 2
            turned = f"rotate(-90 10 {centre:.1f})"
            drawn.append(self._label(self.up.label, 10.0, centre + 3, turned))
        return drawn

    def image(self, title: str, description: str, drawn: Sequence[Markup]) -> Markup:
        """Return the whole drawing."""
        return image(title, description, drawn, class_="plot", viewBox=f"0 0 {WIDTH} {self.size}")

    @staticmethod
    def _label(words: str, x: float, y: float, transform: str | None = None) -> Markup:
        return element(
            "text",
            shorten(words, 44),
            x=x,
            y=y,
            text_anchor="middle",
            transform=transform,
            class_="label",
        )
