"""Category paths: their segments, and the tree that grows from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from aisle.catalog.problem import Problem
from aisle.errors import CatalogError

_SPLIT = {
    ">>": re.compile(r"\s*>>\s*"),
    " > ": re.compile(r"(?:^|\s+)>(?:\s+|$)"),
    ">": re.compile(r"\s*>\s*"),
    " / ": re.compile(r"\s+/\s+"),
    "|": re.compile(r"\s*\|\s*"),
}
_NO_PATH_SIGN = re.compile(r"<|=>|->|>=|>\s*\d")

_LOOKED_AT = 10_000
_LONGEST_TOP = 60


def parse_path(value: str, separator: str | None = None) -> tuple[str, ...]:
    """Return the segments of a category path, from the top down.

    Read are ``A >> B``, ``A > B``, ``A>B``, a JSON list of segments, and a JSON list that holds a
    whole path (``["A >> B"]``, as Flipkart writes; of several paths the first). Signs that also
    stand in names count only where they leave no doubt: ``/`` with spaces around it and at least
    twice (``CPUs / Processors`` is one category), ``|`` between two names (``|Speakers`` is one),
    neither where the other would do as well, and a tight ``>`` outside of markup, arrows and
    comparisons. Where in doubt, the value is one segment.

    Parameters
    ----------
    value
        The path as it stands in the catalogue.
    separator
        One of ``>>``, ``" > "``, ``>``, ``" / "``, ``|`` to split there and nowhere else, where
        it is known.

    Returns
    -------
    tuple of str
        Segments without surrounding spaces; empty for an empty value.

    Raises
    ------
    CatalogError
        If `separator` is not one of these.

    Examples
    --------
    >>> parse_path('["Home Furnishing >> Curtains & Accessories >> Curtains"]')
    ('Home Furnishing', 'Curtains & Accessories', 'Curtains')
    >>> parse_path("CPUs / Processors")
    ('CPUs / Processors',)
    """
    if separator is not None and separator not in _SPLIT:
        known = ", ".join(repr(sign) for sign in _SPLIT)
        raise CatalogError(f"separator {separator!r} is not known; expected one of {known}")
    text = value.strip()
    listed = _json_texts(text)
    if listed is not None:
        if len(listed) > 1 and not any(sign in listed[0] for sign in (">>", " > ")):
            return clean_segments(listed)
        text = listed[0].strip() if listed else ""
    sign = separator or _sign(text)
    return clean_segments(_SPLIT[sign].split(text) if sign else [text])


def looks_like_paths(values: Iterable[str | None]) -> bool:
    """Tell whether a column holds category paths.

    It does where at least half of its values have two segments or more, the top ones are short,
    and, from ten different paths on, they share tops: two paths a top on average.

    Parameters
    ----------
    values
        The column; missing values do not count, and 10,000 rows are enough to look at.
    """
    filled = [value for value in islice(values, _LOOKED_AT) if value and value.strip()]
    paths = [path for path in map(parse_path, filled) if len(path) > 1]
    if not paths or 2 * len(paths) < len(filled):
        return False
    tops, different = {path[0] for path in paths}, len(set(paths))
    return max(map(len, tops)) <= _LONGEST_TOP and (different < 10 or 2 * len(tops) <= different)


def clean_segments(segments: Iterable[str]) -> tuple[str, ...]:
    """Return the segments without surrounding spaces, and without the empty ones."""
    return tuple(segment.strip() for segment in segments if segment.strip())


@dataclass(frozen=True)
class CategoryRows:
    """A category tree as plain columns, one entry a category; `Taxonomy` says what they hold."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]
    problems: tuple[Problem, ...] = ()


class PathTree:
    """A tree that grows path by path; parents are made before their children."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, ...], int] = {}
        self.ids: list[str | None] = []
        self.parents: list[int] = []

    def grow(self, path: tuple[str, ...]) -> int:
        """Return the position of `path`, making it and its ancestors where needed; -1 for ()."""
        place = -1
        for depth in range(1, len(path) + 1):
            parent, place = place, self.places.setdefault(path[:depth], len(self.ids))
            if place == len(self.ids):
                self.ids.append(None)
                self.parents.append(parent)
        return place

    def rows(self, problems: Iterable[Problem] = ()) -> CategoryRows:
        """Return the tree; a category without an id gets its path for one."""
        ids = (
            _path_id(path) if key is None else key
            for path, key in zip(self.places, self.ids, strict=True)
        )
        names = tuple(path[-1] for path in self.places)
        return CategoryRows(tuple(ids), names, tuple(self.parents), tuple(problems))


def _path_id(path: tuple[str, ...]) -> str:
    """Join a path into an id; a > within a name is escaped, so that no two paths share an id."""
    return " > ".join(name.replace("\\", "\\\\").replace(">", "\\>") for name in path)


def _json_texts(text: str) -> list[str] | None:
    """Return the texts of a JSON list of texts, None for anything else."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        listed = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return listed if all(isinstance(one, str) for one in listed) else None


def _sign(text: str) -> str | None:
    """Return the separator that leaves no doubt, or None."""
    if ">>" in text:
        return ">>"
    if _SPLIT[" > "].search(text):
        return " > "
    if ">" in text:
        whole = all(_SPLIT[">"].split(text)) and not _NO_PATH_SIGN.search(text)
        return ">" if whole else None
    slashes = len(_SPLIT[" / "].findall(text)) >= 2
    pipes = "|" in text and all(_SPLIT["|"].split(text))
    if slashes == pipes:
        return None
    return " / " if slashes else "|"
