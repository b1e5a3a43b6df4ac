"""An evaluation as one HTML page: what was found, how sure to be, and where it goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from aisle import metrics, pages
from aisle.decisions.decide import ACCEPT
from aisle.decisions.thresholds import rows_needed, threshold_curve
from aisle.evaluation.results import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    ValueEvaluation,
    ValueScore,
)
from aisle.pages.formatting import asked

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

_LISTED = 20
_CONFUSIONS = 15
_HEAT_CLASSES = 30
_CURVE_POINTS = 300
_SCATTER_POINTS = 2000
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


@dataclass(frozen=True)
class _Miss:
    """A value far from the truth; `factor` is how many times too high or too low."""

    id: str
    truth: float
    predicted: float
    low: float
    high: float
    factor: float


@dataclass(frozen=True, eq=False)
class _Answers:
    """A classifier's predictions as arrays (rows,)."""

    ids: Names
    truth: Names
    predicted: Names
    confidence: Floats
    accepted: Bools
    right: Bools


@dataclass(frozen=True, eq=False)
class _Values:
    """A regressor's predictions as arrays (rows,), for products with a truth and an answer."""

    ids: Names
    truth: Floats
    predicted: Floats
    low: Floats
    high: Floats

    @property
    def positive(self) -> bool:
        return bool(len(self.truth) and (self.truth > 0).all() and (self.predicted > 0).all())


def evaluation_page(evaluation: Evaluation) -> str:
    """Return an evaluation as a self-contained HTML page.

    Parameters
    ----------
    evaluation
        What `evaluate` returned, for a classifier or a regressor.

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Raises
    ------
    TypeError
        If it is an evaluation of neither.
    """
    if isinstance(evaluation, ClassEvaluation):
        return _class_page(evaluation)
    if isinstance(evaluation, ValueEvaluation):
        return _value_page(evaluation)
    raise TypeError(f"there is no page for a {type(evaluation).__name__}")


def _class_page(found: ClassEvaluation) -> str:
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
        ids=_ids(found),
        truth=names["truth"],
        predicted=names["category"],
        confidence=_floats(found, "confidence"),
        accepted=np.asarray(names["decision"] == ACCEPT, dtype=np.bool_),
        right=np.asarray(names["truth"] == names["category"], dtype=np.bool_),
    )


def _ids(found: Evaluation) -> Names:
    values = found.predictions["id"].to_pylist()
    return np.array(
        [f"row {row}" if value is None else str(value) for row, value in enumerate(values)],
        dtype=object,
    )


def _floats(found: Evaluation, column: str) -> Floats:
    values = found.predictions[column].to_pylist()
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


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
        return f"The model has one expert, {_together(name)}."
    if abs(points) < 0.05:
        return f"The model is exactly as accurate as its best expert, {_together(name)}."
    side = "above" if points > 0 else "below"
    return f"The model is {abs(points):.1f} points {side} its best expert, {_together(name)}."


def _together(name: str) -> str:
    return name.replace("+", " + ")


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
                label=_together(name) if name else f"the model ({found.fusion})",
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
        for row in wrong[np.argsort(-sure, kind="stable")][:_LISTED]
    ]


def _value_page(found: ValueEvaluation) -> str:
    values = _values(found)
    logarithmic = found.mae_log is not None
    return pages.render(
        "evaluation_value.html",
        found=found,
        interval=_interval(found),
        gain=_gain(found.mae, found.median_mae),
        gain_log=_gain(found.mae_log, found.median_mae_log),
        scatter_chart=_scatter(found, values),
        log_axes=values.positive,
        drawn=min(len(values.ids), _SCATTER_POINTS),
        drawable=len(values.ids),
        bar_words="The mean absolute error on the log scale."
        if logarithmic
        else f"The mean absolute error, in the unit of {pages.shorten(found.target, 40)}.",
        expert_bars=_value_bars(found, found.experts, "Error of each expert", whole=True),
        modality_bars=_value_bars(found, found.by_modality, "Error by modalities present"),
        errors=_misses(values),
    )


def _values(found: ValueEvaluation) -> _Values:
    columns = [_floats(found, name) for name in ("truth", "value", "low", "high")]
    known = np.isfinite(columns[0]) & np.isfinite(columns[1])
    return _Values(_ids(found)[known], *(column[known] for column in columns))


def _gain(error: float | None, baseline: float | None) -> float | None:
    return None if error is None or not baseline else 1 - error / baseline


def _interval(found: ValueEvaluation) -> pages.Verdict:
    if not found.rows or not np.isfinite(found.interval_coverage):
        return pages.Verdict("warn", "The intervals could not be checked")
    inside = round(found.interval_coverage * found.rows)
    low, high = metrics.wilson_interval(inside, found.rows)
    wanted = asked(found.interval_asked)
    headline = (
        f"{pages.share(found.interval_coverage)} of true values lie between low and high; "
        f"{wanted} were asked for"
    )
    if low <= found.interval_asked <= high:
        return pages.Verdict("good", headline, ("The intervals keep what they promise.",))
    if high < found.interval_asked:
        why = "The intervals are too narrow here, by more than chance explains."
        return pages.Verdict("bad", headline, (why,))
    return pages.Verdict("warn", headline, ("The intervals are wider than they need be here.",))


def _scatter(found: ValueEvaluation, values: _Values) -> Markup | None:
    rows = np.arange(len(values.ids))
    if not len(rows):
        return None
    if len(rows) > _SCATTER_POINTS:
        rows = np.random.default_rng(0).choice(rows, _SCATTER_POINTS, replace=False)
    truth, predicted = values.truth[rows], values.predicted[rows]
    inside = (values.low[rows] <= truth) & (truth <= values.high[rows])
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    places = [(float(x), float(y)) for x, y in zip(truth, predicted, strict=True)]
    kinds: tuple[tuple[str, Bools, pages.Tone], ...] = (
        ("inside", inside, "accent"),
        ("outside", ~inside, "warn"),
    )
    groups = [
        pages.Points(name, [places[at] for at in np.flatnonzero(chosen)], tone)
        for name, chosen, tone in kinds
    ]
    return pages.scatter(
        "Predicted against true values",
        f"{pages.plural(len(rows), 'product')} between {pages.number(low)} and "
        f"{pages.number(high)}; {int(inside.sum())} have their truth inside the interval",
        groups,
        x=pages.Axis(f"True {found.target}", low, high, log=values.positive),
        y=pages.Axis("Predicted", low, high, log=values.positive),
        diagonal=True,
    )


def _value_bars(
    found: ValueEvaluation, scores: Mapping[str, ValueScore], title: str, *, whole: bool = False
) -> Markup:
    model = {f"the model ({found.fusion})": ValueScore(found.mae, found.mae_log)} if whole else {}
    median = {"always the median": ValueScore(found.median_mae, found.median_mae_log)}
    items = []
    for name, score in {**model, **scores, **median}.items():
        logarithmic = found.mae_log is not None
        value = score.mae_log if logarithmic else score.mae
        items.append(
            pages.Bar(
                label=_together(name),
                value=value,
                shown=pages.score(value) if logarithmic else pages.number(value),
                note=f"MAE {pages.number(score.mae)}" if logarithmic else "",
                tone="accent" if name in model or not (whole or name in median) else "muted",
            )
        )
    return pages.bars(title, items)


def _misses(values: _Values) -> list[_Miss]:
    if values.positive:
        distance = np.abs(np.log(values.predicted) - np.log(values.truth))
    else:
        distance = np.abs(values.predicted - values.truth)
    return [
        _Miss(
            id=values.ids[row],
            truth=float(values.truth[row]),
            predicted=float(values.predicted[row]),
            low=float(values.low[row]),
            high=float(values.high[row]),
            factor=float(np.exp(distance[row])) if values.positive else float("nan"),
        )
        for row in np.argsort(-distance, kind="stable")[:_LISTED]
    ]
