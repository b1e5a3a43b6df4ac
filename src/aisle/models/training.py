"""Cross-fitting: every training row is answered by experts that have not seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import Answer, ClassExpert, ValueExpert
from aisle.models.plan import Plan
from aisle.progress import Progress

Rows = npt.NDArray[np.int64]
AnyExpert = ClassExpert | ValueExpert
Learn = Callable[[AnyExpert, Features, Rows], None]
"""Fits an expert on features of the given training rows; it knows the target."""


@dataclass(frozen=True, eq=False)
class Trained:
    """Experts fitted on all rows, and what their like said of rows they had not seen.

    Parameters
    ----------
    plan
        Encoders and experts, fitted.
    out_of_fold
        By expert, the uncalibrated answer for every training row.
    """

    plan: Plan
    out_of_fold: Mapping[str, Answer]


def cross_fit(
    plan: Plan, catalog: Catalog, learn: Learn, *, folds: int, seed: int, progress: Progress
) -> Trained:
    """Fit `plan` once a fold for out-of-fold answers, and once on all rows for use.

    Encoders are fitted anew in each fold too, so that an out-of-fold row meets the same unknown
    words as a product that comes tomorrow. Folds are stratified and keep near-duplicates together;
    a class with a single product is never known when its turn comes, and counts as an error: the
    share of such rows estimates how many products of unknown classes are to be expected (Good,
    1953).

    Raises
    ------
    TrainingError
        If the rows form fewer than two groups, so that nothing can be held out.
    """
    count = min(folds, len(np.unique(catalog.groups)))
    if count < 2:
        raise TrainingError(
            f"the {len(catalog)} training rows are all near-duplicates of one another, or of one "
            "family: nothing can be held out to check a model on"
        )
    fold_of = catalog.folds(count, seed=seed)
    parts: dict[str, list[tuple[Rows, Answer]]] = {name: [] for name in plan.experts}
    steps = (count + 1) * (1 + len(plan.experts))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress("training", done, steps)

    for fold in range(count):
        train, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if not len(train) or not len(held):
            continue
        here = plan.fresh()
        features = here.fit_encoders(catalog.take(train))
        unseen = here.transform(catalog.take(held))
        step()
        for name, expert in here.experts.items():
            learn(expert, expert.gather(features), train)
            parts[name].append((held, expert.raw(expert.gather(unseen))))
            step()
    final = plan.fresh()
    features = final.fit_encoders(catalog)
    step()
    everyone = np.arange(len(catalog))
    for expert in final.experts.values():
        learn(expert, expert.gather(features), everyone)
        step()
    return Trained(final, {name: _whole(pieces, len(catalog)) for name, pieces in parts.items()})


def _whole(pieces: list[tuple[Rows, Answer]], rows: int) -> Answer:
    """Put the answers of the folds in the order of the rows."""
    order = np.concatenate([held for held, _ in pieces])
    back = np.empty(rows, dtype=np.int64)
    back[order] = np.arange(rows)
    scores = np.concatenate([answer.scores for _, answer in pieces])
    present = np.concatenate([answer.present for _, answer in pieces])
    return Answer(scores[back], present[back])
