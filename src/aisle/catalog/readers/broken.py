"""Where the broken rows of a delimited file stand: a slower pass, made only if there are any."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

NAMED_ROWS = 10


@dataclass(frozen=True)
class BrokenRow:
    """One row that Arrow skipped: the file's line on which it begins (1-based), and what it is."""

    line: int
    fields: int
    text: str


@dataclass(eq=False)
class BrokenRowLocator:
    """Collects what Arrow reports of broken rows and of whole ones, to count lines from it.

    Arrow numbers records, not lines. A record takes one line more for each line break inside its
    quotes, so the lines before a broken row follow from the values of the rows around it. Blank
    lines must come as rows (``ignore_empty_lines=False``).
    """

    _skipped: list[BrokenRow] = field(default_factory=list)
    _records: list[int] = field(default_factory=list)
    _newlines: list[NDArray[np.int64]] = field(default_factory=list)

    def skip(self, row: csv.InvalidRow) -> str:
        """Note a broken row and have Arrow skip it; needs ``use_threads=False``."""
        self._skipped.append(BrokenRow(0, row.actual_columns, row.text))
        self._records.append(row.number - 1)
        return "skip"

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the line breaks inside the values of whole rows."""
        total = np.zeros(batch.num_rows, dtype=np.int64)
        for column in batch.columns:
            total += _breaks_in(column)
        self._newlines.append(total)

    def enough(self) -> bool:
        """Say whether the rows that a message names have been passed."""
        if len(self._skipped) < NAMED_ROWS:
            return False
        # Arrow parses ahead: what it has skipped can stand behind rows not counted yet.
        return sum(bool(row.text.strip()) for row in self.rows()) >= NAMED_ROWS

    def rows(self) -> tuple[BrokenRow, ...]:
        """Return the skipped rows met so far, each with its line."""
        before = self._lines_before()
        return tuple(
            replace(row, line=int(before[record]) + 1)
            for row, record in zip(self._skipped, self._records, strict=True)
            if record < len(before)
        )

    def last_line(self) -> int:
        """Return the line on which the last record begins, whole or skipped."""
        return int(self._lines_before()[-1]) + 1

    def _lines_before(self) -> NDArray[np.int64]:
        """Count the lines before each record: int64 (records,)."""
        newlines = np.concatenate([np.zeros(0, dtype=np.int64), *self._newlines])
        lines = np.ones(len(newlines) + len(self._records), dtype=np.int64)
        whole = np.ones(len(lines), dtype=bool)
        for row, record in zip(self._skipped, self._records, strict=True):
            # Arrow may have parsed a block of which no batch was asked for yet.
            if record < len(lines):
                whole[record] = False
                lines[record] += count_breaks(row.text)
        places = np.flatnonzero(whole)[: len(newlines)]
        lines[places] += newlines[: len(places)]
        return np.cumsum(lines) - lines


def count_breaks(text: str) -> int:
    """Return how many line ends a text holds; a carriage return with a line feed is one."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _breaks_in(column: pa.Array) -> NDArray[np.int64]:
    counts = [pc.count_substring(column, pattern=sign) for sign in ("\n", "\r", "\r\n")]
    filled = [np.asarray(pc.fill_null(count, 0), dtype=np.int64) for count in counts]
    return filled[0] + filled[1] - filled[2]
