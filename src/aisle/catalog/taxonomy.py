"""Category paths, and the tree that they make."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeVar

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
_WITH_ID = re.compile(r"^(?P<id>\d+|gid://\S+)\s+[-:]\s+(?P<path>\S.*)$")
_Key = TypeVar("_Key", bound=Hashable)

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
            return _kept(listed)
        text = listed[0].strip() if listed else ""
    sign = separator or _sign(text)
    return _kept(_SPLIT[sign].split(text) if sign else [text])


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
        tree = _PathTree()
        for path in paths:
            tree.grow(parse_path(path) if isinstance(path, str) else _kept(path))
        return tree.taxonomy(())

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
        source = Path(path)
        text = _text_of(source)
        shape = source.name.removesuffix(".gz")
        taxonomy = (
            _from_json(text, source) if shape.endswith(".json") else _from_lines(text, source)
        )
        if not len(taxonomy):
            raise CatalogError(
                f"{source}: there is no category in it; expected lines such as "
                "'1 - Animals > Dogs', or JSON with id, name and path"
            )
        return taxonomy

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


class _PathTree:
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

    def taxonomy(self, problems: Iterable[Problem]) -> Taxonomy:
        ids = (
            _path_id(path) if key is None else key
            for path, key in zip(self.places, self.ids, strict=True)
        )
        names = tuple(path[-1] for path in self.places)
        return Taxonomy(tuple(ids), names, tuple(self.parents), tuple(problems))


def _from_lines(text: str, source: Path) -> Taxonomy:
    """Read ``id - A > B``, ``gid : A > B`` or ``A > B``, a category a line."""
    lines = {
        number: line.strip()
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    }
    found = {number: match for number, line in lines.items() if (match := _WITH_ID.match(line))}
    if not found:
        if not any(" > " in line for line in lines.values()):
            lines = {}
        return Taxonomy.from_paths(_kept(line.split(" > ")) for line in lines.values())
    tree, seen, repeated = _PathTree(), set[str](), []
    for number, match in found.items():
        path, key = _kept(match["path"].split(" > ")), match["id"]
        place = tree.grow(path)
        if place < 0 or key in seen or tree.ids[place] is not None:
            repeated.append(number)
        else:
            seen.add(key)
            tree.ids[place] = key
    return tree.taxonomy(
        _problems(
            source,
            ("broken-line", lines.keys() - found.keys(), "lines hold no id and path; left out"),
            ("repeated-category", repeated, "lines repeat an id or a path; the first one counts"),
            (
                "unlisted-parent",
                [" > ".join(p) for p, i in tree.places.items() if tree.ids[i] is None],
                "categories have no line of their own, only children; added without an id",
            ),
        )
    )


def _from_json(text: str, source: Path) -> Taxonomy:
    """Read Best Buy's list of ``{id, name, path, subCategories}``."""
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise CatalogError(
            f"{source}: line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})"
        ) from error
    if not isinstance(entries, list):
        raise CatalogError(
            f"{source}: expected a JSON list of {{id, name, path}}, found {type(entries).__name__}"
        )
    names: dict[str, str] = {}
    parents: dict[str, str | None] = {}
    listed, broken, moved = set[str](), list[int](), list[str]()
    for number, entry in enumerate(entries):
        line = _steps(entry)
        if not line:
            broken.append(number)
            continue
        above = None
        for key, name in line:
            names.setdefault(key, name)
            if parents.setdefault(key, above) != above:
                moved.append(key)
            above = key
        listed.add(line[-1][0])
    places = {key: place for place, key in enumerate(names)}
    under = Counter(key for entry in entries for key in _below_of(entry))
    problems = _problems(
        source,
        ("broken-category", broken, "entries (counted from 0) have no id and path; left out"),
        (
            "nameless-category",
            [k for k, n in names.items() if not n],
            "categories have no name; named by their id",
        ),
        (
            "moved-category",
            moved,
            "categories have paths that disagree about their parent; the first one counts",
        ),
        ("unlisted-parent", names.keys() - listed, "categories stand in paths alone; added"),
        (
            "unlisted-child",
            under.keys() - names.keys(),
            "categories stand under parents alone; left out",
        ),
        (
            "several-parents",
            [key for key, count in under.items() if count > 1 and key in names],
            "categories are listed under several parents; each stays where its own path puts it",
        ),
    )
    return Taxonomy(
        ids=tuple(names),
        names=tuple(name or key for key, name in names.items()),
        parents=tuple(-1 if (up := parents[key]) is None else places[up] for key in names),
        problems=tuple(problems),
    )


def _steps(entry: object) -> list[tuple[str, str]]:
    """Return (id, name) from the top down to a Best Buy category; empty where it is broken."""
    steps = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return []
    line = [(str(step.get("id") or ""), str(step.get("name") or "").strip()) for step in steps]
    ids = [key for key, _ in line]
    return line if all(ids) and len(set(ids)) == len(ids) else []


def _below_of(entry: object) -> Iterator[str]:
    below = entry.get("subCategories") if isinstance(entry, dict) else None
    for child in below if isinstance(below, list) else []:
        if isinstance(child, dict) and child.get("id"):
            yield str(child["id"])


def _problems(source: Path, *found: tuple[str, Iterable[object], str]) -> Iterator[Problem]:
    """Make a problem of each kind that occurred, with a few of those it concerns."""
    for kind, concerned, what in found:
        shown = sorted(concerned, key=lambda one: (not isinstance(one, int), one))
        if shown:
            some = ", ".join(str(one) for one in shown[:5]) + (", ..." if len(shown) > 5 else "")
            yield Problem(kind, len(shown), f"{source.name}: {len(shown)} {what} ({some})")


def _text_of(source: Path) -> str:
    try:
        content = source.read_bytes()
        if source.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise CatalogError(f"{source}: there is no such file; expected a taxonomy") from None
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"{source}: byte {error.start} is not UTF-8; save the taxonomy as UTF-8 text"
        ) from error
    except (OSError, EOFError) as error:
        raise CatalogError(f"{source}: cannot be read as a taxonomy ({error})") from error


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


def _kept(segments: Iterable[str]) -> tuple[str, ...]:
    return tuple(segment.strip() for segment in segments if segment.strip())


def _path_id(path: tuple[str, ...]) -> str:
    """Join a path into an id; a > within a name is escaped, so that no two paths share an id."""
    return " > ".join(name.replace("\\", "\\\\").replace(">", "\\>") for name in path)


def _places(keys: Iterable[_Key]) -> dict[_Key, list[int]]:
    places: dict[_Key, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places
