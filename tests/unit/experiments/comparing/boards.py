"""Leaderboards made up for tests."""

from __future__ import annotations

from aisle.catalog import Task
from aisle.experiments.comparing import Candidate, Leaderboard
from aisle.experiments.comparing.ranking import Entry, ranked
from aisle.experiments.comparing.runs import Run


def entry(name: str, scores: list[float], ms: float = 1.0, **more: object) -> Entry:
    """A candidate with one accuracy a split."""
    runs = {
        seed: Run(
            seed=seed,
            scores={"accuracy": score, "macro_f1": score - 0.01, "weighted_f1": score},
            train_seconds=2.0 + seed,
            ms_per_product=ms,
            megabytes=1.5,
            fusion="late",
        )
        for seed, score in enumerate(scores)
    }
    candidate = Candidate(name, (f"text.head={name}", "image=null"), "fast", "head")
    return Entry(candidate, "scikit-learn", runs, **more)  # type: ignore[arg-type]


def entries() -> list[Entry]:
    return [
        entry("slow", [0.90, 0.92, 0.94], ms=20.0),
        entry("quick", [0.90, 0.91, 0.94], ms=2.0),
        entry("poor <b>", [0.60, 0.61, 0.62], ms=4.0),
        Entry(Candidate("broken", ("head=none",), "fast"), error="there is no head 'none'"),
    ]


def board(found: list[Entry] | None = None, baseline: str | None = None) -> Leaderboard:
    """Rank entries as a comparison does."""
    ranking = ranked(found or entries(), Task.CLASSIFY, 0.25, baseline)
    return Leaderboard(
        rows=ranking.rows,
        score=ranking.score,
        reference=ranking.reference,
        target="kind",
        task="classify",
        products=100,
        test=0.25,
        seeds=ranking.seeds,
        seeds_asked=3,
        seconds=12.0,
    )
