"""The learning curve: how the score grows with the number of training products."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from aisle.fusion import Answer, taken
from aisle.heads import quietly
from aisle.models.training import CROWD, Rows, Steps, Trained, Trial, workers
from aisle.neural.training import abandonable
from aisle.progress import Progress

Score = Callable[[Mapping[str, Answer], Rows], float]
"""Judges the experts' answers for the given training rows."""

SHARES = (0.125, 0.25, 0.5)
"""The shares of the training rows that are measured, besides all."""

FOLDS = 2
"""Folds whose rows are held out to measure on."""

FEWEST = 80
"""With fewer rows than this, the points of a learning curve are mostly noise."""


def learning_curve(
    trial: Trial, trained: Trained, score: Score, *, seed: int, progress: Progress
) -> list[dict[str, float]]:
    """Score models fitted on growing shares of the rows, always on the same rows held out.

    Parameters
    ----------
    trial
        What to fit.
    trained
        What cross-fitting on all rows gave: the last point.
    score
        Judges answers.
    seed
        For the choice of rows.
    progress
        Called as work goes on.

    Returns
    -------
    list of dict
        ``rows`` (how many trained) and ``score``, from few rows to all; empty with fewer than
        `FEWEST` rows.
    """
    rows = len(trial.catalog)
    if rows < FEWEST:
        return []
    folds = np.unique(trained.fold_of)[: FOLDS if rows <= CROWD else 1]
    held = [np.flatnonzero(trained.fold_of == fold) for fold in folds]
    fits = len(SHARES) * len(folds)
    step = Steps(progress, "learning curve", fits * (1 + len(trial.plan.experts)))

    def point(share: float, some: Rows) -> tuple[float, float]:
        others = np.random.default_rng(seed).permutation(np.setdiff1d(np.arange(rows), some))
        train = np.sort(others[: max(2, round(share * len(others)))])
        return len(train), score(trial.answers(train, some, step), some)

    jobs = [(share, some) for share in SHARES for some in held]
    with quietly(), abandonable(workers(rows)) as pool:
        found = list(pool.map(lambda job: point(*job), jobs))
    everything = {name: trained.out_of_fold[name] for name in trial.plan.experts}
    found += [(rows - len(some), score(taken(everything, some), some)) for some in held]
    sizes = [len(some) for some in held]
    points = np.average(np.reshape(found, (-1, len(held), 2)), axis=1, weights=sizes)
    return [{"rows": round(float(size)), "score": float(value)} for size, value in points]
