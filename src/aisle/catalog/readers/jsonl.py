"""JSON lines, and JSON that is one list of objects."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import BinaryIO, cast

from aisle.catalog.problem import Problem
from aisle.catalog.readers.encoding import ByteStream, choose_encoding, utf8_chunks
from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.normalise import normalise
from aisle.catalog.readers.rows import TableBuilder
from aisle.catalog.readers.source import CHUNK_BYTES, FileSource, reading
from aisle.errors import CatalogError

_NAMED = 10
_JSON_NAMES = {
    list: "a list",
    str: "a text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}


class _Broken:
    """What could not be taken for a row, and where."""

    def __init__(self, unit: str) -> None:
        self.count = 0
        self.named: list[str] = []
        self._unit = unit

    def note(self, place: int, reason: str) -> None:
        self.count += 1
        if len(self.named) < _NAMED:
            self.named.append(f"{self._unit} {place} ({reason})")

    def said(self) -> str:
        more = ", ..." if self.count > len(self.named) else ""
        rows = "row" if self.count == 1 else "rows"
        return f"{self.count} {rows} skipped: {', '.join(self.named)}{more}"


def read_json(source: FileSource, *, encoding: str | None, as_list: bool) -> Loaded:
    """Read one JSON object a line, or one list of objects.

    Numbers, truth values, lists of texts and lists of numbers keep their types where a column is
    uniform; what is nested otherwise becomes JSON text. A line that is no object is skipped,
    counted and located. Lines are read in batches; a list is held in memory as a whole.

    Parameters
    ----------
    source
        The file.
    encoding
        What the user names; None to detect it.
    as_list
        Whether the file is one list.

    Returns
    -------
    Loaded
        In the format ``json`` for a list, else ``jsonl``.

    Raises
    ------
    CatalogError
        If the file is empty, a list is not valid JSON, or there is no object at all.
    """
    where = str(source.path)
    builder = TableBuilder(where)
    broken = _Broken("item" if as_list else "line")
    with reading(source.path, "JSON file"):
        chosen = choose_encoding(source, encoding)
        pieces = ByteStream(utf8_chunks(source, chosen))
        stream = cast("BinaryIO", io.BufferedReader(pieces, CHUNK_BYTES))
        rows = _items(stream, where, broken) if as_list else _lines(stream, broken)
        builder.extend(rows)
    table = builder.finish()
    if table.num_rows == 0:
        lost = f" ({broken.said()})" if broken.count else ""
        raise CatalogError(
            f"{where}: holds no products{lost}; expected one JSON object a line, "
            'such as {"id": "1", "title": "Red cotton shirt"}, or one list of such objects'
        )
    table, renamed = normalise(table, where)
    problems = (*chosen.problems, *renamed)
    if broken.count:
        message = f"{where}: {broken.said()}. Each must be one JSON object"
        problems = (*problems, Problem("broken-row", broken.count, message))
    return Loaded(table, "json" if as_list else "jsonl", source.path.parent, problems)


def _lines(stream: BinaryIO, broken: _Broken) -> Iterator[dict[str, object]]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            broken.note(number, f"{error.msg} at character {error.pos + 1}")
            continue
        except (ValueError, RecursionError) as error:
            broken.note(number, str(error).partition(";")[0])
            continue
        if isinstance(row, dict) and row:
            yield row
        else:
            broken.note(number, _instead(row))


def _items(stream: BinaryIO, where: str, broken: _Broken) -> Iterator[dict[str, object]]:
    try:
        items = json.loads(stream.read())
    except json.JSONDecodeError as error:
        raise CatalogError(
            f"{where}: line {error.lineno}, column {error.colno}: is not valid JSON "
            f"({error.msg}); the file may be cut short"
        ) from None
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"{where}: is not valid JSON ({error})") from None
    if not isinstance(items, list):
        raise CatalogError(f"{where}: holds {_instead(items)}; expected one list of objects")
    for place, item in enumerate(items, start=1):
        if isinstance(item, dict) and item:
            yield item
        else:
            broken.note(place, _instead(item))


def _instead(value: object) -> str:
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if value is None:
        return "null, not an object"
    return f"{_JSON_NAMES.get(type(value), 'something')}, not an object"
