"""The leaderboard: what a comparison found, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aisle import files
from aisle.errors import AisleError
from aisle.metrics import PairedDifference

LOWER_IS_BETTER = frozenset({"mae", "mae_log", "smape"})


@dataclass(frozen=True)
class Measure:
    """One measure over splits.

    Parameters
    ----------
    mean, deviation
        Over the splits; the standard deviation of one split is None.
    low, high
        The 95 % interval of the mean, corrected for splits that share rows; None with one split.
    values
        One a split, in the order of the leaderboard's seeds.
    """

    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one candidate did.

    Parameters
    ----------
    rank
        From 1; None for a candidate that failed or was not reached.
    name, kind, recipe, settings
        See `Candidate`.
    framework
        The libraries that train its heads.
    measures
        By name; empty for a candidate that failed or was not reached.
    difference
        To the reference, in the leaderboard's score, on the same splits; None for the reference
        itself, and where there is a single split.
    train_seconds, ms_per_product, megabytes
        Means over splits, of the time the median; see `Run`.
    fusions
        The fusion that each split's training rows chose.
    pareto
        Whether no other candidate is both better and quicker to answer.
    error
        Why there is no score; None if there is.
    """

    name: str
    kind: str
    recipe: str
    settings: tuple[str, ...]
    framework: str = ""
    rank: int | None = None
    measures: Mapping[str, Measure]
    difference: PairedDifference | None = None
    train_seconds: float | None = None
    ms_per_product: float | None = None
    megabytes: float | None = None
    fusions: tuple[str, ...] = ()
    pareto: bool = False
    error: str | None = None

    @property
    def tied(self) -> bool:
        """Whether the interval of the difference to the reference holds zero."""
        return self.difference is not None and self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """Candidates in the order of their scores.

    Parameters
    ----------
    rows
        The best first; those without a score last.
    score
        The measure that ranks: ``accuracy``, or for a quantity ``mae_log`` or ``mae``.
    reference
        The candidate that all others are compared with: the baseline asked for, or the best.
    target, task
        The column that was learned, and how.
    products, test
        The rows with a target, and the share of them in each test set.
    seeds
        Of the splits that every candidate with a score has finished.
    seeds_asked
        How many splits were asked for.
    seconds
        How long the comparison took this time, without runs that were finished before.
    resumed
        The runs that were finished before.
    stopped
        Whether the time ran out before every run was finished.
    """

    rows: tuple[Row, ...]
    score: str
    reference: str
    target: str
    task: str
    products: int
    test: float
    seeds: tuple[int, ...]
    seeds_asked: int
    seconds: float
    resumed: int = 0
    stopped: bool = False

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The rows that have a score."""
        return tuple(row for row in self.rows if row.rank is not None)

    @property
    def best(self) -> Row:
        """The winner."""
        return self.rows[0]

    @property
    def quickest_tied(self) -> Row:
        """The quickest to answer among the winner and those not clearly worse than it.

        Where the reference is not the winner, or with fewer than three splits, whose intervals say
        next to nothing, it is the winner.
        """
        if self.reference != self.best.name or len(self.seeds) < 3:
            return self.best
        tied = [row for row in self.ranked if row is self.best or row.tied]
        return min(tied, key=lambda row: row.ms_per_product or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return everything in the JSON shape of ``aisle compare``."""
        return asdict(self)

    def to_csv(self, path: str | Path) -> None:
        """Write one row a candidate, atomically.

        Raises
        ------
        AisleError
            If the file cannot be written, or its suffix is not ``.csv``.
        """
        from aisle.experiments.comparing.table import write_csv

        write_csv(self, path)

    def save(self, path: str | Path) -> None:
        """Write an HTML page, JSON or CSV, by the suffix, atomically.

        Raises
        ------
        AisleError
            If the suffix is another, or the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix in (".html", ".htm"):
            from aisle.experiments.comparing.page import leaderboard_page

            files.write_text(path, leaderboard_page(self))
        elif suffix == ".json":
            text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
            files.write_text(path, text + "\n")
        elif suffix == ".csv":
            self.to_csv(path)
        else:
            raise AisleError(
                f"{path}: a leaderboard is saved as .html, .json or .csv, not {suffix!r}"
            )
