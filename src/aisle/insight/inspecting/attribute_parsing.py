"""Attributes out of a value that lists them: JSON, a Ruby hash, or ``Key: value | Key: value``."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress

Pair = tuple[str, str]

_LONGEST_TEXT = 50_000
_LONGEST_NAME = 48
_MOST = 200
_DEEPEST = 6
_NAMES = ("key", "name", "label", "attribute", "property", "k", "attribute_name", "title")
_VALUES = ("value", "values", "val", "v", "attribute_value", "content")

_RUBY = re.compile(r'("(?:[^"\\]|\\.)*")|(=>)|\bnil\b')
_LINES = re.compile(r"\s*[\r\n]+\s*")
_SEPARATORS = ("|", ";", "•", ",")
_LINE = re.compile(r"\s*[-*•]?\s*([^:=|;]*[^\W\d_][^:=|;]*?)\s*(?::|=)(?!/)\s*(\S.*?)\s*$", re.S)


def parse_attributes(value: object) -> list[Pair]:
    """Return the names and values that a value lists.

    Read are objects and lists as JSON and Python write them, hashes as Ruby does
    (``{"key"=>"Brand", "value"=>"Acme"}``), and lines or pieces of ``Key: value``, parted by line
    breaks, ``|``, ``;``, ``•`` or commas. Entries with a key and a value of their own are taken as
    such, however deep they lie.

    Parameters
    ----------
    value
        A text, or what a nested column of a table holds.

    Returns
    -------
    list of (str, str)
        Names and values; empty where it lists none.

    Examples
    --------
    >>> parse_attributes('{"specs"=>[{"key"=>"Brand", "value"=>"Acme"}, {"value"=>"loose"}]}')
    [('Brand', 'Acme')]
    >>> parse_attributes("Colour: red | Size: 12 cm")
    [('Colour', 'red'), ('Size', '12 cm')]
    """
    if isinstance(value, str):
        text = value.strip()[:_LONGEST_TEXT]
        parsed = _structure(text) if text[:1] in ("{", "[") else None
        found = _lines(text) if parsed is None else list(_walk(parsed, 0))
    else:
        found = list(_walk(value, 0))
    cleaned = ((" ".join(name.split()), " ".join(told.split())) for name, told in found[:_MOST])
    return [(name, told) for name, told in cleaned if told and 0 < len(name) <= _LONGEST_NAME]


def _structure(text: str) -> object | None:
    with suppress(ValueError, RecursionError):
        parsed: object = json.loads(text)
        return parsed
    if "=>" in text:
        with suppress(ValueError, RecursionError):
            hashed: object = json.loads(_RUBY.sub(_as_json, text))
            return hashed
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        literal: object = ast.literal_eval(text)
        return literal
    return None


def _as_json(found: re.Match[str]) -> str:
    if found.group(1):
        return found.group(1)
    return ":" if found.group(2) else "null"


def _walk(value: object, depth: int) -> Iterator[Pair]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from _entry(one, depth)
    elif isinstance(value, dict):
        yield from _object(value, depth)


def _entry(one: object, depth: int) -> Iterator[Pair]:
    """Take one entry of a list: ``Colour: red``, a pair as Arrow's maps have it, or an object."""
    if isinstance(one, str):
        yield from _lines(one, least=1)
    elif isinstance(one, tuple) and len(one) == 2 and all(map(_is_plain, one)):
        yield str(one[0]), str(one[1])
    else:
        yield from _walk(one, depth + 1)


def _object(value: dict[object, object], depth: int) -> Iterator[Pair]:
    named = {str(key).casefold(): inner for key, inner in value.items()}
    name = next((named[key] for key in _NAMES if named.get(key) is not None), None)
    told = next((named[key] for key in _VALUES if named.get(key) is not None), None)
    if name is not None and told is not None and _is_plain(name):
        yield str(name), _joined(told)
    elif not set(named) <= {*_NAMES, *_VALUES}:
        for key, inner in value.items():
            if joined := _joined(inner):
                yield str(key), joined
            else:
                yield from _walk(inner, depth + 1)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _joined(value: object) -> str:
    """Return a plain value, or several of them, as one text; empty for anything else."""
    if _is_plain(value):
        return str(value)
    if isinstance(value, list | tuple) and value and all(map(_is_plain, value)):
        return ", ".join(map(str, value))
    return ""


def _lines(text: str, least: int = 2) -> list[Pair]:
    """Split ``Key: value`` pieces, if most pieces are of that shape."""
    pieces = _LINES.split(text)
    for separator in _SEPARATORS:
        if len(pieces) > 1:
            break
        pieces = text.split(separator)
    found = []
    told = [piece for piece in pieces if piece.strip()]
    for piece in told:
        match = _LINE.match(piece)
        if match and len(match[1]) <= _LONGEST_NAME and len(match[1].split()) <= 6:
            found.append((match[1], match[2]))
    return found if len(found) >= max(least, 0.6 * len(told)) else []
