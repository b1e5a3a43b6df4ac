"""The tree that categories make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from aisle.catalog.category_paths import (
    CategoryRows,
    PathTree,
    clean_segments,
    looks_like_paths,
    parse_path,
)
from aisle.catalog.problem import Problem
from aisle.catalog.taxonomy_files import read_taxonomy
from aisle.errors import CatalogError

__all__ = ["Taxonomy", "looks_like_paths", "parse_path"]

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Taxonomy:
    """A category tree (or several: each top category is a root).

    Wherever a method takes a category, it may be given by its id, by its full path (as text,
    ``A > B``, or as a sequence of names), or by its name alone; they are tried in this order. A
    path or name that several categories have is refused, and the message lists them.

    Parameters
    ----------
    ids
        The identifier of each category, all different. Where the source has none it is the path,
        as ``A > B``.
    names
        The name of each category, without its ancestors.
    parents
        The position of each category's parent, -1 at the top. Parents stand before their children.
    problems
        What the source held that could not be taken as it stood.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.names) == len(self.parents):
            raise CatalogError(
                f"taxonomy: {len(self.ids)} ids, {len(self.names)} names and {len(self.parents)} "
                "parents; expected one of each for every category"
            )
        if len(set(self.ids)) != len(self.ids):
            twice = next(key for key, count in Counter(self.ids).items() if count > 1)
            raise CatalogError(f"taxonomy: the id {twice!r} stands twice; expected different ids")
        for place, parent in enumerate(self.parents):
            if not -1 <= parent < place:
                raise CatalogError(
                    f"taxonomy: the parent of {self.ids[place]!r} is {parent}; expected -1, or the "
                    f"position of a category before its own, {place}"
                )

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_paths(cls, paths: Iterable[str | Sequence[str]]) -> Taxonomy:
        """Build the tree that category paths span.

        Parameters
        ----------
        paths
            Texts that `parse_path` reads, or sequences of names. Repeated and empty ones are
            fine; a parent that is never named by itself is made.
        """
        tree = PathTree()
        for path in paths:
            tree.grow(parse_path(path) if isinstance(path, str) else clean_segments(path))
        return _taxonomy(tree.rows())

    @classmethod
    def read(cls, path: str | Path) -> Taxonomy:
        """Read a published taxonomy: Google's, Shopify's, Best Buy's, or one path a line.

        Text files have lines ``id - A > B`` (Google), ``gid : A > B`` (Shopify) or ``A > B``;
        lines that begin with ``#`` are comments. JSON has Best Buy's shape, a list of ``{id,
        name, path: [{id, name}]}``, where a category listed under several parents stays where its
        own path puts it. Either may be compressed (``.gz``).

        Parameters
        ----------
        path
            The file, UTF-8.

        Raises
        ------
        CatalogError
            If the file is missing, damaged, or of none of these shapes.
        """
        return _taxonomy(read_taxonomy(path))

    def find(self, category: str | Sequence[str]) -> str:
        """Return the id of a category.

        Raises
        ------
        CatalogError
            If no category fits, with the nearest names, or several do, with their paths.
        """
        return self.ids[self._place(category)]

    def named(self, name: str) -> tuple[str, ...]:
        """Return the ids of every category that has this name; empty where none has."""
        return tuple(self.ids[place] for place in self._by_name.get(name, ()))

    def path(self, category: str | Sequence[str]) -> tuple[str, ...]:
        """Return the names from the top down to a category, itself included."""
        return self._paths[self._place(category)]

    def depth(self, category: str | Sequence[str]) -> int:
        """Return the length of a category's path: 1 at the top."""
        return len(self.path(category))

    def children(self, category: str | Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the ids right below a category, or the top ones for None."""
        place = -1 if category is None else self._place(category)
        return tuple(self.ids[child] for child in self._below.get(place, ()))

    def ancestors(self, category: str | Sequence[str]) -> tuple[str, ...]:
        """Return the ids above a category, from the top down; empty at the top."""
        return tuple(self.ids[place] for place in self._line(self._place(category))[:-1])

    def leaves(self, category: str | Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the ids without children below a category, or of the whole tree for None.

        A category without children is its own only leaf.
        """
        waiting = list(self._below.get(-1, ())) if category is None else [self._place(category)]
        waiting.reverse()
        found = []
        while waiting:
            place = waiting.pop()
            below = self._below.get(place, ())
            waiting.extend(reversed(below))
            if not below:
                found.append(self.ids[place])
        return tuple(found)

    def lowest_common_ancestor(
        self, first: str | Sequence[str], second: str | Sequence[str]
    ) -> str | None:
        """Return the id of the deepest category that holds both, or None.

        A category holds itself, so for a category and its ancestor it is the ancestor.
        """
        shared = None
        lines = self._line(self._place(first)), self._line(self._place(second))
        for one, other in zip(*lines, strict=False):
            if one != other:
                break
            shared = self.ids[one]
        return shared

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.ids)}

    @cached_property
    def _paths(self) -> tuple[tuple[str, ...], ...]:
        paths: list[tuple[str, ...]] = []
        for name, parent in zip(self.names, self.parents, strict=True):
            paths.append((*paths[parent], name) if parent >= 0 else (name,))
        return tuple(paths)

    @cached_property
    def _by_path(self) -> dict[tuple[str, ...], list[int]]:
        return _places(self._paths)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return _places(self.names)

    @cached_property
    def _below(self) -> dict[int, list[int]]:
        return _places(self.parents)

    def _line(self, place: int) -> list[int]:
        """Return the positions from the top down to `place`, itself included."""
        line = []
        while place >= 0:
            line.append(place)
            place = self.parents[place]
        return line[::-1]

    def _place(self, category: str | Sequence[str]) -> int:
        if not isinstance(category, str):
            found = self._by_path.get(tuple(category), [])
        elif category in self._by_id:
            return self._by_id[category]
        else:
            found = self._by_path.get(parse_path(category)) or self._by_name.get(category, [])
        if len(found) == 1:
            return found[0]
        shown = category if isinstance(category, str) else " > ".join(category)
        if found:
            meant = "; ".join(
                f"{' > '.join(self._paths[place])} (id {self.ids[place]})" for place in found[:10]
            )
            raise CatalogError(
                f"category {shown!r}: {len(found)} categories are called so; give the id or the "
                f"full path of one: {meant}{'; ...' if len(found) > 10 else ''}"
            )
        wanted = shown.split(" > ")[-1]
        near = [name for name in self._by_name if wanted.casefold() in name.casefold()][:3]
        near = near or get_close_matches(wanted, self._by_name, n=3)
        hint = f"; did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
        raise CatalogError(
            f"category {shown!r}: no such id, path or name among {len(self)} categories{hint}"
        )


def _taxonomy(rows: CategoryRows) -> Taxonomy:
    return Taxonomy(rows.ids, rows.names, rows.parents, rows.problems)


def _places(keys: Iterable[_Key]) -> dict[_Key, list[int]]:
    places: dict[_Key, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places
