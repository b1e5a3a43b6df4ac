"""Two models on the same products, as a page and the screen show it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.evaluation.report.pictures import Looks, looks
from aisle.evaluation.results import ClassEvaluation, ValueEvaluation
from aisle.evaluation.versus import ClassAgainst, ClassFlips, Difference, Differing, ValueAgainst

CLASSES = 40
"""How many classes a page compares at most, those first on which two models differ most."""

_SURE = 0.05


@dataclass(frozen=True)
class Disputed:
    """A product that two models give different categories."""

    of: Differing
    looks: Looks


@dataclass(frozen=True)
class ClassDuel:
    """Two classifiers: words, figures, flips, classes and products."""

    other: ClassAgainst
    verdict: pages.Verdict
    figures: tuple[tuple[str, str, str, str], ...]
    flips: Markup
    classes: tuple[ClassFlips, ...]
    disputed: tuple[Disputed, ...]


@dataclass(frozen=True)
class ValueDuel:
    """Two regressors: words and figures."""

    other: ValueAgainst
    verdict: pages.Verdict
    figures: tuple[tuple[str, str, str, str], ...]


def class_duel(found: ClassEvaluation) -> ClassDuel | None:
    """Return how two classifiers compare; None where there is only one."""
    other = found.against
    if other is None:
        return None
    seen = looks(found.products, [one.row for one in other.differing])
    return ClassDuel(
        other=other,
        verdict=class_verdict(other),
        figures=class_figures(found, other),
        flips=_flips(found, other),
        classes=tuple(one for one in other.per_class if one.only_this or one.only_other)[:CLASSES],
        disputed=tuple(Disputed(one, seen[one.row]) for one in other.differing),
    )


def value_duel(found: ValueEvaluation) -> ValueDuel | None:
    """Return how two regressors compare; None where there is only one."""
    other = found.against
    return None if other is None else ValueDuel(other, value_verdict(other), _values(found, other))


def class_verdict(other: ClassAgainst) -> pages.Verdict:
    """Say whether one of two classifiers is better, by more than chance explains."""
    apart = other.accuracy_difference
    told = (
        f"Only this model is right on {pages.plural(other.only_this, 'product')}, only "
        f"{other.name} on {pages.count(other.only_other)}: McNemar's exact "
        f"{p_shown(other.p_value)}.",
        f"Accuracy differs by {points(apart)}, macro F1 by {points(other.macro_f1_difference)}; "
        "95% intervals by drawing groups of near-duplicates again.",
    )
    if not other.differ:
        return pages.Verdict("warn", f"This model answers every product as {other.name} does", told)
    if other.p_value > _SURE or not apart.clear:
        return pages.Verdict(
            "warn", "These products do not tell the two models apart", (*told, _NOT_SHOWN)
        )
    if apart.mean > 0:
        return pages.Verdict("good", f"This model is better than {other.name}", told)
    return pages.Verdict("bad", f"This model is worse than {other.name}", told)


_NOT_SHOWN = "That is no proof that they are equally good: more products would show more."


def value_verdict(other: ValueAgainst) -> pages.Verdict:
    """Say whether one of two regressors errs less, by more than chance explains."""
    apart = other.difference
    shown = pages.score if other.measure == "mae_log" else pages.number
    scale = "the log scale" if other.measure == "mae_log" else "the target's own unit"
    told = (
        f"On {scale} this model's mean error differs by {shown(apart.mean)}, 95% interval "
        f"{shown(apart.low)} to {shown(apart.high)}.",
        f"It comes closer for {pages.share(other.closer)} of products: exact sign test "
        f"{p_shown(other.p_value)}.",
    )
    if apart.low == apart.mean == apart.high == 0:
        return pages.Verdict("warn", f"This model errs on every product as {other.name} does", told)
    if not apart.clear:
        return pages.Verdict(
            "warn", "These products do not tell the two models apart", (*told, _NOT_SHOWN)
        )
    if apart.mean < 0:
        return pages.Verdict("good", f"This model errs less than {other.name}", told)
    return pages.Verdict("bad", f"This model errs more than {other.name}", told)


def class_figures(
    found: ClassEvaluation, other: ClassAgainst
) -> tuple[tuple[str, str, str, str], ...]:
    """Return rows of name, this model's score, the other's, and the difference."""
    return (
        (
            "Accuracy",
            pages.share(found.accuracy),
            pages.share(other.accuracy),
            points(other.accuracy_difference),
        ),
        (
            "Macro F1",
            pages.share(found.macro_f1),
            pages.share(other.macro_f1),
            points(other.macro_f1_difference),
        ),
        ("Accepted", pages.share(found.coverage), pages.share(other.coverage), ""),
        (
            "Right among accepted",
            pages.share(found.accepted_precision),
            pages.share(other.accepted_precision),
            "",
        ),
        ("Trained on", pages.count(found.model_rows), pages.count(other.model_rows), ""),
    )


def points(apart: Difference) -> str:
    """Return a difference of shares in points, with its interval."""
    mean, low, high = (f"{100 * end:+.1f}" for end in (apart.mean, apart.low, apart.high))
    return f"{mean} points ({low} to {high})".replace("-", "−")


def p_shown(value: float) -> str:
    """Return a p-value with as many digits as it deserves, such as ``p = 0.012``."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _values(found: ValueEvaluation, other: ValueAgainst) -> tuple[tuple[str, str, str, str], ...]:
    return (
        ("Mean absolute error", pages.number(found.mae), pages.number(other.mae), ""),
        ("Of the logarithm", pages.score(found.mae_log), pages.score(other.mae_log), ""),
        (
            "True values inside",
            pages.share(found.interval_coverage),
            pages.share(other.interval_coverage),
            "",
        ),
        ("Trained on", pages.count(found.model_rows), pages.count(other.model_rows), ""),
    )


def _flips(found: ClassEvaluation, other: ClassAgainst) -> Markup:
    rows: list[tuple[str, int, pages.Tone]] = [
        ("both are right", other.both_right, "muted"),
        ("only this model is right", other.only_this, "accent"),
        (f"only {other.name} is right", other.only_other, "warn"),
        ("both are wrong", other.both_wrong, "muted"),
    ]
    return pages.bars(
        "Products by who is right",
        [
            pages.Bar(label, count / found.rows, pages.count(count), tone=tone)
            for label, count, tone in rows
        ],
        maximum=1.0,
    )
