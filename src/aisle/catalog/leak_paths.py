"""Paths of categories that contain the target: ``Home > Kitchen > Mugs`` for ``Mugs``."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

_ARROWS = r">+|»|›|→|⟩|▸|\s->\s|=>"
_STRICT = re.compile(rf"\s*(?:{_ARROWS})\s*")
_PLAIN = re.compile(rf"\s*(?:{_ARROWS}|/|\\|\||::?|~|\s[-–—]\s|\s·\s|;)\s*")
_LOOSE = re.compile(rf"\s*(?:{_ARROWS}|/|\\|\||::?|~|[-–—·;,._#])\s*")
_JOINTS = re.compile(r"\b(?:and|et|und|y|e)\b|[\W_]+")


def folded(value: str | None) -> str | None:
    """Fold case and white space, which tell no classes apart when leaks are looked for."""
    return None if value is None else " ".join(value.casefold().split())


def segments(value: str) -> list[str]:
    """Split a path of categories (``A > B``, ``["A >> B"]``, ``A/B``, ``A | B``) into its names."""
    return [part for piece in _pieces(value) for part in _parts(piece, _PLAIN)]


def contains_target(pairs: Sequence[tuple[str, str]], *, filed: bool, prose: bool) -> str | None:
    """Say how often a column's values are paths that contain the class, or return None.

    Parameters
    ----------
    pairs
        Value and class of each row that has both.
    filed
        The column's name says that it files products: any sign may part the names of a path, and
        a class may stand anywhere in it as whole words.
    prose
        The column's name says that it is a text: only arrows make a path of it.

    Returns
    -------
    str or None
        The reason, where at least half of the rows (80 % of a text's), in two classes or more,
        hold a path that contains their class.
    """
    rows = len(pairs)
    if rows < 3:
        return None
    separator = _LOOSE if filed else _STRICT if prose else _PLAIN
    hits, classes = 0, set()
    for (value, label), count in Counter(pairs).items():
        if _is_inside(label, value, separator, anywhere=filed):
            hits += count
            classes.add(label)
    if hits < (0.8 if prose else 0.5) * rows or len(classes) < 2:
        return None
    return f"a path that contains it in {hits:,} of {rows:,} rows"


def _is_inside(label: str, value: str, separator: re.Pattern[str], *, anywhere: bool) -> bool:
    if not value.lstrip().startswith("[") and not separator.search(value):
        return False
    parts = {_plain(part) for piece in _pieces(value) for part in _parts(piece, separator)}
    if len(parts) < 2:
        return False
    wanted = _plain(label)
    if wanted in parts:
        return True
    names = {_plain(part) for piece in _pieces(label) for part in _parts(piece, separator)}
    if len(names) > 1 and names <= parts:
        return True
    return anywhere and len(wanted) > 2 and f" {wanted} " in f" {_plain(value)} "


def _plain(name: str) -> str:
    """Fold what a slug loses: case, signs, and the words that join names."""
    return " ".join(_JOINTS.sub(" ", name.casefold()).split())


def _parts(piece: str, separator: re.Pattern[str]) -> Iterator[str]:
    return (part.strip() for part in separator.split(piece) if part.strip())


def _pieces(value: str) -> list[str]:
    """Return the strings of a list that is written as JSON or as Python does, else the value."""
    text = value.strip()
    if not text.startswith("["):
        return [text]
    try:
        parsed = json.loads(text)
    except ValueError:
        try:
            parsed = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            parsed = [text.strip("[]\"' ")]
    return list(_strings(parsed))


def _strings(parsed: object) -> Iterator[str]:
    if isinstance(parsed, str):
        yield parsed
    elif isinstance(parsed, dict):
        for inner in parsed.values():
            yield from _strings(inner)
    elif isinstance(parsed, list | tuple):
        for inner in parsed:
            yield from _strings(inner)
    elif parsed is not None:
        yield str(parsed)
