"""The classes of a classifier, one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from aisle.evaluation.report.answers import Answers
from aisle.evaluation.results import ClassEvaluation


@dataclass(frozen=True)
class ClassRow:
    """Scores of one class; None where nothing can be measured.

    Parameters
    ----------
    precision
        Of the products that were given it, the share that belongs to it.
    recall, accepted
        Of the products that belong to it, the share that was found, and that needs no person.
    support
        How many belong to it.
    mistaken, times
        The class that it is most often taken for, and how often.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float
    accepted: float | None
    support: int
    mistaken: str
    times: int


def class_rows(found: ClassEvaluation, answers: Answers) -> list[ClassRow]:
    """Return the classes that occur among truths or answers, the weakest first."""
    called = Counter(answers.predicted)
    accepted = Counter(answers.truth[answers.accepted])
    wrong = ~answers.right
    taken = Counter(zip(answers.truth[wrong], answers.predicted[wrong], strict=True))
    worst: dict[str, tuple[str, int]] = {}
    for (truth, predicted), times in sorted(taken.items(), key=lambda item: (-item[1], item[0])):
        worst.setdefault(truth, (predicted, times))
    rows = [
        ClassRow(
            name,
            score.precision if called[name] else None,
            score.recall if score.support else None,
            score.f1,
            accepted[name] / score.support if score.support else None,
            score.support,
            *worst.get(name, ("", 0)),
        )
        for name, score in found.per_class.items()
        if score.support or called[name]
    ]
    return sorted(rows, key=lambda row: (row.f1, -row.support, row.name.casefold(), row.name))
