"""Charts as pages carry them: a drawing that needs no script, and a figure to look into."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from markupsafe import Markup

from aisle.pages.data import as_json
from aisle.pages.drawing import svg
from aisle.pages.figures import Figure, figure
from aisle.pages.heat import Heat, heat_figure, short_names, table
from aisle.pages.plot import Plot


def chart(plot: Plot) -> Markup:
    """Return a chart with axes: an SVG, over which a script draws the figure that it carries."""
    size = {"ratio": 1.0 if plot.square else 0.7, "least": 260, "most": 460 if plot.square else 400}
    if plot.columns:
        size |= {"ratio": 0.9, "least": 340, "most": 420}
    return _carried(plot.title, plot.description, svg(plot), figure(plot), size)


def heat_map(heat: Heat) -> Markup:
    """Return a confusion matrix: a table, over which a script draws the figure that it carries."""
    rows = len(heat.names)
    cell = 44 if rows <= 8 else 34 if rows <= 16 else 22
    high = 150 + cell * rows
    size = {"ratio": 0, "least": high, "most": high, "wide": 170 + cell * rows}
    drawn = heat_figure(heat) | {"short": short_names(heat)}
    return _carried(heat.title, heat.description, table(heat), drawn, size)


@cache
def plotting_library() -> str:
    """Return the JavaScript of Plotly, from the package that is installed."""
    package = resources.files("plotly") / "package_data" / "plotly.min.js"
    return package.read_text(encoding="utf-8")


def _carried(
    title: str, description: str, static: Markup, drawn: Figure, size: Mapping[str, float]
) -> Markup:
    carried = {"title": title, "description": description, "size": dict(size), **drawn}
    return Markup(
        '<div class="chart"><div class="static">{}</div>'
        '<script type="application/json">{}</script></div>'
    ).format(static, as_json(carried))
