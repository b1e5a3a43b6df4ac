"""From runs to ranked rows: means, intervals, and differences on the same splits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from aisle.catalog import Task
from aisle.errors import AisleError
from aisle.experiments.comparing.candidates import Candidate
from aisle.experiments.comparing.leaderboard import LOWER_IS_BETTER, Measure, Row
from aisle.experiments.comparing.runs import Run
from aisle.metrics import paired_difference

NOT_REACHED = "not reached: the time ran out before its first split was finished"


@dataclass
class Entry:
    """A candidate with the runs that it has finished, by seed."""

    candidate: Candidate
    framework: str = ""
    runs: dict[int, Run] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class Ranking:
    """Rows in order, the measure that ranks, the reference, and the seeds they rest on."""

    rows: tuple[Row, ...]
    score: str
    reference: str
    seeds: tuple[int, ...]


def ranked(entries: Sequence[Entry], task: Task, test: float, baseline: str | None) -> Ranking:
    """Rank candidates by their mean over the splits that all of them have finished.

    Raises
    ------
    AisleError
        If no candidate has a score.
    """
    scored = [entry for entry in entries if entry.runs and entry.error is None]
    if not scored:
        told = "; ".join(f"{e.candidate.name}: {e.error or NOT_REACHED}" for e in entries[:3])
        raise AisleError(f"not one of {len(entries)} candidates has a score ({told})")
    seeds = tuple(sorted(set.intersection(*(set(entry.runs) for entry in scored))))
    if not seeds:
        raise AisleError("the candidates have no split in common: give them more time")
    score = _score(scored, seeds, task)
    rows = [_row(entry, seeds, test) for entry in scored]
    sign = 1.0 if score in LOWER_IS_BETTER else -1.0
    rows.sort(key=lambda row: (sign * row.measures[score].mean, row.ms_per_product or 0.0))
    reference = _reference(rows, baseline)
    against = next(row for row in rows if row.name == reference).measures[score].values
    front = _front(rows, score)
    done = [
        replace(
            row,
            rank=rank,
            pareto=row.name in front,
            difference=None
            if row.name == reference or len(seeds) < 2
            else paired_difference(row.measures[score].values, against, test_share=test),
        )
        for rank, row in enumerate(rows, start=1)
    ]
    rest = [_without_score(entry) for entry in entries if entry not in scored]
    return Ranking((*done, *rest), score, reference, seeds)


def _score(scored: Sequence[Entry], seeds: Sequence[int], task: Task) -> str:
    """Return the measure that ranks: relative errors where every value allows them."""
    if task is Task.CLASSIFY:
        return "accuracy"
    logs = [entry.runs[seed].scores.get("mae_log") for entry in scored for seed in seeds]
    return "mae" if any(value is None for value in logs) else "mae_log"


def _reference(rows: Sequence[Row], baseline: str | None) -> str:
    names = [row.name for row in rows]
    if baseline is not None and baseline not in names:
        raise AisleError(
            f"the baseline {baseline!r} has no score; candidates with one: {', '.join(names)}"
        )
    return baseline or names[0]


def _row(entry: Entry, seeds: Sequence[int], test: float) -> Row:
    runs = [entry.runs[seed] for seed in seeds]
    candidate = entry.candidate
    return Row(
        name=candidate.name,
        kind=candidate.kind,
        recipe=candidate.recipe,
        settings=candidate.settings,
        framework=entry.framework,
        measures={name: found for name in runs[0].scores if (found := _measure(runs, name, test))},
        train_seconds=float(np.mean([run.train_seconds for run in runs])),
        ms_per_product=float(np.median([run.ms_per_product for run in runs])),
        megabytes=float(np.mean([run.megabytes for run in runs])),
        fusions=tuple(run.fusion for run in runs),
    )


def _measure(runs: Sequence[Run], name: str, test: float) -> Measure | None:
    """Return a measure over splits; None where a split has none."""
    values = [run.scores.get(name) for run in runs]
    known = tuple(float(v) for v in values if v is not None and math.isfinite(v))
    if len(known) < len(values):
        return None
    if len(known) < 2:
        return Measure(known[0], None, None, None, known)
    found = paired_difference(known, [0.0] * len(known), test_share=test)
    return Measure(found.mean, float(np.std(known, ddof=1)), found.low, found.high, known)


def _without_score(entry: Entry) -> Row:
    candidate = entry.candidate
    return Row(
        name=candidate.name,
        kind=candidate.kind,
        recipe=candidate.recipe,
        settings=candidate.settings,
        framework=entry.framework,
        measures={},
        error=entry.error or NOT_REACHED,
    )


def _front(rows: Sequence[Row], score: str) -> set[str]:
    """Name the rows, the best first, of which none better is as quick to answer."""
    front: set[str] = set()
    quickest = math.inf
    for row in rows:
        taken = row.ms_per_product or 0.0
        if taken < quickest:
            front.add(row.name)
            quickest = taken
    return front
