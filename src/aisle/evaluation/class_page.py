"""The evaluation of a classifier as one HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.decisions.decide import ACCEPT
from aisle.decisions.thresholds import rows_needed, threshold_curve
from aisle.evaluation.page_parts import LISTED, Bools, Floats, Names, expert_name, floats, ids
from aisle.evaluation.results import ClassEvaluation, ExpertScore
from aisle.pages.formatting import asked

_CONFUSIONS = 15
_HEAT_CLASSES = 30
_CURVE_POINTS = 300
_NO_ANSWER = "no answer"


@dataclass(frozen=True)
class _ClassRow:
    """Scores of one class; None where nothing can be measured."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class _Confusion:
    """How many products of one class, out of `support`, were taken for another."""

    truth: str
    predicted: str
    rows: int
    support: int


@dataclass(frozen=True)
class _Cell:
    """One cell of the confusion matrix, and the style of its colour."""

    rows: int
    level: str


@dataclass(frozen=True)
class _HeatRow:
    """One true class of the confusion matrix, with a cell for each answer."""

    name: str
    cells: tuple[_Cell, ...]


@dataclass(frozen=True)
class _Mistake:
    """A wrong answer; the confidence is None where there is none."""

    id: str
    truth: str
    predicted: str
    confidence: float | None
    accepted: bool


@dataclass(frozen=True, eq=False)
class _Answers:
    """A classifier's predictions as arrays (rows,)."""

    ids: Names
    truth: Names
    predicted: Names
    confidence: Floats
    accepted: Bools
    right: Bools


def class_page(found: ClassEvaluation) -> str:
    """Return the evaluation of a classifier as a self-contained HTML page."""
    answers = _answers(found)
    taken = Counter(
        (truth, predicted)
        for truth, predicted in zip(answers.truth, answers.predicted, strict=True)
        if truth != predicted
    )
    unknown = set(found.unknown_classes)
    return pages.render(
        "evaluation_class.html",
        found=found,
        accepted=int(answers.accepted.sum()),
        decision=_decision(found, answers),
        comparison=_comparison(found),
        expert_bars=_class_bars(found, found.experts, "Accuracy of each expert", whole=True),
        modality_bars=_class_bars(found, found.by_modality, "Accuracy by modalities present"),
        reliability_chart=_reliability(answers),
        curve_chart=_curve(found, answers),
        class_rows=_class_rows(found, answers),
        confusions=_confusions(taken, answers),
        wrong=taken.total(),
        pairs=len(taken),
        heat=_heat(found, answers),
        mistakes=_mistakes(answers),
        unknown_rows=sum(label in unknown for label in answers.truth),
    )


def _answers(found: ClassEvaluation) -> _Answers:
    table = found.predictions
    names = {
        column: np.array(
            [_NO_ANSWER if value is None else str(value) for value in table[column].to_pylist()],
            dtype=object,
        )
        for column in ("category", "decision", "truth")
    }
    return _Answers(
        ids=ids(found),
        truth=names["truth"],
        predicted=names["category"],
        confidence=floats(found, "confidence"),
        accepted=np.asarray(names["decision"] == ACCEPT, dtype=np.bool_),
        right=np.asarray(names["truth"] == names["category"], dtype=np.bool_),
    )


def _decision(found: ClassEvaluation, answers: _Answers) -> pages.Verdict:
    wanted = asked(found.precision_asked)
    if found.threshold is None:
        return pages.Verdict(
            "warn",
            f"Nothing can be accepted at {wanted} precision",
            (
                "On the training products, answered out of fold, no confidence was high enough "
                "to promise that. Even without a single mistake it takes "
                f"{pages.plural(rows_needed(found.precision_asked), 'product')} to show.",
                "More labelled products, a better model or a lower precision would help.",
            ),
        )
    if not answers.accepted.any():
        return pages.Verdict(
            "warn",
            f"None of these products can be accepted at {wanted} precision",
            (
                f"That takes a confidence of {pages.score(found.threshold)} or more, which none "
                "of them reaches. All go to review.",
            ),
        )
    accepted, right = int(answers.accepted.sum()), int((answers.accepted & answers.right).sum())
    low, high = metrics.wilson_interval(right, accepted)
    measured = (
        f"Measured among accepted: {pages.share(found.accepted_precision)} "
        f"(95% interval {pages.share(low)} to {pages.share(high)})."
    )
    headline = f"{pages.share(found.coverage)} of products can be accepted at {wanted} precision"
    if high < found.precision_asked:
        return pages.Verdict(
            "bad",
            headline,
            (
                measured,
                "That is lower than was asked, by more than chance explains: these products "
                "probably differ from those that trained the model.",
            ),
        )
    if right / accepted < found.precision_asked:
        return pages.Verdict(
            "warn",
            headline,
            (measured, "That is below what was asked, though within what chance allows."),
        )
    return pages.Verdict("good", headline, (measured,))


def _comparison(found: ClassEvaluation) -> str:
    scored = {name: e for name, e in found.experts.items() if np.isfinite(e.accuracy)}
    if not scored or not np.isfinite(found.accuracy):
        return "There is no expert’s score to compare the model with."
    name, best = max(scored.items(), key=lambda item: item[1].accuracy)
    points = 100 * (found.accuracy - best.accuracy)
    if len(found.experts) == 1:
        return f"The model has one expert, {expert_name(name)}."
    if abs(points) < 0.05:
        return f"The model is exactly as accurate as its best expert, {expert_name(name)}."
    side = "above" if points > 0 else "below"
    return f"The model is {abs(points):.1f} points {side} its best expert, {expert_name(name)}."


def _class_bars(
    found: ClassEvaluation, scores: Mapping[str, ExpertScore], title: str, *, whole: bool = False
) -> Markup:
    model = {"": ExpertScore(found.accuracy, found.macro_f1)} if whole else {}
    items = []
    for name, score in {**model, **scores}.items():
        known = found.rows > 0 and np.isfinite(score.accuracy)
        low, high = (
            metrics.wilson_interval(round(score.accuracy * found.rows), found.rows)
            if known
            else (None, None)
        )
        items.append(
            pages.Bar(
                label=expert_name(name) if name else f"the model ({found.fusion})",
                value=score.accuracy if known else None,
                shown=pages.share(score.accuracy),
                note=f"macro F1 {pages.share(score.macro_f1)}",
                low=low,
                high=high,
                tone="muted" if whole and name else "accent",
            )
        )
    return pages.bars(title, items, maximum=1.0)


def _reliability(answers: _Answers) -> Markup | None:
    known = np.isfinite(answers.confidence)
    if not known.any():
        return None
    diagram = metrics.reliability(answers.confidence[known], answers.right[known], 10)
    bins = []
    for low, high, rows, confidence, accuracy in zip(
        diagram.low, diagram.high, diagram.rows, diagram.confidence, diagram.accuracy, strict=True
    ):
        interval = metrics.wilson_interval(round(float(accuracy * rows)), int(rows))
        bins.append(
            pages.Bin(
                float(low), float(high), int(rows), float(confidence), float(accuracy), *interval
            )
        )
    return pages.reliability("Reliability diagram", bins)


def _curve(found: ClassEvaluation, answers: _Answers) -> Markup | None:
    known = np.isfinite(answers.confidence)
    if not known.any():
        return None
    curve = threshold_curve(answers.confidence[known], answers.right[known])
    coverage, precision = curve.coverage, curve.precision
    at = np.searchsorted(coverage, np.linspace(0.0, coverage[-1], _CURVE_POINTS))
    at = np.unique(np.minimum(at, len(coverage) - 1))
    settled = precision[coverage >= min(0.02, coverage[-1])]
    lowest = min(float(settled.min()), found.precision_asked, found.accepted_precision or 1.0)
    floor = max(0.0, np.floor((lowest - 0.01) * 20) / 20)
    mark = None
    if found.accepted_precision is not None:
        label = f"{pages.share(found.coverage)} accepted, {pages.share(found.accepted_precision)}"
        mark = pages.Mark(found.coverage, found.accepted_precision, f"{label} right")
    return pages.line(
        "Precision against coverage",
        f"Precision is {precision[-1]:.1%} when all products are accepted"
        + (f"; chosen: {mark.label}" if mark else "; nothing was accepted"),
        [(float(coverage[i]), float(precision[i])) for i in at],
        x=pages.Axis("Share of products accepted", 0.0, 1.0, percent=True),
        y=pages.Axis("Precision among accepted", float(floor), 1.0, percent=True),
        mark=mark,
        rule=pages.Rule(found.precision_asked, f"{asked(found.precision_asked)} asked for"),
    )


def _class_rows(found: ClassEvaluation, answers: _Answers) -> list[_ClassRow]:
    called = Counter(answers.predicted)
    rows = [
        _ClassRow(
            name=name,
            precision=score.precision if called[name] else None,
            recall=score.recall if score.support else None,
            f1=score.f1 if score.support or called[name] else None,
            support=score.support,
        )
        for name, score in found.per_class.items()
    ]
    return sorted(
        rows, key=lambda row: (row.f1 is None, row.f1 or 0.0, -row.support, row.name.casefold())
    )


def _confusions(taken: Counter[tuple[str, str]], answers: _Answers) -> list[_Confusion]:
    support = Counter(answers.truth)
    ranked = sorted(taken.items(), key=lambda item: (-item[1], item[0]))[:_CONFUSIONS]
    return [
        _Confusion(truth, predicted, rows, support[truth]) for (truth, predicted), rows in ranked
    ]


def _heat(found: ClassEvaluation, answers: _Answers) -> list[_HeatRow]:
    seen = {*answers.truth, *answers.predicted}
    names = [name for name in found.per_class if name in seen]
    if not 2 <= len(names) <= _HEAT_CLASSES or len(names) < len(seen):
        return []
    matrix = metrics.confusion_matrix(answers.truth, answers.predicted, names)
    return [
        _HeatRow(
            name,
            tuple(
                _Cell(int(rows), _level(int(rows), int(counts.sum()), right=at == column))
                for column, rows in enumerate(counts)
            ),
        )
        for at, (name, counts) in enumerate(zip(names, matrix.counts, strict=True))
    ]


def _level(rows: int, total: int, *, right: bool) -> str:
    if rows == 0:
        return ""
    # one mistake in ten is already much, so the colours of mistakes rise sooner
    steps = (0.5, 0.75, 0.9) if right else (0.05, 0.1, 0.25)
    return f"{'right' if right else 'wrong'}-{1 + sum(rows / total >= step for step in steps)}"


def _mistakes(answers: _Answers) -> list[_Mistake]:
    wrong = np.flatnonzero(~answers.right)
    sure = np.nan_to_num(answers.confidence[wrong], nan=-1.0)
    return [
        _Mistake(
            id=answers.ids[row],
            truth=answers.truth[row],
            predicted=answers.predicted[row],
            confidence=float(answers.confidence[row])
            if np.isfinite(answers.confidence[row])
            else None,
            accepted=bool(answers.accepted[row]),
        )
        for row in wrong[np.argsort(-sure, kind="stable")][:LISTED]
    ]
