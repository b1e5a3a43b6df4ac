"""The one door: whatever the rows are in, `read_table` finds the reader for it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from aisle.catalog.problem import Problem
from aisle.catalog.readers.columnar import (
    ARROW_MAGIC,
    ARROW_STREAM_START,
    PARQUET_MAGIC,
    read_columnar,
)
from aisle.catalog.readers.delimited import read_delimited
from aisle.catalog.readers.folder import read_folder
from aisle.catalog.readers.frames import read_frame, read_rows
from aisle.catalog.readers.jsonl import read_json
from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.merchant import read_merchant_xml
from aisle.catalog.readers.source import FileSource
from aisle.errors import CatalogError

# What a user may name, and the kind of reader that it means.
_FORMATS = {
    "csv": "text",
    "tsv": "text",
    "txt": "text",
    "google-merchant-tsv": "text",
    "jsonl": "json",
    "ndjson": "json",
    "json": "json",
    "parquet": "parquet",
    "arrow": "arrow",
    "ipc": "arrow",
    "feather": "arrow",
    "xml": "xml",
    "google-merchant-xml": "xml",
    "folder": "folder",
}
_ARROW_SUFFIXES = frozenset((".arrow", ".arrows", ".ipc", ".feather"))
_JSON_SUFFIXES = frozenset((".json", ".jsonl", ".ndjson"))
_OBJECT = re.compile(rb'\s*\{\s*["}]')
_LIST = re.compile(rb"\s*\[\s*[{\]]")
_XML = re.compile(rb"\s*<(\?xml|rss|feed|!DOCTYPE|!--)[\s>\-]", re.IGNORECASE)
_WEB_PAGE = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!DOCTYPE\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"BZh", "a bzip2 archive", "unpack it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it"),
    (b"%PDF", "a PDF", "give the table that it was made from"),
    (b"FEA1", "a Feather file of the old version 1", "write it again as version 2"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x89PNG", "an image", "give the folder of the images"),
    (b"\xff\xd8\xff", "an image", "give the folder of the images"),
)


@dataclass(frozen=True)
class _Asked:
    """What the user said about the source; None where it is to be detected."""

    format: str | None
    encoding: str | None
    separator: str | None


def read_table(
    source: object,
    *,
    format: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Loaded:
    """Read the rows of a catalogue from wherever they are.

    Parameters
    ----------
    source
        A path to CSV, TSV, JSON lines, JSON (one list of objects), Parquet, Arrow IPC, Feather,
        or a Google Merchant feed (TSV or XML), each also as gzip; a folder with one folder of
        images a category; a list of paths to files with the same columns; a list of
        dictionaries; a pandas, polars, pyarrow or other frame with ``__arrow_c_stream__``.
    format
        Such as ``csv`` or ``parquet``; None to tell it by the content, then by the suffix.
    encoding
        Of a text file; None to detect it.
    separator
        Of the fields of a text file; None to detect it.

    Returns
    -------
    Loaded
        The table, its format, the folder of the file, and what could not be read.

    Raises
    ------
    CatalogError
        If there is nothing to read at `source`, or it cannot be read.

    Examples
    --------
    >>> read_table([{"id": "1", "title": "Red cotton shirt"}]).table.column_names
    ['id', 'title']
    """
    asked = _Asked(format, encoding, separator)
    if format is not None and format.lower() not in _FORMATS:
        raise CatalogError(f"format {format!r} is not known; the formats are {_listed_formats()}")
    if isinstance(source, str | os.PathLike):
        return _read_path(Path(os.fsdecode(source)).expanduser(), asked)
    if isinstance(source, list | tuple) and source:
        if all(isinstance(item, str | os.PathLike) for item in source):
            return _read_paths(source, asked)
        return _read_memory(source, asked)
    return _read_memory(source, asked)


def _read_memory(source: object, asked: _Asked) -> Loaded:
    for name in ("format", "encoding", "separator"):
        if getattr(asked, name) is not None:
            raise CatalogError(
                f"{name} was given for a {type(source).__name__} in memory; it is for files only"
            )
    if isinstance(source, list | tuple):
        if not source:
            raise CatalogError("the list is empty; a catalogue needs at least one product")
        return read_rows(source)
    return read_frame(source)


def _read_path(path: Path, asked: _Asked) -> Loaded:
    wanted = asked.format.lower() if asked.format else None
    if path.is_dir():
        if wanted not in (None, "folder"):
            raise CatalogError(f"{path}: is a directory, not a file of the format {wanted}")
        return read_folder(path)
    source = FileSource.find(path)
    if not source.head:
        raise CatalogError(f"{path}: is empty (0 bytes); expected the rows of a catalogue")
    kind = _kind(source, wanted)
    if kind != "text" and asked.separator is not None:
        raise CatalogError(f"{path}: a separator was given, but the file is {kind}, not CSV or TSV")
    if kind in ("parquet", "arrow"):
        if asked.encoding is not None:
            raise CatalogError(f"{path}: an encoding was given, but {kind} is no text format")
        return read_columnar(source, parquet=kind == "parquet")
    if kind == "xml":
        return read_merchant_xml(source, encoding=asked.encoding)
    if kind == "json":
        as_list = _LIST.match(_ascii(source.head)) is not None
        return read_json(source, encoding=asked.encoding, as_list=as_list)
    separator = asked.separator
    if separator is None and wanted in ("tsv", "google-merchant-tsv"):
        separator = "\t"
    return read_delimited(source, encoding=asked.encoding, separator=separator)


def _kind(source: FileSource, wanted: str | None) -> str:
    """Return the kind of reader: what the user named, unless the content cannot be that."""
    named = _FORMATS[wanted] if wanted else None
    if named == "folder":
        raise CatalogError(f"{source.path}: is a file, not a folder of images")
    found = _kind_by_content(source)
    if named is None:
        return found
    binary = ("parquet", "arrow")
    if found != named and (found in binary or named in binary):
        raise CatalogError(
            f"{source.path}: was to be read as {wanted}, but its content is not ({found} was "
            "found); leave the format out, or name the right one"
        )
    return named


def _kind_by_content(source: FileSource) -> str:
    head = source.head
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if head.startswith((ARROW_MAGIC, ARROW_STREAM_START)):
        return "arrow"
    _refuse_foreign(source)
    text = _ascii(head)
    if _XML.match(text):
        return "xml"
    # The first line of JSON lines may be the broken one.
    lines = text.splitlines() if source.suffix in _JSON_SUFFIXES else []
    if _LIST.match(text) or any(_OBJECT.match(line) for line in (text, *lines)):
        return "json"
    return _kind_by_suffix(source)


def _refuse_foreign(source: FileSource) -> None:
    for magic, what, remedy in _FOREIGN:
        if source.head.startswith(magic):
            raise CatalogError(f"{source.path}: is {what}, which is not read; {remedy}")
    if _WEB_PAGE.match(_ascii(source.head)):
        raise CatalogError(
            f"{source.path}: is a web page, not a catalogue; perhaps the download asked to log in"
        )


def _kind_by_suffix(source: FileSource) -> str:
    """Refuse what the suffix calls columnar but is not; anything else is text."""
    damaged = b"\0" in source.head
    if damaged and source.suffix == ".parquet":
        return "parquet"
    if damaged and source.suffix in _ARROW_SUFFIXES:
        return "arrow"
    return "text"


def _ascii(head: bytes) -> bytes:
    """Return the beginning without a byte order mark and the zero bytes of UTF-16."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").replace(b"\0", b"")


def _read_paths(paths: Sequence[str | os.PathLike[str]], asked: _Asked) -> Loaded:
    parts = [_read_path(Path(path).expanduser(), asked) for path in paths]
    first = parts[0]
    names = first.table.column_names
    for path, part in zip(paths, parts, strict=True):
        _check_columns(names, part.table.column_names, first=paths[0], other=path)
    try:
        tables = [part.table.select(names) for part in parts]
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise CatalogError(
            f"the files' columns have different types ({error}); write them with the same types"
        ) from error
    problems = [problem for part in parts for problem in part.problems]
    roots = [part.root for part in parts if part.root is not None]
    root = first.root
    if len({folder.resolve() for folder in roots}) > 1:
        root = Path(os.path.commonpath([folder.resolve() for folder in roots]))
        message = (
            f"the {len(parts)} files lie in different folders; relative image references are "
            f"looked up from {root}"
        )
        problems.append(Problem("several-folders", 0, message))
    return Loaded(table, first.format, root, tuple(problems))


def _check_columns(names: list[str], others: list[str], *, first: object, other: object) -> None:
    if set(names) == set(others):
        return
    missing = ", ".join(name for name in names if name not in others) or "none"
    added = ", ".join(name for name in others if name not in names) or "none"
    raise CatalogError(
        f"{other}: has not the columns of {first} (missing: {missing}; only here: {added}); "
        "files that are read together need the same columns"
    )


def _listed_formats() -> str:
    return ", ".join(_FORMATS)
