"""A catalogue that a visitor of the page sends: its rows, within limits."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from aisle.catalog.images import references
from aisle.catalog.readers import read_table
from aisle.catalog.readers.columnar import ARROW_MAGIC, ARROW_STREAM_START, PARQUET_MAGIC
from aisle.catalog.readers.source import GZIP_MAGIC
from aisle.errors import CatalogError
from aisle.pages import shorten
from aisle.serving.refusals import RequestError, not_valid

MOST_ROWS = 10_000
"""What the page is for; more are for `aisle predict`."""

_PACKED = (GZIP_MAGIC, PARQUET_MAGIC, ARROW_MAGIC, ARROW_STREAM_START)
_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
_NAME = "catalogue"


class Photographs:
    """Photographs that came beside a catalogue, found by the names that stand in it.

    Parameters
    ----------
    files
        Encoded photographs by file name.
    columns
        The columns that name them; the first one gets what is found by identifier.
    id
        The column of identifiers: where a row names no photograph, one is called like it.
    """

    def __init__(
        self, files: Mapping[str, bytes], *, columns: Sequence[str] = (), id: str | None = None
    ) -> None:
        self._by_name = {_base(name): content for name, content in files.items()}
        self._by_stem = {_stem(name): content for name, content in self._by_name.items()}
        self._columns = columns
        self._id = id

    def put(self, row: dict[str, object]) -> str | None:
        """Put photographs into a row in the place of their names; return which did not come."""
        missing: list[str] = []
        for column in self._columns:
            names = [
                one.location or ""
                for one in references(row.get(column), None)
                if one.kind == "path"
            ]
            if not names:
                continue
            found = [
                self._by_name[base] for name in names if (base := _base(name)) in self._by_name
            ]
            row[column] = found or None
            missing += [name for name in names if _base(name) not in self._by_name]
        if self._columns and self._id is not None and not row.get(self._columns[0]):
            own = self._by_stem.get(str(row.get(self._id, "")).casefold())
            if own is not None:
                row[self._columns[0]], missing = [own], []
        if not missing:
            return None
        return f"{', '.join(shorten(name, 60) for name in missing)}: did not come with the file"


@dataclass(frozen=True)
class UploadRow:
    """A row as a request has it, and what is missing of it."""

    values: dict[str, object]
    remark: str | None


@dataclass(frozen=True)
class Upload:
    """The rows of a file, what could not be read of it, and the photographs beside it."""

    table: pa.Table
    problems: tuple[str, ...]
    photographs: Photographs

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def rows(self, start: int, count: int) -> list[UploadRow]:
        """Return some rows, without values that are missing."""
        rows = []
        for whole in self.table.slice(start, count).to_pylist():
            values = {name: value for name, value in whole.items() if value is not None}
            remark = self.photographs.put(values)
            rows.append(UploadRow(values, remark))
        return rows


def read_upload(content: bytes, name: str, photographs: Photographs | None = None) -> Upload:
    """Read the rows of a CSV, TSV, JSON or JSONL file.

    Parameters
    ----------
    content
        Of the file; nothing packed, so that it cannot grow beyond what was sent.
    name
        What the file was called; only its suffix counts.
    photographs
        That came with it.

    Raises
    ------
    RequestError
        415 or 422, if it is of another kind, cannot be read, or has too many rows.
    """
    if content.startswith(_PACKED) or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise RequestError(
            415,
            "content-type",
            "this kind of file is not taken here",
            do="send CSV, TSV or JSON lines; aisle predict reads Parquet, feeds and gzip too",
        )
    suffix = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory(prefix="aisle-") as folder:
        path = Path(folder, _NAME + (suffix if suffix in _SUFFIXES else ".csv"))
        path.write_bytes(content)
        try:
            loaded = read_table(path)
        except CatalogError as error:
            raise not_valid(
                _plain(str(error), path), where="the file", do="save it as CSV in UTF-8"
            ) from error
        rows = loaded.table.num_rows
        if not 0 < rows <= MOST_ROWS:
            raise not_valid(
                f"{rows:,} products, and the page takes from 1 to {MOST_ROWS:,}",
                where="the file",
                do="classify larger catalogues with aisle predict, or in several files",
            )
        told = tuple(_plain(one.message, path) for one in loaded.problems)
        return Upload(loaded.table, told, photographs or Photographs({}))


def _plain(message: str, path: Path) -> str:
    """Leave out where the file lay on this machine."""
    return re.sub(rf"{re.escape(str(path))}:?\s*", "", message)


def _base(name: str) -> str:
    """Return a file's name without its folders, on whatever machine they were."""
    return re.split(r"[/\\]", name)[-1].casefold()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
