"""The category tree of a catalogue that has a column of category paths."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from aisle.catalog import Catalog, Role
from aisle.catalog.category_paths import looks_like_paths, parse_path
from aisle.catalog.names import is_prose, normalised

BRANCHES = 400
"""How many categories of a tree are kept, the largest first."""

_DEEPEST = 6
_FEW = 60
_NO_PATH = (Role.ID, Role.IMAGE, Role.VECTOR, Role.NUMBER)

Path = tuple[str, ...]


@dataclass(frozen=True)
class Branch:
    """A category of the tree.

    Parameters
    ----------
    name
        Without its ancestors; empty for categories that are summed up.
    parent
        The position of its parent among the branches, -1 at the top.
    depth
        0 at the top.
    rows
        The products in it and below it.
    merged
        How many categories are summed up here; 0 for a category of its own.
    """

    name: str
    parent: int
    depth: int
    rows: int
    merged: int = 0


@dataclass(frozen=True)
class CategoryTree:
    """What the paths of a column span.

    Parameters
    ----------
    column
        The column.
    rows
        Products with a path.
    categories, leaves, tops
        Categories in all, those without children, and those at the top.
    levels
        How many products have a path of 1, 2, 3 ... segments.
    branches
        The tree, parents before their children and siblings from large to small; small categories
        are summed up.
    """

    column: str
    rows: int
    categories: int
    leaves: int
    tops: int
    levels: tuple[int, ...]
    branches: tuple[Branch, ...]


def category_tree(catalog: Catalog) -> CategoryTree | None:
    """Return the tree of the column that holds the deepest category paths, or None."""
    found: list[tuple[float, str, list[Path]]] = []
    for column in catalog.schema:
        if column.role in _NO_PATH or column.name not in catalog.table.column_names:
            continue
        if column.role is Role.TEXT and is_prose(normalised(column.name)):
            continue
        values = catalog.strings(column.name)
        if looks_like_paths(values):
            paths = [path for value in values if value and (path := parse_path(value))]
            found.append((sum(map(len, paths)) / len(paths), column.name, paths))
    if not found:
        return None
    _, name, paths = max(found, key=lambda one: one[0])
    return _tree(name, paths)


def _tree(name: str, paths: list[Path]) -> CategoryTree:
    counts = Counter(paths)
    sizes: Counter[Path] = Counter()
    every: set[Path] = set()
    for path, rows in counts.items():
        every |= {path[:depth] for depth in range(1, len(path) + 1)}
        for depth in range(1, min(len(path), _DEEPEST) + 1):
            sizes[path[:depth]] += rows
    levels = Counter(len(path) for path in paths)
    return CategoryTree(
        column=name,
        rows=len(paths),
        categories=len(every),
        leaves=len(every - {path[:-1] for path in every}),
        tops=len({path[0] for path in every}),
        levels=tuple(levels[depth] for depth in range(1, max(levels) + 1)),
        branches=tuple(_branches(sizes)),
    )


def _branches(sizes: Counter[Path]) -> list[Branch]:
    least = 1 if len(sizes) <= _FEW else 2
    order = sorted(sizes, key=lambda path: (-sizes[path], len(path), path))
    kept = {path for path in order[:BRANCHES] if sizes[path] >= least or len(path) == 1}
    below: dict[Path, list[Path]] = defaultdict(list)
    for path in order:
        below[path[:-1]].append(path)
    branches: list[Branch] = []

    def grow(parent: Path, place: int) -> None:
        shown = [path for path in below[parent] if path in kept]
        for path in shown:
            branches.append(Branch(path[-1], place, len(path) - 1, sizes[path]))
            grow(path, len(branches) - 1)
        rest = [path for path in below[parent] if path not in kept]
        if rest:
            rows = sum(sizes[path] for path in rest)
            branches.append(Branch("", place, len(parent), rows, len(rest)))

    grow((), -1)
    return branches
