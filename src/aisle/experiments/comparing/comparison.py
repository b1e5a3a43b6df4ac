"""Comparing candidates: the same splits for all of them, one split after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.experiments.comparing.candidates import Candidate, framework_of, usable_experts
from aisle.experiments.comparing.estimating import expected_seconds
from aisle.experiments.comparing.grid import default_candidates
from aisle.experiments.comparing.leaderboard import Leaderboard
from aisle.experiments.comparing.measuring import encode_once, measure
from aisle.experiments.comparing.ranking import Entry, ranked
from aisle.experiments.comparing.runs import Journal, Run, fingerprint, run_key
from aisle.experiments.encoder_digests import encoder_digests
from aisle.models.recipe import Recipe
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)


def compare(
    catalog: object,
    candidates: Sequence[Candidate] | None = None,
    *,
    seeds: int = 5,
    test: float = 0.25,
    baseline: str | None = None,
    minutes: float | None = None,
    journal: str | Path | None = None,
    progress: Progress = silent,
) -> Leaderboard:
    """Compare candidates on the same duplicate-safe splits.

    Parameters
    ----------
    catalog
        Products with a target, in any form that `Catalog.read` takes.
    candidates
        What to compare; `default_candidates` when left out.
    seeds
        How many splits: seeds 0 to `seeds` - 1, each of the split and of the models on it.
    test
        The share of rows in each test set.
    baseline
        The candidate that the others are compared with; the best when left out.
    minutes
        Start nothing more after that time, and rank what there is.
    journal
        A file of JSON lines that keeps finished runs, so that a comparison can go on.
    progress
        Called as work goes on.

    Returns
    -------
    Leaderboard

    Raises
    ------
    AisleError
        If the catalogue has no target, two candidates have one name, or none has a score.

    Notes
    -----
    Every candidate chooses fusion, calibration and thresholds on its own training rows; test rows
    only score it. The winner was picked on test rows, though, so that its score flatters it a
    little. Intervals and differences are Student's with the variance corrected for splits that
    share rows (Nadeau and Bengio, 2003).

    Examples
    --------
    >>> from aisle import Catalog
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(12) for c in ("mug", "lamp")]
    >>> quick = ("folds=2",)
    >>> board = compare(
    ...     Catalog.read(rows, target="kind"),
    ...     [Candidate("logistic", quick, "fast"), Candidate("svm", (*quick, "head=svm"), "fast")],
    ...     seeds=2,
    ... )
    >>> [row.measures["accuracy"].mean for row in board.rows]
    [1.0, 1.0]
    """
    return Comparison.of(
        catalog, candidates, seeds=seeds, test=test, journal=journal, progress=progress
    ).run(baseline=baseline, minutes=minutes, progress=progress)


@dataclass
class Comparison:
    """A comparison that is prepared: what will be run, what was before, and how long it may take.

    Parameters
    ----------
    catalog
        The products that have a target, near-duplicates found.
    entries
        The candidates; one whose recipe is not valid carries its error already.
    recipes
        By candidate's name, for those that are valid.
    seeds, test
        Of the splits.
    keys
        What each run is known by in the journal.
    journal
        Keeps finished runs.
    """

    catalog: Catalog
    entries: list[Entry]
    recipes: dict[str, Recipe]
    seeds: int
    test: float
    keys: dict[tuple[str, int], str]
    journal: Journal = field(repr=False)

    @classmethod
    def of(
        cls,
        catalog: object,
        candidates: Sequence[Candidate] | None = None,
        *,
        seeds: int = 5,
        test: float = 0.25,
        journal: str | Path | None = None,
        progress: Progress = silent,
    ) -> Comparison:
        """Prepare a comparison; parameters and errors as for `compare`."""
        opened = Catalog.read(catalog)
        if opened.schema.target is None:
            raise AisleError("name the column to learn: the catalogue has no target")
        if seeds < 1:
            raise AisleError(f"seeds: expected 1 or more, found {seeds}")
        rows = opened.take(np.flatnonzero(opened.has_target))
        rows.find_groups(progress)
        chosen = default_candidates(rows) if candidates is None else tuple(candidates)
        _check_names(chosen)
        entries, recipes = [], {}
        for candidate in chosen:
            entry = Entry(candidate)
            entries.append(entry)
            try:
                recipe = candidate.load(rows.task)
                entry.framework = framework_of(recipe, rows)
                recipes[candidate.name] = recipe
            except (AisleError, ImportError) as error:
                entry.error = str(error)
        known = fingerprint(rows)
        keys = {}
        for name, recipe in recipes.items():
            encoders = encoder_digests(usable_experts(recipe, rows).values())
            for seed in range(seeds):
                keys[name, seed] = run_key(known, recipe, test, seed, encoders)
        return cls(rows, entries, recipes, seeds, test, keys, Journal(journal))

    @property
    def finished(self) -> int:
        """How many runs were finished before."""
        return sum(self.journal.get(key) is not None for key in self.keys.values())

    @property
    def expected_seconds(self) -> float:
        """About how long the runs take that are not finished yet; rough."""
        return sum(
            expected_seconds(self.recipes[name], self.catalog)
            for (name, _), key in self.keys.items()
            if self.journal.get(key) is None
        )

    def run(
        self,
        *,
        baseline: str | None = None,
        minutes: float | None = None,
        progress: Progress = silent,
    ) -> Leaderboard:
        """Run what is not finished yet, and rank; parameters and errors as for `compare`."""
        if baseline is not None and baseline not in {e.candidate.name for e in self.entries}:
            names = ", ".join(entry.candidate.name for entry in self.entries)
            raise AisleError(f"there is no candidate {baseline!r} for a baseline; found {names}")
        start = time.perf_counter()
        deadline = None if minutes is None else start + 60 * minutes
        resumed = self.finished
        if resumed < len(self.keys):
            encode_once(list(self.recipes.values()), self.catalog, progress)
        stopped = not self._run_all(deadline, progress)
        ranking = ranked(self.entries, self.catalog.task, self.test, baseline)
        return Leaderboard(
            rows=ranking.rows,
            score=ranking.score,
            reference=ranking.reference,
            target=str(self.catalog.schema.target),
            task=self.catalog.task.value,
            products=len(self.catalog),
            test=self.test,
            seeds=ranking.seeds,
            seeds_asked=self.seeds,
            seconds=time.perf_counter() - start,
            resumed=resumed,
            stopped=stopped,
        )

    def _run_all(self, deadline: float | None, progress: Progress) -> bool:
        """Run split by split, so that time that runs out leaves all with the same splits."""
        total = len(self.keys)
        done = 0
        whole = True
        for seed in range(self.seeds):
            train, test = self.catalog.split(test=self.test, seed=seed)
            for entry in self.entries:
                name = entry.candidate.name
                if name not in self.recipes or entry.error is not None:
                    continue
                progress(f"split {seed + 1} of {self.seeds}: {name}", done, total)
                done += 1
                run = self.journal.get(self.keys[name, seed])
                if run is None:
                    if deadline is not None and time.perf_counter() >= deadline:
                        whole = False
                        continue
                    run = measure(self.recipes[name], train, test, seed)
                    self._keep(entry, seed, run)
                entry.runs[seed] = run
                entry.error = run.error
        return whole

    def _keep(self, entry: Entry, seed: int, run: Run) -> None:
        """Write a run down, unless it failed: it is tried again the next time."""
        if run.error is None:
            self.journal.add(self.keys[entry.candidate.name, seed], run)
        else:
            logger.warning("%s, split %d: %s", entry.candidate.name, seed, run.error)


def _check_names(candidates: Sequence[Candidate]) -> None:
    names = [candidate.name for candidate in candidates]
    if not names:
        raise AisleError("there is no candidate to compare")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AisleError(f"two candidates are called {twice[0]!r}; give each a name of its own")
