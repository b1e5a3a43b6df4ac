"""What the scripts that prepare public data sets share: options, rows in, the catalogue out.

Rows come one after another, so a data set may be larger than memory. The catalogue appears only
when it is whole, and nothing is left out without being counted.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
from downloading import photograph
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from aisle import AisleError
from aisle.catalog.images.fetching import ImageFetcher
from aisle.files import atomic_path

Row = dict[str, Any]

ROWS_AT_ONCE = 1_000
_PIECE_CHARACTERS = 2**20
_BETWEEN = re.compile(r"[\s,]*")


@dataclass
class Tally:
    """What became of the rows of a data set."""

    products: int = 0
    photographs: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    missing: list[tuple[str, str, str]] = field(default_factory=list)

    def told(self) -> str:
        """Return the tally in words, a line a fact."""
        lines = [f"{self.products:,} products"]
        if self.photographs or self.missing:
            lines.append(
                f"{self.photographs:,} photographs, {len(self.missing):,} could not be had"
            )
        lines += [f"{rows:,} left out: {reason}" for reason, rows in self.skipped.most_common()]
        return "\n".join(lines)


def arguments(described: str, *, downloads: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the options that the scripts share.

    Parameters
    ----------
    described
        What the script does; its first line is the summary of the help.
    downloads
        Whether photographs can be downloaded.
    """
    summary, _, rest = described.partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--limit", type=positive, help="stop after so many products")
    parser.add_argument(
        "--format", choices=("parquet", "csv"), default="parquet", help="of the catalogue"
    )
    if downloads:
        parser.add_argument(
            "--images", action="store_true", help="download photographs; else addresses are kept"
        )
        parser.add_argument(
            "--workers", type=positive, default=8, help="photographs to ask for at once"
        )
    return parser


def positive(text: str) -> int:
    """Return the whole number above 0 that an option gives."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, found {text!r}")
    return int(text)


def run(script: Callable[[Sequence[str] | None], None], given: Sequence[str] | None = None) -> int:
    """Run a script, and return its exit status; what a user can put right is told in words."""
    try:
        script(given)
    except AisleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def number(value: Any) -> float | None:
    """Return a number that may be written as text ("from 12.99", "N/A" and the like are none)."""
    try:
        found = float(str(value).replace("$", "").replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def joined(texts: Any, between: str = "\n") -> str | None:
    """Return a text, or a list of texts as one; what is neither (an object) is no text."""
    parts = texts if isinstance(texts, list | tuple) else [texts]
    kept = [str(part).strip() for part in parts if isinstance(part, str | int | float)]
    return between.join(part for part in kept if part) or None


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a text file, plain or compressed by gzip.

    Raises
    ------
    AisleError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            source: Any = gzip.GzipFile(fileobj=file) if packed else file
            yield io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
    except (OSError, EOFError) as error:
        raise AisleError(f"{path}: could not be read ({error}); is it whole?") from error


def objects(path: Path, tally: Tally) -> Iterator[Row]:
    """Yield the objects of JSON lines, or of one JSON list, a piece of the file at a time.

    Raises
    ------
    AisleError
        If the file cannot be read, or a list breaks off.
    """
    with opened(path) as file:
        first = file.read(1)
        while first.isspace():
            first = file.read(1)
        found = _items(file, path) if first == "[" else _lines(first, file)
        for item in found:
            if isinstance(item, dict):
                yield item
            else:
                tally.skipped["what is no JSON object"] += 1


def _lines(first: str, file: TextIO) -> Iterator[object]:
    """Yield the values of lines, None for one that is no JSON."""
    for line in file:
        whole, first = first + line, ""
        if whole.strip():
            try:
                yield json.loads(whole)
            except json.JSONDecodeError:
                yield None


def _items(file: TextIO, path: Path) -> Iterator[object]:
    """Yield the items of a list whose opening bracket has been read."""
    decoder = json.JSONDecoder()
    text, place, number = "", 0, 1
    while True:
        place = _BETWEEN.match(text, place).end()
        if text.startswith("]", place):
            return
        try:
            found, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            more = file.read(_PIECE_CHARACTERS)
            if not more:
                raise AisleError(
                    f"{path}: the list breaks off in item {number} ({error.msg}); the file may be "
                    "cut short: delete it and download it again"
                ) from error
            text, place = text[place:] + more, 0
            continue
        number += 1
        yield found


def table_rows(path: Path, *columns: str) -> Iterator[Row]:
    """Yield the rows of a CSV file whose header must have some columns.

    Raises
    ------
    AisleError
        If it cannot be read, or a column is missing.
    """
    csv.field_size_limit(2**31 - 1)
    with opened(path) as file:
        reader = csv.DictReader(file)
        there = reader.fieldnames or ()
        for column in columns:
            if column not in there:
                raise AisleError(
                    f"{path}: expected the column {column!r}, found {', '.join(there) or 'nothing'}"
                )
        yield from reader


def make_catalog(
    rows: Iterable[Row], schema: pa.Schema, given: argparse.Namespace, tally: Tally
) -> Path:
    """Write a catalogue, with photographs if they are asked for, and say what became of the rows.

    Parameters
    ----------
    rows
        The products; ``image`` holds an address or a path.
    schema
        The columns, the identifier first.
    given
        What the command line says; see `arguments`.
    tally
        What was left out so far.

    Returns
    -------
    Path
        Of ``catalog.parquet`` or ``catalog.csv``.

    Raises
    ------
    AisleError
        If there is no product, or the folder cannot be written to.
    """
    wanted = islice(rows, given.limit)
    if getattr(given, "images", False) is True:
        wanted = _with_photographs(wanted, schema.names[0], given, tally)
    path: Path = given.output / f"catalog.{given.format}"
    make = parquet.ParquetWriter if given.format == "parquet" else arrow_csv.CSVWriter
    with atomic_path(path) as temporary, make(temporary, schema) as writer:
        for batch in _batches(wanted):
            writer.write(pa.Table.from_pylist(batch, schema))
            tally.products += len(batch)
            print(f"\r{tally.products:,} products", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        if not tally.products:
            raise AisleError(f"there is no product to write: {tally.told()}")
    _list_missing(given.output / "missing-images.csv", tally)
    print(tally.told())
    print(f"written: {path}")
    return path


def _with_photographs(
    rows: Iterable[Row], key: str, given: argparse.Namespace, tally: Tally
) -> Iterator[Row]:
    """Download the photograph that each row names, and put its path there."""
    fetch = ImageFetcher(cache=False)
    with ThreadPoolExecutor(given.workers) as pool:
        for batch in _batches(rows):
            names = [str(row[key]) for row in batch]
            asked = [
                pool.submit(photograph, row["image"], name, given.output, fetch)
                for row, name in zip(batch, names, strict=True)
            ]
            for row, name, answer in zip(batch, names, asked, strict=True):
                path, reason = answer.result()
                tally.photographs += path is not None
                if path is None:
                    tally.missing.append((name, row["image"] or "", reason))
                yield {**row, "image": path}


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while batch := list(islice(source, ROWS_AT_ONCE)):
        yield batch


def _list_missing(path: Path, tally: Tally) -> None:
    """Write which photographs could not be had, and why; no file where there are none."""
    if not tally.missing:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("id", "address", "reason"), *tally.missing])
