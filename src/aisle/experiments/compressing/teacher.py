"""Soft labels from a teacher that has not seen the rows, nor those its student is judged on.

A model is sure of the rows that it was fitted on, so that what it says of them is little more than
their labels. The recipe is therefore fitted again without them. One round of folds would not do:
the teacher of one fold has learned from the rows of another, on which its student shall be judged.
So each part of the rows that a student learns from is cross-fitted by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog
from aisle.encoders import Features
from aisle.errors import AisleError
from aisle.experiments.compressing.lesson import Lesson
from aisle.experiments.compressing.rows import Floats, Fused, Known, Rows, fused, part_of
from aisle.fusion import Answer, ClassExpert, ValueExpert, stacked
from aisle.models import ProductClassifier
from aisle.models.plan import Plan
from aisle.models.recipe import Method
from aisle.models.training import Learn, Trial, cross_fit
from aisle.progress import Progress, silent

INNER_FOLDS = 3
"""Folds in which the rows that a student learns from are answered by teachers."""


@dataclass(frozen=True, eq=False)
class Taught:
    """What the teacher has to say.

    Parameters
    ----------
    lessons
        For each fold in turn, what a student that is judged on it learns from the other rows.
    whole
        What the final student learns from all rows.
    fused
        The teacher's own out-of-fold answers for all rows: the model as it was.
    """

    lessons: tuple[Lesson, ...]
    whole: Lesson
    fused: Fused


def ask_teacher(
    model: ProductClassifier,
    known: Known,
    unlabelled: Catalog | None = None,
    progress: Progress = silent,
) -> Taught:
    """Fit the model's composition again and again, and write down what it says of unseen rows.

    Parameters
    ----------
    model
        What is compressed; its networks are used as they are, everything else is fitted anew.
    known
        The rows with a category.
    unlabelled
        Further rows, without one.
    progress
        Called as each fit goes on.
    """
    plan = model.plan_
    described = plan.describe(known.catalog, progress)
    more = None if unlabelled is None else plan.transform(unlabelled)
    method: Method = model.metrics_["fusion"]
    classes = len(model.classes_)
    lessons, answers, held = [], [], []
    for fold in np.unique(known.fold_of):
        away, rows = np.flatnonzero(known.fold_of == fold), np.flatnonzero(known.fold_of != fold)
        inner = part_of(known, rows, INNER_FOLDS, seed=int(model.seed))
        here = {name: features.take(rows) for name, features in described.items()}
        trained = cross_fit(
            Trial(plan, inner.catalog, here, _learner(inner, classes)),
            folds=INNER_FOLDS,
            seed=int(model.seed),
            progress=progress,
        )
        experts = class_experts(trained.plan)
        held_features = trained.plan.transform(
            known.catalog.take(away), {n: f.take(away) for n, f in described.items()}
        )
        answers.append({n: e.raw(e.gather(held_features)) for n, e in experts.items()})
        held.append(away)
        told = fused(experts, trained.out_of_fold, inner, (method,))
        guesses = None
        if unlabelled is not None:
            guesses = _answered(told, trained.plan, trained.plan.transform(unlabelled))
        lessons.append(Lesson.soft(told.chosen.scores, inner.codes, inner.weight, guesses))
    back = np.argsort(np.concatenate(held))
    raw = {name: stacked([one[name] for one in answers]).take(back) for name in answers[0]}
    own = fused(class_experts(plan.fresh()), raw, known, (method,))
    guesses = None if more is None else _fused_answers(model, more)
    whole = Lesson.soft(own.chosen.scores, known.codes, known.weight, guesses)
    return Taught(tuple(lessons), whole, own)


def class_experts(plan: Plan) -> dict[str, ClassExpert]:
    """Return a classifier's experts by name."""
    found = {name: e for name, e in plan.experts.items() if isinstance(e, ClassExpert)}
    if len(found) != len(plan.experts):
        raise AisleError("only classifiers can be compressed")
    return found


def _learner(known: Known, classes: int) -> Learn:
    weight = None if bool((known.weight == 1).all()) else known.weight
    groups = known.catalog.groups

    def learn(
        expert: ClassExpert | ValueExpert, features: Features, rows: Rows, shown: Features | None
    ) -> None:
        assert isinstance(expert, ClassExpert)
        some = None if weight is None else weight[rows]
        expert.fit(features, known.codes[rows], classes, some, groups=groups[rows])

    return learn


def _answered(told: Fused, plan: Plan, features: Mapping[str, Features]) -> Floats:
    """Return what the experts of a plan, which have their scale, say of other rows together."""
    answers: dict[str, Answer] = {n: e.answer(features) for n, e in class_experts(plan).items()}
    return told.chosen.fusion.whole.combine(answers).scores


def _fused_answers(model: ProductClassifier, features: Mapping[str, Features]) -> Floats:
    experts = class_experts(model.plan_)
    return model.fusion_.combine({n: e.answer(features) for n, e in experts.items()}).scores
