"""Candidates compared on the same splits, as a Markdown table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from aisle import Catalog
from aisle.experiments.comparing import Candidate, Leaderboard, compare
from aisle.experiments.comparing.leaderboard import Measure, Row
from benchmarks.common import encoder_folders, table

JOURNAL = os.environ.get("AISLE_JOURNAL")
"""A file that keeps finished runs, so that a measurement that was cut off can go on."""


def board(
    catalog: Catalog, candidates: Sequence[Candidate], *, seeds: int, baseline: str
) -> Leaderboard:
    """Compare candidates, with the networks beside the project."""
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    journal = None if JOURNAL is None else Path(JOURNAL)
    found = compare(catalog, candidates, seeds=seeds, baseline=baseline, journal=journal)
    for row in found.rows:
        if row.error is not None:
            raise SystemExit(f"{row.name}: {row.error}")
    return found


def board_table(found: Leaderboard, order: Sequence[str] = ()) -> str:
    """Return a leaderboard as a table, in an order of names, or the best first."""
    measures = list(found.best.measures)
    rows = list(found.rows)
    if order:
        rows.sort(key=lambda row: order.index(row.name))
    header = ("candidate", *(name.replace("_", " ") for name in measures))
    return table(
        (*header, f"difference to {found.reference}", "training, s", "ms a product", "MB"),
        [_line(row, measures) for row in rows],
    )


def _line(row: Row, measures: Sequence[str]) -> tuple[str, ...]:
    apart = row.difference
    return (
        row.name,
        *(_told(row.measures[name]) for name in measures),
        "" if apart is None else f"{apart.mean:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]",
        f"{row.train_seconds or 0:.0f}",
        f"{row.ms_per_product or 0:.2f}",
        f"{row.megabytes or 0:.2f}",
    )


def _told(measure: Measure) -> str:
    """Return a mean and the standard deviation between splits."""
    spread = "" if measure.deviation is None else f" ± {measure.deviation:.4f}"
    return f"{measure.mean:.4f}{spread}"
