"""A histogram as an inline SVG that needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from aisle.pages.formatting import compact, plural
from aisle.pages.frame import Frame
from aisle.pages.scales import Axis
from aisle.pages.svg import element

_HEIGHT = 230


def histogram(
    title: str,
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    label: str,
    log: bool = False,
    middle: float | None = None,
) -> Markup:
    """Return how many products lie between one edge and the next.

    Parameters
    ----------
    title
        What it shows.
    edges
        Rising; one more than `counts`. Above 0 on a logarithmic axis.
    counts
        Products between them.
    label
        What the horizontal axis shows.
    log
        Whether that axis is logarithmic.
    middle
        The median, marked by a line.
    """
    across = Axis(f"{label} (logarithmic)" if log else label, edges[0], edges[-1], log=log)
    most = max(counts, default=0)
    frame = Frame(across, Axis("products", 0.0, float(max(most, 1))), height=_HEIGHT)
    drawn = frame.grid()
    for (low, high), rows in zip(pairwise(edges), counts, strict=True):
        if rows:
            drawn.append(_bin(frame, low, high, rows))
    said = f"from {compact(edges[0])} to {compact(edges[-1])}"
    if middle is not None and edges[0] <= middle <= edges[-1]:
        x = frame.x(middle)
        drawn.append(element("line", x1=x, x2=x, y1=frame.top, y2=frame.bottom, class_="middle"))
        said += f", the median {compact(middle)}"
    return frame.image(title, said, drawn)


def _bin(frame: Frame, low: float, high: float, rows: int) -> Markup:
    left, right, top = frame.x(low), frame.x(high), frame.y(float(rows))
    gap = 0.75 if right - left > 4 else 0.0
    return element(
        "g",
        element("title", f"{compact(low)} to {compact(high)}: {plural(rows, 'product')}"),
        element(
            "rect",
            x=left + gap,
            y=min(top, frame.bottom - 1),
            width=max(right - left - 2 * gap, 0.5),
            height=max(frame.bottom - top, 1.0),
            class_="bin",
        ),
    )
