"""A tree as an icicle: a column a level, every category as high as its share of the products.

It is drawn with elements of the page, so that names are cut where their cells end, at any width.
`icicle.js` lets the reader look into a branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from aisle.pages.formatting import plural, share, shorten

LEVELS = 3
"""How many levels are seen at a time."""

_HEIGHT = 560
_READABLE = 17
_TINTS = 3


@dataclass(frozen=True)
class Node:
    """A category: its name, the position of its parent (-1 at the top), and its products."""

    label: str
    parent: int
    rows: int


def icicle(title: str, nodes: Sequence[Node]) -> Markup:
    """Return a tree as boxes.

    Parameters
    ----------
    title
        What it shows.
    nodes
        The categories, parents before their children, siblings in the order in which they are
        drawn from top to bottom.
    """
    total = sum(node.rows for node in nodes if node.parent < 0)
    depths, tops = _placed(nodes)
    cells = [_cell(nodes, at, depths[at], tops[at], total) for at in range(len(nodes)) if total]
    return Markup(
        '<div class="icicle" role="group" aria-label="{}" data-levels="{}" style="--levels:{}">'
        '<div class="trail" hidden></div><div class="cells">{}</div>'
        '<p class="unseen" role="status"></p></div>'
    ).format(title, LEVELS, min(LEVELS, max(depths, default=0) + 1), Markup("").join(cells))


def _placed(nodes: Sequence[Node]) -> tuple[list[int], list[int]]:
    """Return the level of each node, and how many products stand above it."""
    depths: list[int] = []
    tops: list[int] = []
    used: dict[int, int] = {}
    for node in nodes:
        depths.append(depths[node.parent] + 1 if node.parent >= 0 else 0)
        start = tops[node.parent] if node.parent >= 0 else 0
        tops.append(start + used.get(node.parent, 0))
        used[node.parent] = used.get(node.parent, 0) + node.rows
    return depths, tops


def _cell(nodes: Sequence[Node], at: int, depth: int, top: int, total: int) -> Markup:
    node = nodes[at]
    height = node.rows / total
    high = height * _HEIGHT
    small = " small" if high < _READABLE else " tight" if high < 2 * _READABLE else ""
    told = f"{plural(node.rows, 'product')} ({share(height)})"
    label = shorten(node.label, 80)
    style = f"--d:{depth};--t:{100 * top / total:.3f}%;--h:{100 * height:.3f}%"
    return Markup(
        '<div class="cell tint-{}{}"{} style="{}" data-p="{}" data-d="{}" data-s="{}" data-n="{}"'
        ' title="{}"><bdi>{}</bdi> <span>{}</span></div>'
    ).format(
        at % _TINTS,
        small,
        Markup(" hidden") if depth >= LEVELS else Markup(""),
        style,
        node.parent,
        depth,
        top,
        node.rows,
        f"{label}: {told}",
        escape(label),
        plural(node.rows, "product"),
    )
