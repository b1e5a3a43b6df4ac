"""Charts with axes as Plotly figures: plain data that a script in the page draws.

A colour is the name of a variable of the style sheet, such as ``--accent``, which that script
looks up, so that a chart follows the page's theme. Figures are JSON in the end; importing
``plotly.graph_objects`` to write it would take 0.3 s and 35 MB.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from aisle.pages.plot import Band, Column, Plot, Series, Tone
from aisle.pages.scales import Axis

Figure = dict[str, Any]
"""A Plotly figure: ``data`` and ``layout``, as in Plotly's reference."""

_COLOURS: dict[Tone, str] = {
    "accent": "--accent",
    "muted": "--strong-line",
    "warn": "--warn-fill",
}
_NO_LABEL = "<extra></extra>"
_CROWD = 60


def figure(plot: Plot) -> Figure:
    """Return a chart with axes as a Plotly figure.

    The trace of its mark and that of its rule are called so in ``meta``, for scripts that move
    them.
    """
    traces = [
        *(_band(plot.band) if plot.band is not None else ()),
        *([_diagonal(plot)] if plot.diagonal else ()),
        *([_columns(plot.columns)] if plot.columns else ()),
        *([_rule(plot)] if plot.rule is not None else ()),
        *(_series(series) for series in plot.series if series.places),
        *([_mark(plot)] if plot.mark is not None else ()),
    ]
    layout: Figure = {
        "xaxis": _axis(plot.x, zoom=plot.zoom),
        "yaxis": _axis(plot.y, zoom=plot.zoom),
        "dragmode": "zoom" if plot.zoom else False,
    }
    if plot.columns:
        most = max(column.rows for column in plot.columns)
        layout["yaxis"]["domain"] = [0.27, 1]
        layout["yaxis2"] = {
            "domain": [0, 0.17],
            "range": [0, most * 1.45],
            "visible": False,
            "fixedrange": True,
        }
        layout["xaxis"]["anchor"] = "y2"
    return {"data": traces, "layout": layout}


def plain(text: str) -> str:
    """Return a text in which Plotly finds no markup; line breaks become its own."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\n", "<br>")


def _axis(axis: Axis, *, zoom: bool) -> Figure:
    ends = [axis.low, axis.high] if axis.high > axis.low else [axis.low - 1, axis.low + 1]
    described: Figure = {
        "title": {"text": plain(axis.label)},
        "range": [math.log10(end) for end in ends] if axis.log else ends,
        "fixedrange": not zoom,
    }
    if axis.log:
        described["type"] = "log"
    if zoom:
        return described | ({"dtick": 1, "tickformat": "~s"} if axis.log else {})
    ticks = axis.ticks()
    return described | {
        "tickvals": _rounded(value for value, _ in ticks),
        "ticktext": [label for _, label in ticks],
    }


def _series(series: Series) -> Figure:
    colour = _COLOURS[series.tone]
    crowded = series.shape != "line" and len(series.places) > _CROWD
    trace: Figure = {
        "type": "scatter",
        "mode": {"line": "lines", "dots": "markers", "both": "lines+markers"}[series.shape],
        "name": plain(series.name),
        "x": _rounded(x for x, _ in series.places),
        "y": _rounded(y for _, y in series.places),
        "cliponaxis": False,
        "line": {"color": colour, "width": 2.25, "dash": "dash" if series.dashed else "solid"},
        "marker": {
            "color": colour,
            "size": 6 if crowded else 9,
            "opacity": 0.55 if crowded else 1,
            "line": {"color": "--paper", "width": 0 if crowded else 1.5},
        },
    }
    if series.faint:
        trace["marker"]["opacity"] = [0.4 if few else 1 for few in series.faint]
    if series.spans:
        ends = list(zip(series.places, series.spans, strict=True))
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": _rounded(high - y for (_, y), (_, high) in ends),
            "arrayminus": _rounded(y - low for (_, y), (low, _) in ends),
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        }
    return trace | _hints(series.hints)


def _hints(hints: Iterable[str]) -> Figure:
    told = [plain(hint) for hint in hints]
    if not told:
        return {"hoverinfo": "skip"}
    return {"customdata": told, "hovertemplate": f"%{{customdata}}{_NO_LABEL}"}


def _band(band: Band) -> list[Figure]:
    edge: Figure = {
        "type": "scatter",
        "mode": "lines",
        "x": _rounded(band.x),
        "line": {"width": 0, "color": "--accent"},
        "hoverinfo": "skip",
    }
    filled = {"fill": "tonexty", "fillcolor": "--band"}
    return [edge | {"y": _rounded(band.low)}, edge | {"y": _rounded(band.high)} | filled]


def _diagonal(plot: Plot) -> Figure:
    ends = _rounded((max(plot.x.low, plot.y.low), min(plot.x.high, plot.y.high)))
    line = {"color": "--strong-line", "width": 1.25, "dash": "dash"}
    return _line(ends, ends, line, "diagonal")


def _rule(plot: Plot) -> Figure:
    assert plot.rule is not None
    at = _rounded([plot.rule.y] * 2)
    line = {"color": "--warn-fill", "width": 1.5, "dash": "dash"}
    return _line((plot.x.low, plot.x.high), at, line, "rule") | {
        "mode": "lines+text",
        "text": [plain(plot.rule.label), ""],
        "textposition": "top right",
        "textfont": {"color": "--warn", "size": 12},
    }


def _mark(plot: Plot) -> Figure:
    """Draw a point and, from it, a line down to the axis."""
    assert plot.mark is not None
    line = {"color": "--strong-line", "width": 1, "dash": "dot"}
    place = (plot.mark.x, plot.mark.y)
    x, y = ([None if end is None else _rounded([end])[0]] for end in place)
    return _line([*x, *x], [*y, plot.y.low], line, "mark") | {
        "mode": "lines+markers",
        "cliponaxis": False,
        "marker": {
            "color": "--accent",
            "size": [13, 0],
            "opacity": 1,
            "line": {"color": "--paper", "width": 2},
        },
    }


def _line(x: Sequence[float | None], y: Sequence[float | None], line: Figure, meta: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "line": line,
        "meta": meta,
        "hoverinfo": "skip",
    }


def _columns(columns: Iterable[Column]) -> Figure:
    shown = list(columns)
    return {
        "type": "bar",
        "x": _rounded((column.low + column.high) / 2 for column in shown),
        "y": [column.rows for column in shown],
        "width": _rounded(0.92 * (column.high - column.low) for column in shown),
        "text": [f"{column.rows:,}" for column in shown],
        "textposition": "outside",
        "textangle": 0,
        "textfont": {"color": "--muted", "size": 11},
        "cliponaxis": False,
        "marker": {"color": "--strong-line", "opacity": 0.4},
        "yaxis": "y2",
    } | _hints(column.hint for column in shown)


def _rounded(values: Iterable[float]) -> list[float]:
    """Keep six digits: more than a screen shows, and a third of the bytes."""
    return [float(f"{value:.6g}") for value in values]
