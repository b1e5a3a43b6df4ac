"""Published taxonomies as files: Google's, Shopify's, Best Buy's, or one path a line."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from aisle.catalog.category_paths import CategoryRows, PathTree, clean_segments
from aisle.catalog.problem import Problem
from aisle.errors import CatalogError

_WITH_ID = re.compile(r"^(?P<id>\d+|gid://\S+)\s+[-:]\s+(?P<path>\S.*)$")


def read_taxonomy(path: str | Path) -> CategoryRows:
    """Read the categories of a file; `Taxonomy.read` says which shapes it may have.

    Parameters
    ----------
    path
        The file, UTF-8; JSON where its name ends in ``.json`` or ``.json.gz``, else text.

    Raises
    ------
    CatalogError
        If the file is missing, damaged, of no known shape, or holds no category.
    """
    source = Path(path)
    text = _text_of(source)
    shape = source.name.removesuffix(".gz")
    rows = _from_json(text, source) if shape.endswith(".json") else _from_lines(text, source)
    if not rows.ids:
        raise CatalogError(
            f"{source}: there is no category in it; expected lines such as "
            "'1 - Animals > Dogs', or JSON with id, name and path"
        )
    return rows


def _from_lines(text: str, source: Path) -> CategoryRows:
    """Read ``id - A > B``, ``gid : A > B`` or ``A > B``, a category a line."""
    lines = {
        number: line.strip()
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    }
    found = {number: match for number, line in lines.items() if (match := _WITH_ID.match(line))}
    tree = PathTree()
    if not found:
        if not any(" > " in line for line in lines.values()):
            lines = {}
        for line in lines.values():
            tree.grow(clean_segments(line.split(" > ")))
        return tree.rows()
    seen, repeated = set[str](), list[int]()
    for number, match in found.items():
        path, key = clean_segments(match["path"].split(" > ")), match["id"]
        place = tree.grow(path)
        if place < 0 or key in seen or tree.ids[place] is not None:
            repeated.append(number)
        else:
            seen.add(key)
            tree.ids[place] = key
    return tree.rows(
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


def _from_json(text: str, source: Path) -> CategoryRows:
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
    return CategoryRows(
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
