"""Fusions judged on rows that did not teach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, compress
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from aisle.fusion.answer import Answer, Mask
from aisle.fusion.classes import EARLY, JOINT
from aisle.fusion.joint_answer import JointAnswer

Rows = npt.NDArray[np.int64]
F = TypeVar("F", bound="Combining")

MANY = 4
"""Experts up to which every set of them is looked at; with more, only the sets that matter."""


class Combining(Protocol):
    """What class and value fusions share."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Return one answer."""


@dataclass(frozen=True, eq=False)
class CrossFitted(Generic[F]):
    """A fusion for use, and its like for judging: each was taught by the rows of other folds.

    A fusion that learns much from few answers looks better on them than it is; so the choice among
    fusions, the calibration and the thresholds go by what these say.

    Parameters
    ----------
    whole
        Fitted on all rows.
    parts
        Rows held out, and the fusion fitted without them.
    """

    whole: F
    parts: Sequence[tuple[Rows, F]]

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Combine training rows, each by a fusion that it did not teach."""
        found = self.whole.combine(answers)
        scores, present = found.scores.copy(), found.present.copy()
        for held, fusion in self.parts:
            if len(held):
                some = fusion.combine(taken(answers, held))
                scores[held], present[held] = some.scores, some.present
        return Answer(scores, present)


def cross_fitted(fit: Callable[[Rows], F], fold_of: Rows, known: Rows) -> CrossFitted[F]:
    """Fit a fusion on all rows, and once a fold without its rows.

    Parameters
    ----------
    fit
        Fits a new fusion on the given rows.
    fold_of
        The fold of each row, int64 (rows,).
    known
        The rows that may teach.
    """
    parts = []
    for fold in np.unique(fold_of):
        teaching = known[fold_of[known] != fold]
        if len(teaching):
            parts.append((np.flatnonzero(fold_of == fold), fit(teaching)))
    return CrossFitted(fit(known), parts)


def taken(answers: Mapping[str, Answer], rows: Rows) -> dict[str, Answer]:
    """Return the answers of the given rows."""
    return {name: answer.take(rows) for name, answer in answers.items()}


def withheld(answers: Mapping[str, Answer], kept: Sequence[str]) -> dict[str, Answer]:
    """Treat every expert but the `kept` ones as absent.

    Early fusion's needs all of them; a network is asked again, its other modalities withheld.
    """
    everybody = all(name in kept for name in answers if name not in JOINT)
    some: dict[str, Answer] = {}
    for name, answer in answers.items():
        if isinstance(answer, JointAnswer):
            some[name] = answer.without(kept)
        elif name in kept or (name == EARLY and everybody):
            some[name] = answer
        else:
            some[name] = answer.withheld()
    return some


def expert_sets(present: Mask) -> list[tuple[int, ...]]:
    """List the sets of experts that a product may be answered by, by position, small ones first.

    All of them up to `MANY` experts; with more, the sets that some row has, each expert alone, all
    of them, and all but one.

    Parameters
    ----------
    present
        Which experts are present, bool (rows, experts).
    """
    count = present.shape[1]
    every = range(count)
    if count <= MANY:
        return [found for size in range(1, count + 1) for found in combinations(every, size)]
    met = {tuple(np.flatnonzero(row).tolist()) for row in np.unique(present, axis=0)} - {()}
    some = {found for size in (1, count - 1, count) for found in combinations(every, size)}
    return sorted(met | some, key=lambda found: (len(found), found))


def set_names(present: Mask, experts: Sequence[str]) -> list[str]:
    """Name the experts present for each row, joined with ``+``; empty where there are none."""
    rows = [tuple(row) for row in present.tolist()]
    names = {row: "+".join(compress(experts, row)) for row in set(rows)}
    return [names[row] for row in rows]
