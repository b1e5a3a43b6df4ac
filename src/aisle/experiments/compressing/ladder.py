"""One composition in ever smaller forms, each fitted anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog
from aisle.encoders import Features
from aisle.experiments.compressing.lesson import Lesson
from aisle.experiments.compressing.pruning import halve, shrink
from aisle.experiments.compressing.rows import Known, Rows
from aisle.experiments.compressing.teacher import class_experts
from aisle.fusion import Answer, stacked
from aisle.heads import quietly
from aisle.models.plan import Plan
from aisle.models.training import Steps, workers
from aisle.neural.training import abandonable
from aisle.progress import Progress, silent

COLUMNS = (65_536, 32_768, 16_384, 8_192, 4_096, 2_048, 1_024)
"""How many columns of vocabularies are tried."""


@dataclass(frozen=True)
class Form:
    """How small a composition is made.

    Parameters
    ----------
    columns
        How many columns its vocabularies keep; None for all.
    half
        Whether its linear heads are kept in half precision.
    """

    columns: int | None = None
    half: bool = False

    def __str__(self) -> str:
        words = "all columns" if self.columns is None else f"{self.columns:,} columns"
        return f"{words}, half precision" if self.half else words


@dataclass(frozen=True, eq=False)
class Ladder:
    """A composition, and what it is fitted on.

    Parameters
    ----------
    plan
        To be fitted anew.
    known
        The rows with a category.
    described, more_described
        What encoders in two stages say of these and of unlabelled rows before learning anything.
    columns
        The numbers of columns to try, descending.
    unlabelled
        Further rows, without a category.
    """

    plan: Plan
    known: Known
    described: Mapping[str, Features]
    columns: tuple[int, ...]
    unlabelled: Catalog | None = None
    more_described: Mapping[str, Features] | None = None

    def out_of_fold(
        self, lessons: tuple[Lesson, ...], progress: Progress = silent
    ) -> dict[Form, dict[str, Answer]]:
        """Fit every form once a fold, and return its experts' answers for all rows, not calibrated.

        Parameters
        ----------
        lessons
            For each fold in turn, what is learned from the rows of the others.
        progress
            Called as folds are finished.
        """
        folds = [np.flatnonzero(self.known.fold_of == f) for f in np.unique(self.known.fold_of)]
        step = Steps(progress, "fitting smaller models", len(folds))

        def answered(held: Rows, lesson: Lesson) -> dict[Form, dict[str, Answer]]:
            rows = np.setdiff1d(np.arange(len(self.known)), held)
            catalog, described = self.known.catalog.take(held), self._described(held)
            found = {}
            for form, plan in self.forms(lesson, rows):
                features = plan.transform(catalog, described)
                experts = class_experts(plan)
                found[form] = {n: e.raw(e.gather(features)) for n, e in experts.items()}
            step()
            return found

        with quietly(), abandonable(workers(len(self.known))) as pool:
            parts = list(pool.map(answered, folds, lessons))
        back = np.argsort(np.concatenate(folds))
        return {
            form: {
                name: stacked([part[form][name] for part in parts]).take(back)
                for name in self.plan.experts
            }
            for form in parts[0]
            if all(form in part for part in parts)
        }

    def forms(self, lesson: Lesson, rows: Rows | None = None) -> Iterator[tuple[Form, Plan]]:
        """Fit on some rows, or on all, and yield ever smaller forms.

        Each form begins where the one before ended: the columns that a smaller model uses are
        judged by what they are worth to it.
        """
        rows = np.arange(len(self.known)) if rows is None else rows
        catalog, described = self.known.catalog.take(rows), self._described(rows)
        plan = self.plan.fresh()
        features = plan.fit_encoders(catalog, described)
        self._teach(plan, lesson, features)
        yield from _both(Form(), plan)
        for columns in self.columns:
            if shrink(plan, features, columns):
                features = plan.transform(catalog, described)
                self._teach(plan, lesson, features)
            yield from _both(Form(columns), plan)

    def _teach(self, plan: Plan, lesson: Lesson, features: Mapping[str, Features]) -> None:
        more = None
        if self.unlabelled is not None and lesson.more is not None:
            more = plan.transform(self.unlabelled, self.more_described)
        for expert in class_experts(plan).values():
            told = None if more is None else expert.gather(more)
            lesson.teach(expert, expert.gather(features), told)

    def _described(self, rows: Rows) -> dict[str, Features]:
        return {name: features.take(rows) for name, features in self.described.items()}


def _both(form: Form, plan: Plan) -> Iterator[tuple[Form, Plan]]:
    """Yield a copy of a plan as it is, and one in half precision if a head can be."""
    yield form, deepcopy(plan)
    small = deepcopy(plan)
    if halve(small):
        yield Form(form.columns, half=True), small
