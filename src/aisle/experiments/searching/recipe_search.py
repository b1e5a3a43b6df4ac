"""Searching for a recipe: expert by expert, on the same folds, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aisle.cache import cache_folder
from aisle.catalog import Catalog
from aisle.errors import TrainingError
from aisle.experiments.comparing.candidates import usable_experts
from aisle.experiments.comparing.estimating import tuning_seconds
from aisle.experiments.searching.choosing import finding
from aisle.experiments.searching.keys import search_key
from aisle.experiments.searching.ledger import Finished, Ledger
from aisle.experiments.searching.preparing import check_bounds, training_rows, with_target
from aisle.experiments.searching.sampling import check_optuna, propose
from aisle.experiments.searching.searched import Finding, Searched, Trial
from aisle.experiments.searching.shelf import Shelf
from aisle.experiments.searching.space import Space
from aisle.experiments.searching.target import ClassTarget, ValueTarget, make_target
from aisle.experiments.searching.trying import Trier
from aisle.models.parameters import check_seed
from aisle.models.recipe import Recipe, recipe_of_auto
from aisle.models.training import workers
from aisle.progress import Progress, silent

__all__ = ["RecipeSearch", "check_bounds", "search"]

SLOW_MINUTES = 10.0
"""From this much time on, heads that take long are tried too."""

MOST_TRIALS = 150
"""Trials of one expert after which its time goes to the others."""


def search(
    catalog: object,
    recipe: str | Path | Recipe = "auto",
    settings: Sequence[str] = (),
    *,
    minutes: float | None = None,
    trials: int | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    progress: Progress = silent,
) -> Searched:
    """Search for a recipe on out-of-fold answers of training rows.

    Parameters
    ----------
    catalog
        Products with a target, in any form that `Catalog.read` takes.
    recipe, settings
        What to begin with, as for `aisle.models.ProductClassifier`.
    minutes
        Time for trials, those of earlier runs of the same search included. The recipe's own plans
        are always tried to their end.
    trials
        Plans to try for each expert, the recipe's own included. The result then depends on nothing
        but the arguments, whether the search was interrupted or not.
    seed
        Of folds, heads and sampler.
    folder
        Where finished trials are kept; a folder of Aisle's cache when left out.
    progress
        Called as work goes on.

    Returns
    -------
    Searched

    Raises
    ------
    AisleError
        If neither `minutes` nor `trials` is given, Optuna is not installed, or the catalogue
        cannot be learned from.

    Notes
    -----
    Each expert's encoders and head are searched alone, by its mean out-of-fold loss (the log loss
    of calibrated probabilities, or the absolute error), on the folds that the model will use too;
    how experts are fused the model chooses itself. A plan is given up when it is clearly worse
    than the best one on the same rows. The recipe's own plan is tried first, and another takes its
    place only if it wins by more than noise. Out-of-fold scores of the winner are optimistic all
    the same: it was chosen by these very rows. What it is worth, rows say that had no part in it.

    Examples
    --------
    >>> import tempfile
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(12) for c in ("mug", "lamp")]
    >>> found = search(
    ...     Catalog.read(rows, target="kind"), "fast", ["folds=2"], trials=2,
    ...     folder=tempfile.mkdtemp(),
    ... )
    >>> [(trial.expert, trial.state) for trial in found.trials][0]
    ('text', 'complete')
    """
    return RecipeSearch.of(
        catalog, recipe, settings, minutes=minutes, trials=trials, seed=seed, folder=folder,
        progress=progress,
    ).run(progress)  # fmt: skip


@dataclass
class _ExpertSearch:
    """One expert's part of a search."""

    name: str
    stream: int
    space: Space
    ledger: Ledger
    resumed: int
    exhausted: bool = False


@dataclass
class RecipeSearch:
    """A search that is prepared.

    Parameters
    ----------
    catalog
        The rows that have a target, near-duplicates found.
    base
        The recipe to begin with.
    minutes, trials
        The bounds.
    seed
        Of folds, heads and sampler.
    left_out
        Experts that are not searched for, and why.
    """

    catalog: Catalog
    base: Recipe
    minutes: float | None
    trials: int | None
    seed: int
    left_out: dict[str, str]
    _target: ClassTarget | ValueTarget
    _experts: list[_ExpertSearch]

    @classmethod
    def of(
        cls,
        catalog: object,
        recipe: str | Path | Recipe = "auto",
        settings: Sequence[str] = (),
        *,
        minutes: float | None = None,
        trials: int | None = None,
        seed: int = 0,
        folder: str | Path | None = None,
        progress: Progress = silent,
    ) -> RecipeSearch:
        """Prepare a search; parameters and errors as for `search`."""
        check_bounds(minutes, trials)
        check_optuna()
        check_seed(seed)
        opened = with_target(catalog)
        if str(recipe).lower() == "auto":
            recipe = recipe_of_auto(opened.modalities)
        base = Recipe.load(recipe, opened.task, settings)
        rows = training_rows(opened, progress)
        folds = min(base.folds, len(np.unique(rows.groups)))
        if folds < 2:
            raise TrainingError(
                f"the {len(rows)} training rows are all near-duplicates of one another, or of one "
                "family: nothing can be held out to search on"
            )
        target = make_target(
            rows,
            rows.folds(folds, seed=seed),
            balanced=base.class_weights == "balanced",
            target_scale=base.target_scale,
        )
        slow = minutes is not None and minutes >= SLOW_MINUTES
        usable = usable_experts(base, rows)
        left_out = {n: "nothing to read" for n in base.experts if n not in usable}
        left_out |= {n: "fine-tuned" for n, plan in usable.items() if plan.tune is not None}
        spaces = {
            name: Space.of(plan, rows.task, slow=slow)
            for name, plan in usable.items()
            if name not in left_out
        }
        home = cache_folder() / "search" if folder is None else Path(folder)
        place = home / search_key(rows, base, spaces, seed)
        experts = []
        for stream, (name, space) in enumerate(spaces.items()):
            ledger = Ledger(place / f"expert-{stream}", len(rows))
            experts.append(_ExpertSearch(name, stream, space, ledger, len(ledger.trials)))
        return cls(rows, base, minutes, trials, seed, left_out, target, experts)

    @property
    def finished(self) -> int:
        """How many trials were finished by an earlier run."""
        return sum(expert.resumed for expert in self._experts)

    @property
    def seconds(self) -> float:
        """What all finished trials took."""
        return sum(expert.ledger.seconds for expert in self._experts)

    def run(self, progress: Progress = silent) -> Searched:
        """Try plans until time or number is used up, and choose; errors as for `search`."""
        trier = Trier(self.catalog, self.base, self._target, seed=self.seed, shelf=Shelf())
        for untried in self._experts:
            if not untried.ledger.trials:
                self._try(untried, trier, lambda: True, progress)
        start, before = time.perf_counter(), self.seconds

        def in_time() -> bool:
            spent = before + time.perf_counter() - start
            return self.minutes is None or spent < 60 * self.minutes

        while (expert := self._next()) is not None and in_time():
            self._tell(progress, expert)
            if not self._try(expert, trier, in_time, silent):
                break
        self._tell(progress, None)
        return self._searched()

    def _try(
        self,
        expert: _ExpertSearch,
        trier: Trier,
        go_on: Callable[[], bool],
        progress: Progress,
    ) -> bool:
        """Try the next plan of an expert; return False if time ran out within it."""
        ledger = expert.ledger
        known = [trial.known for trial in ledger.trials]
        proposal = propose(expert.space, known, seed=self.seed, stream=expert.stream)
        if proposal is None:
            expert.exhausted = True
            return True
        outcome = trier.attempt(expert.name, proposal.plan, ledger.best, go_on, progress)
        if outcome is None:
            return False
        ledger.add(Finished(proposal, outcome))
        return True

    def _next(self) -> _ExpertSearch | None:
        """Return the expert whose turn it is: the one that had least time so far, or trials."""
        most = MOST_TRIALS if self.trials is None else self.trials
        ready = [e for e in self._experts if not e.exhausted and len(e.ledger.trials) < most]
        if self.trials is not None:
            return min(ready, key=lambda e: len(e.ledger.trials), default=None)
        return min(ready, key=lambda e: e.ledger.seconds, default=None)

    def _tell(self, progress: Progress, expert: _ExpertSearch | None) -> None:
        what = "searching" if expert is None else f"searching: {expert.name}"
        if self.trials is not None:
            done = sum(min(self.trials, len(e.ledger.trials)) for e in self._experts)
            progress(what, done, self.trials * len(self._experts))
        elif self.minutes is not None:
            total = max(1, int(60 * self.minutes))
            progress(what, min(total, int(self.seconds)), total)

    def _searched(self) -> Searched:
        """Choose a plan for each expert, and put the recipe together."""
        findings: list[Finding] = []
        plans = dict(self.base.experts)
        once = 0.0
        for expert in self._experts:
            trials = self._counted(expert)
            told, best = finding(expert.name, expert.space.modality, trials, self._target)
            findings.append(told)
            plans[expert.name] = best.proposal.plan
            once += best.outcome.fit_seconds
        found = self.base
        if any(told.changed for told in findings):
            name = f"{self.base.name}-searched"
            found = self.base.model_copy(update={"name": name, "experts": plans})
        count = len(np.unique(self._target.fold_of))
        return Searched(
            recipe=found,
            base=self.base,
            task=self.catalog.task.value,
            findings=tuple(findings),
            trials=tuple(t for expert in self._experts for t in _listed(expert, self._counted)),
            rows=len(self.catalog),
            folds=count,
            seconds=self.seconds,
            resumed=self.finished,
            fit_seconds=self._fit_seconds(once, count),
            left_out=self.left_out,
        )

    def _counted(self, expert: _ExpertSearch) -> list[Finished]:
        """Return the trials that count: an earlier run may have made more than are asked for."""
        return expert.ledger.trials[: self.trials]

    def _fit_seconds(self, once: float, folds: int) -> float:
        """Estimate a fit: each fold and all rows, early fusion as long again as all experts.

        Networks are tuned one after the other, and were no part of the search.
        """
        fused = 2.0 if len(self._experts) > 1 and "early" in self.base.fusion.methods else 1.0
        found = once * fused * (folds + 1) / folds / min(folds + 1, workers(len(self.catalog)))
        return found + tuning_seconds(self.base, self.catalog)


def _listed(
    expert: _ExpertSearch, counted: Callable[[_ExpertSearch], list[Finished]]
) -> list[Trial]:
    return [
        Trial(
            expert=expert.name,
            number=number,
            plan=trial.proposal.plan,
            state=trial.outcome.state,
            folds=trial.outcome.folds,
            loss=trial.outcome.loss,
            seconds=trial.outcome.seconds,
            error=trial.outcome.error,
        )
        for number, trial in enumerate(counted(expert))
    ]
