"""Cross-fitting: every training row is answered by experts that have not seen it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import Answer, ClassExpert, ValueExpert, stacked
from aisle.heads import quietly
from aisle.models.plan import Plan
from aisle.neural.training import abandonable, stop_if_abandoned
from aisle.progress import Progress
from aisle.threads import cores

Rows = npt.NDArray[np.int64]
AnyExpert = ClassExpert | ValueExpert
Learn = Callable[[AnyExpert, Features, Rows, Features | None], None]
"""Fits an expert on features of the given training rows, and of all rows that say when to stop, if
there are any; it knows the targets."""

CROWD = 200_000
"""Rows above which folds are fitted one after another, to spare memory."""


@dataclass(frozen=True, eq=False)
class Watched:
    """Rows that say when to stop training, and teach nothing.

    Parameters
    ----------
    catalog
        The rows, all with a target.
    described
        What the encoders in two stages say of them before anything is learned.
    """

    catalog: Catalog
    described: Mapping[str, Features]


@dataclass(frozen=True, eq=False)
class Trial:
    """What is fitted again and again on parts of the training rows.

    Parameters
    ----------
    plan
        Encoders and experts, not fitted.
    catalog
        The training rows.
    described
        What the encoders in two stages say of all rows before anything is learned.
    learn
        Fits an expert.
    watched
        Rows for early stopping, if there are any and some expert stops early.
    """

    plan: Plan
    catalog: Catalog
    described: Mapping[str, Features]
    learn: Learn
    watched: Watched | None = None

    def answers(self, train: Rows, held: Rows, step: Callable[[], None]) -> dict[str, Answer]:
        """Fit a fresh plan on some rows, and return what its experts say of others."""
        here = self.plan.fresh(passing=True)
        features = here.fit_encoders(self.catalog.take(train), self._described(train))
        unseen = here.transform(self.catalog.take(held), self._described(held))
        stopping = self._stopping(here)
        step()
        answers = {}
        for name, expert in here.experts.items():
            self._learn(expert, features, train, stopping)
            answers[name] = expert.raw(expert.gather(unseen))
            step()
        return answers

    def whole(self, step: Callable[[], None]) -> tuple[Plan, dict[str, Features]]:
        """Fit a fresh plan on all rows, and return it with their features."""
        final = self.plan.fresh()
        features = final.fit_encoders(self.catalog, self.described)
        stopping = self._stopping(final)
        step()
        for expert in final.experts.values():
            self._learn(expert, features, np.arange(len(self.catalog)), stopping)
            step()
        return final, features

    def _stopping(self, plan: Plan) -> dict[str, Features] | None:
        """Return the features of the rows for early stopping."""
        if self.watched is None or not any(e.stops_early for e in plan.experts.values()):
            return None
        return plan.transform(self.watched.catalog, self.watched.described)

    def _learn(
        self,
        expert: AnyExpert,
        features: Mapping[str, Features],
        rows: Rows,
        stopping: Mapping[str, Features] | None,
    ) -> None:
        watched = stopping is not None and expert.stops_early
        shown = expert.gather(stopping) if stopping is not None and watched else None
        self.learn(expert, expert.gather(features), rows, shown)

    def _described(self, rows: Rows) -> dict[str, Features]:
        return {name: features.take(rows) for name, features in self.described.items()}


@dataclass(frozen=True, eq=False)
class Trained:
    """Experts fitted on all rows, and what their like said of rows they had not seen.

    Parameters
    ----------
    plan
        Encoders and experts, fitted.
    features
        Of all training rows, by encoder, as the fitted experts read them.
    fold_of
        The fold of each row, int64 (rows,).
    out_of_fold
        By expert, the uncalibrated answer for every training row.
    """

    plan: Plan
    features: Mapping[str, Features]
    fold_of: Rows
    out_of_fold: Mapping[str, Answer]


def cross_fit(trial: Trial, *, folds: int, seed: int, progress: Progress) -> Trained:
    """Fit once a fold for out-of-fold answers, and once on all rows for use.

    Encoders are fitted anew in each fold too, so that an out-of-fold row meets the same unknown
    words as a product that comes tomorrow; only what encoders say of a product without having
    learned anything is kept. Folds are stratified and keep near-duplicates together; a class with a
    single product is never known when its turn comes, and counts as an error: the share of such
    rows estimates how many products of unknown classes are to be expected (Good, 1953).

    If a fold fails, or on an interrupt from the keyboard, the others stop at their next step;
    networks that are being tuned keep their checkpoints.

    Raises
    ------
    TrainingError
        If the rows form fewer than two groups, so that nothing can be held out.
    """
    rows = len(trial.catalog)
    count = min(folds, len(np.unique(trial.catalog.groups)))
    if count < 2:
        raise TrainingError(
            f"the {rows} training rows are all near-duplicates of one another, or of one "
            "family: nothing can be held out to check a model on"
        )
    fold_of = trial.catalog.folds(count, seed=seed)
    held = [np.flatnonzero(fold_of == fold) for fold in range(count)]
    apart = [some for some in held if 0 < len(some) < rows]
    step = Steps(progress, "training", (len(apart) + 1) * (1 + len(trial.plan.experts)))

    def fold(some: Rows) -> dict[str, Answer]:
        return trial.answers(np.setdiff1d(np.arange(rows), some), some, step)

    with quietly(), abandonable(workers(rows)) as pool:
        last = pool.submit(trial.whole, step)
        answers = list(pool.map(fold, apart))
        final, features = last.result()
    back = np.argsort(np.concatenate(apart))
    out_of_fold = {
        name: stacked([a[name] for a in answers]).take(back) for name in trial.plan.experts
    }
    return Trained(final, features, fold_of, out_of_fold)


def workers(rows: int) -> int:
    """Return how many folds are fitted at a time; the result is the same for any number."""
    return 1 if rows > CROWD else min(4, cores())


class Steps:
    """Counts finished steps from several threads."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total = progress, what, total
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Count one more; raises CancelledError where nobody waits for the work any more."""
        stop_if_abandoned()
        with self._lock:
            self._done += 1
            self._progress(self._what, self._done, self._total)
