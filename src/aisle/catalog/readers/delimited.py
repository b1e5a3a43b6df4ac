"""CSV, TSV and other text with separators: every column as text, read in blocks by Arrow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow import csv

from aisle.catalog.problem import Problem
from aisle.catalog.readers.broken import NAMED_ROWS, BrokenRowLocator, count_breaks
from aisle.catalog.readers.encoding import ByteStream, Encoding, choose_encoding, utf8_chunks
from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.merchant import merchant_names
from aisle.catalog.readers.normalise import clean_names, normalise
from aisle.catalog.readers.separator import find_header, separator_name
from aisle.catalog.readers.source import FileSource, reading
from aisle.errors import CatalogError

# Arrow needs a record to fit into two blocks, so a larger size is tried where one does not.
_BLOCK_BYTES = (8 << 20, 256 << 20, (2 << 30) - 1)
_HEAD_BYTES = 256 << 10
# A last row that only a quote left open can swallow.
_END = "\x1eend of the catalogue\x1e"


@dataclass(frozen=True)
class _Layout:
    """What has to be known of a file to read its rows."""

    source: FileSource
    encoding: Encoding
    separator: str
    names: tuple[str, ...]

    def open(self) -> BinaryIO:
        """Open the file as UTF-8, with the last row `_END` added."""
        return cast("BinaryIO", ByteStream(self._pieces()))

    def _pieces(self) -> Iterator[bytes]:
        yield from utf8_chunks(self.source, self.encoding)
        yield ("\n" + self.separator.join([_END] * len(self.names)) + "\n").encode()


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows below the header; an open quote swallowed `lost_lines`, `broken` were skipped."""

    table: pa.Table
    broken: int
    lost_lines: int


class _Counter:
    """Counts the rows that Arrow, in several threads, finds broken."""

    def __init__(self) -> None:
        self.broken = 0
        self.lost_lines = 0
        self._lock = threading.Lock()

    def skip(self, row: csv.InvalidRow) -> str:
        """Count a broken row and have Arrow skip it; a line of spaces is a blank line."""
        text = row.text
        with self._lock:
            if _END in text:
                self.lost_lines = _lines_before_end(text)
            elif text.strip():
                self.broken += 1
        return "skip"


def read_delimited(source: FileSource, *, encoding: str | None, separator: str | None) -> Loaded:
    """Read a text file whose first row names the columns.

    Every column is text, so that identifiers keep their leading zeros; an empty field is null.
    Rows with too few or too many fields are skipped, counted and located.

    Parameters
    ----------
    source
        The file.
    encoding, separator
        What the user names; None to detect it.

    Returns
    -------
    Loaded
        In the format ``tsv`` where a tab separates, ``google-merchant-tsv`` where the columns
        are those of a Google Merchant feed as well, else ``csv``.

    Raises
    ------
    CatalogError
        If the file is empty, has no rows, or cannot be decoded.
    """
    with reading(source.path, "text file"):
        chosen = choose_encoding(source, encoding)
        head = _head(source, chosen)
        preferred = "\t" if source.suffix in {".tsv", ".tab"} else None
        try:
            header = find_header(head, separator, preferred)
        except CatalogError as error:
            raise CatalogError(f"{source.path}: {error}") from None
        merchant = merchant_names(header.cells) if header.separator == "\t" else None
        cleaned = clean_names(merchant or header.cells, str(source.path))
        layout = _Layout(source, chosen, header.separator, cleaned.names)
        rows = _read(layout)
        problems = (*chosen.problems, *cleaned.problems, *_broken_problems(layout, rows))
    if rows.table.num_rows == 0:
        raise CatalogError(_no_rows(layout, problems))
    table, _ = normalise(rows.table, str(source.path))
    plain = "tsv" if header.separator == "\t" else "csv"
    form = "google-merchant-tsv" if merchant else plain
    return Loaded(table, form, source.path.parent, problems)


def _head(source: FileSource, encoding: Encoding) -> bytes:
    """Return the first whole lines of a file, as UTF-8."""
    head = b""
    for chunk in utf8_chunks(source, encoding):
        head += chunk
        if len(head) > _HEAD_BYTES:
            cut = max(head.rfind(b"\n", 0, _HEAD_BYTES), head.rfind(b"\r", 0, _HEAD_BYTES))
            if cut > 0 and head[:cut].strip():
                return head[: cut + 1]
    if not head.strip():
        raise CatalogError(
            f"{source.path}: is empty; a catalogue has a header that names the columns, "
            "and a row for each product"
        )
    return head


def _read(layout: _Layout) -> _Rows:
    for block_bytes in _BLOCK_BYTES:
        counter = _Counter()
        try:
            table = csv.read_csv(
                layout.open(), **_options(layout, counter.skip, block_bytes, threads=True)
            )
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            continue
        return _without_ends(table, counter)
    raise CatalogError(
        f"{layout.source.path}: a row is longer than 2 GiB; most likely a quote opens a field and "
        "never closes. Close it, or take it out"
    )


def _without_ends(table: pa.Table, counter: _Counter) -> _Rows:
    """Take off the header, which was read as the first row, and `_END`, read as the last."""
    lost_lines = counter.lost_lines
    if lost_lines:
        return _Rows(table.slice(1), counter.broken, lost_lines)
    last = [column[-1].as_py() or "" for column in table.columns]
    if last[0] != _END:
        lost_lines = _lines_before_end("".join(last))
    return _Rows(table.slice(1, max(table.num_rows - 2, 0)), counter.broken, lost_lines)


def _lines_before_end(text: str) -> int:
    return count_breaks(text.partition(_END)[0].rstrip("\r\n")) + 1


def _options(
    layout: _Layout, skip: Callable[[csv.InvalidRow], str], block_bytes: int, *, threads: bool
) -> dict[str, object]:
    return {
        "read_options": csv.ReadOptions(
            column_names=list(layout.names), block_size=block_bytes, use_threads=threads
        ),
        "parse_options": csv.ParseOptions(
            delimiter=layout.separator,
            newlines_in_values=True,
            ignore_empty_lines=threads,
            invalid_row_handler=skip,
        ),
        "convert_options": csv.ConvertOptions(
            column_types=dict.fromkeys(layout.names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    }


def _locate(layout: _Layout, *, to_the_end: bool) -> BrokenRowLocator:
    """Read again, record by record, for the lines on which broken rows stand."""
    for block_bytes in _BLOCK_BYTES:
        locator = BrokenRowLocator()
        options = _options(layout, locator.skip, block_bytes, threads=False)
        try:
            for batch in csv.open_csv(layout.open(), **options):
                locator.add(batch)
                if locator.enough() and not to_the_end:
                    break
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            continue
        break
    return locator


def _broken_problems(layout: _Layout, rows: _Rows) -> tuple[Problem, ...]:
    if not rows.broken and not rows.lost_lines:
        return ()
    locator = _locate(layout, to_the_end=rows.lost_lines > 0)
    problems = []
    if rows.broken:
        expected = len(layout.names)
        named = [
            f"line {row.line} ({row.fields} field{'s' * (row.fields != 1)}, {expected} expected)"
            for row in locator.rows()
            if _END not in row.text and row.text.strip()
        ][:NAMED_ROWS]
        more = ", ..." if rows.broken > len(named) else ""
        message = (
            f"{layout.source.path}: {rows.broken} row{'s' * (rows.broken != 1)} skipped for a "
            f"wrong number of fields: {', '.join(named)}{more}. "
            f"A {separator_name(layout.separator)} or a quote inside a value needs quotes around it"
        )
        problems.append(Problem("broken-row", rows.broken, message))
    if rows.lost_lines:
        message = (
            f"{layout.source.path}: line {locator.last_line()} opens a quote that never closes; "
            f"what follows to the end of the file ({rows.lost_lines} "
            f"line{'s' * (rows.lost_lines != 1)}) was skipped. Close the quote, or take it out"
        )
        problems.append(Problem("unclosed-quote", rows.lost_lines, message))
    return tuple(problems)


def _no_rows(layout: _Layout, problems: tuple[Problem, ...]) -> str:
    columns = len(layout.names)
    shown = ", ".join(layout.names[:5]) + (", ..." if columns > 5 else "")
    found = (
        f"{layout.source.path}: has a header with {columns} column{'s' * (columns != 1)} ({shown}; "
        f"separator {separator_name(layout.separator)}, encoding {layout.encoding.codec})"
    )
    lost = [problem.message for problem in problems if problem.rows]
    if lost:
        return f"{found} but no row that can be read. {' '.join(lost)}"
    return f"{found} but no rows; add a row for each product"
