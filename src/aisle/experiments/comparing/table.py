"""A leaderboard as a table of one row a candidate."""

from __future__ import annotations

import shlex
from pathlib import Path

import pyarrow as pa

from aisle.catalog.writing import write_table
from aisle.errors import AisleError
from aisle.experiments.comparing.leaderboard import Leaderboard, Measure, Row

Cell = str | float | int | None


def write_csv(board: Leaderboard, path: str | Path) -> None:
    """Write a leaderboard as CSV, atomically; see `Leaderboard.to_csv`."""
    if Path(path).suffix.lower() != ".csv":
        raise AisleError(f"{path}: the table of a leaderboard is written as .csv")
    measures = list(board.best.measures) if board.rows else []
    rows = [_cells(row, measures, board.seeds) for row in board.rows]
    write_table(pa.Table.from_pylist(rows), path)


def _cells(row: Row, measures: list[str], seeds: tuple[int, ...]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"rank": row.rank, "name": row.name, "kind": row.kind}
    for name in measures:
        cells |= _measure(name, row.measures.get(name))
    apart = row.difference
    cells["difference"] = apart.mean if apart else None
    cells["difference_low"] = apart.low if apart else None
    cells["difference_high"] = apart.high if apart else None
    cells |= {
        "train_seconds": row.train_seconds,
        "ms_per_product": row.ms_per_product,
        "megabytes": row.megabytes,
        "framework": row.framework,
        "pareto": str(row.pareto).lower() if row.rank is not None else None,
        "seeds": len(seeds) if row.rank is not None else 0,
        "recipe": row.recipe,
        "settings": shlex.join(row.settings),
        "error": row.error,
    }
    return cells


def _measure(name: str, found: Measure | None) -> dict[str, Cell]:
    return {
        name: found.mean if found else None,
        f"{name}_low": found.low if found else None,
        f"{name}_high": found.high if found else None,
        f"{name}_deviation": found.deviation if found else None,
    }
