"""Which character separates the fields of a text file, told by how even the rows become."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from pyarrow import csv

from aisle.errors import CatalogError

SEPARATORS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


@dataclass(frozen=True)
class Header:
    """The first record of a text file, split.

    Parameters
    ----------
    separator
        One character.
    cells
        The fields of the first record, quotes taken off.
    """

    separator: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class _Trial:
    """How a separator fares: `even` is the share of rows with as many fields as the header."""

    header: Header
    even: float

    @property
    def score(self) -> tuple[bool, float, int]:
        columns = len(self.header.cells)
        return columns > 1, self.even, columns


def find_header(head: bytes, asked: str | None, preferred: str | None) -> Header:
    """Split the first record, with the separator asked for or the one that fits best.

    A separator fits if the header has more than one field, and the more rows have as many fields
    as the header. Separators between quotes do not count.

    Parameters
    ----------
    head
        The beginning of the file as UTF-8, whole lines, not blank.
    asked
        The separator that the user names; None to detect it.
    preferred
        The one that the file's name suggests; it wins where several fit alike.

    Raises
    ------
    CatalogError
        If `asked` is not one character, or a quote in the first record never closes.
    """
    if asked is None:
        candidates = sorted(SEPARATORS, key=lambda separator: separator != preferred)
    else:
        candidates = [_one_character(asked)]
    trials = [_trial(head, separator) for separator in candidates]
    fitting = [trial for trial in trials if trial is not None]
    if not fitting:
        raise CatalogError(
            "the header (line 1) opens a quote that never closes; close it or take it out"
        )
    return max(fitting, key=lambda trial: trial.score).header


def separator_name(separator: str) -> str:
    """Return a word for a separator, such as ``comma``."""
    return _NAMES.get(separator, repr(separator))


def _one_character(asked: str) -> str:
    spoken = {"\\t": "\t", **{name: sign for sign, name in _NAMES.items()}}
    separator = spoken.get(asked, asked)
    if len(separator) != 1 or not separator.isascii() or separator in '"\r\n\0':
        raise CatalogError(
            f"separator {asked!r} cannot separate fields; give one character, such as ',' ';' "
            "'|' or a tab"
        )
    return separator


def _trial(head: bytes, separator: str) -> _Trial | None:
    uneven = 0

    def skip(row: csv.InvalidRow) -> str:
        nonlocal uneven
        uneven += 1
        return "skip"

    most_columns = head.count(separator.encode()) + 1
    texts = {f"f{place}": pa.string() for place in range(most_columns)}
    try:
        table = csv.read_csv(
            pa.BufferReader(head),
            read_options=csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=len(head) + 1
            ),
            parse_options=csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=csv.ConvertOptions(column_types=texts, null_values=[]),
        )
    except pa.ArrowInvalid:
        # A quote in the first record never closes.
        return None
    cells = tuple(str(column[0].as_py()) for column in table.columns)
    rows = table.num_rows - 1 + uneven
    even = (table.num_rows - 1) / rows if rows else 1.0
    return _Trial(Header(separator, cells), even)
