"""A confusion matrix: a table on paper, a heat map on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from aisle.pages.figures import Figure, plain
from aisle.pages.formatting import compact, count, plural, share, shorten

_NUMBERED = 16
_ROOM = 26
_LITTLE_ROOM = 14
_WRONG = (0.05, 0.1, 0.25)
_RIGHT = (0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Heat:
    """How many products of each class (a row) were given each class (a column).

    Parameters
    ----------
    title, description
        For readers who cannot see it: what it is, and what it shows.
    names
        The classes, in the order of rows and columns.
    counts
        A number for each row and column; None where none is told.
    totals
        The products of each row, which shares are of.
    across
        What a column is.
    """

    title: str
    description: str
    names: Sequence[str]
    counts: Sequence[Sequence[int | None]]
    totals: Sequence[int]
    across: str = "Answer"

    def share(self, row: int, column: int) -> float | None:
        """Return what share of a row a cell is; None where it is empty."""
        rows = self.counts[row][column]
        return rows / self.totals[row] if rows and self.totals[row] else None


def table(heat: Heat) -> Markup:
    """Return a confusion matrix as an HTML table, coloured by the page's style sheet."""
    heads = [
        Markup('<th scope="col"><span>{}</span></th>').format(_name(name, 24))
        for name in heat.names
    ]
    rows = [_row(heat, row) for row in range(len(heat.names))]
    return Markup(
        '<table class="heat"><thead><tr><th scope="col">Truth</th>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(Markup("").join(heads), Markup("").join(rows))


def _row(heat: Heat, row: int) -> Markup:
    cells = []
    for column, rows in enumerate(heat.counts[row]):
        level = _level(heat.share(row, column), right=row == column)
        style = Markup(' class="{}"').format(level) if level else Markup("")
        cells.append(
            Markup("<td{}>{}</td>").format(style, compact(float(rows)) if rows else Markup(""))
        )
    name = _name(heat.names[row], 28)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, Markup("").join(cells))


def _name(name: str, columns: int) -> Markup:
    return Markup("<bdi>{}</bdi>").format(escape(shorten(name, columns)))


def _level(part: float | None, *, right: bool) -> str:
    """Name a cell's style; one mistake in ten is already much, so their colours rise sooner."""
    if part is None:
        return ""
    steps = _RIGHT if right else _WRONG
    return f"{'right' if right else 'wrong'}-{1 + sum(part >= step for step in steps)}"


def heat_figure(heat: Heat) -> Figure:
    """Return a confusion matrix as a Plotly figure, right and wrong answers in two colours."""
    names = [plain(f"\u2068{shorten(name, _ROOM)}\u2069") for name in heat.names]
    places = list(range(len(names)))
    axis: Figure = {
        "tickvals": places,
        "ticktext": names,
        "range": [-0.5, len(names) - 0.5],
        "fixedrange": True,
        "ticks": "",
    }
    return {
        "data": [_cells(heat, right=True), _cells(heat, right=False)],
        "layout": {
            "xaxis": axis | {"title": {"text": heat.across}, "tickangle": -45},
            "yaxis": axis | {"title": {"text": "Truth"}, "range": [len(names) - 0.5, -0.5]},
            "dragmode": False,
        },
    }


def short_names(heat: Heat) -> list[str]:
    """Return the classes' names for a narrow screen."""
    return [plain(f"\u2068{shorten(name, _LITTLE_ROOM)}\u2069") for name in heat.names]


def _cells(heat: Heat, *, right: bool) -> Figure:
    """Draw the diagonal, or all but the diagonal."""
    size = range(len(heat.names))
    shares = [
        [heat.share(row, column) if (row == column) is right else None for column in size]
        for row in size
    ]
    kind, steps = ("right", _RIGHT) if right else ("wrong", _WRONG)
    top = 1.0 if right else 2 * _WRONG[-1]
    return {
        "type": "heatmap",
        "z": [[None if part is None else round(part, 4) for part in row] for row in shares],
        "zmin": 0,
        "zmax": top,
        "colorscale": [
            [0, f"--{kind}-1"],
            *([step / top, f"--{kind}-{at + 2}"] for at, step in enumerate(steps)),
            [1, f"--{kind}-4"],
        ],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "customdata": [
            [None if shares[row][column] is None else _hint(heat, row, column) for column in size]
            for row in size
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        **_numbers(heat, shares),
    }


def _numbers(heat: Heat, shares: Sequence[Sequence[float | None]]) -> Figure:
    if len(heat.names) > _NUMBERED:
        return {}
    return {
        "text": [
            ["" if part is None else count(heat.counts[row][at] or 0) for at, part in enumerate(p)]
            for row, p in enumerate(shares)
        ],
        "texttemplate": "%{text}",
        "textfont": {"color": "--ink", "size": 12},
    }


def _hint(heat: Heat, row: int, column: int) -> str:
    truth, answer = (shorten(heat.names[at], 60) for at in (row, column))
    part = f"{count(heat.counts[row][column] or 0)} of {plural(heat.totals[row], 'product')}"
    told = f"{part} ({share(heat.share(row, column))})"
    if row == column:
        return plain(f"{truth}\nanswered rightly: {told}")
    return plain(f"{truth}\ntaken for {answer}\n{told}")
