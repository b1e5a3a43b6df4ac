"""What every reader returns: an Arrow table, and what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from aisle.catalog.problem import Problem


@dataclass(frozen=True, eq=False)
class Loaded:
    """Rows as found, before any role is given to a column.

    Parameters
    ----------
    table
        Every column of the source. Text formats give string columns (an empty field is null);
        typed formats keep their types.
    format
        ``csv``, ``tsv``, ``jsonl``, ``parquet``, ``arrow``, ``google-merchant-xml``, ``folder`` ...
    root
        The folder against which relative image references resolve; None for rows from memory.
    problems
        Rows that could not be read, counted and located by file and line.
    """

    table: pa.Table
    format: str
    root: Path | None = None
    problems: tuple[Problem, ...] = ()
