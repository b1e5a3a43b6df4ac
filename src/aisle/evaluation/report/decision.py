"""What a shop may decide, in words: how much can be accepted, and whether the promise was kept."""

from __future__ import annotations

from aisle import metrics, pages
from aisle.decisions.thresholds import rows_needed
from aisle.evaluation.report.answers import Answers
from aisle.evaluation.results import ClassEvaluation
from aisle.pages.formatting import asked


def verdict(found: ClassEvaluation, answers: Answers) -> pages.Verdict:
    """Say how much can be accepted, and whether the promise was kept here."""
    if not answers.accepted.any():
        return _nothing(found)
    wanted, precision = asked(found.precision_asked), found.precision_asked
    accepted, right = int(answers.accepted.sum()), int((answers.accepted & answers.right).sum())
    low, high = metrics.wilson_interval(right, accepted)
    headline = f"{pages.share(found.coverage, 0)} of products can be accepted at {wanted} precision"
    measured = (
        f"{_right_of(right, accepted)} right: {pages.share(right / accepted)}, 95% interval "
        f"{pages.share(low)} to {pages.share(high)}."
    )
    if high < precision:
        broken = (
            "That is lower than was asked, by more than chance explains: these products probably "
            "differ from those that trained the model."
        )
        return pages.Verdict("bad", headline, (measured, broken))
    if right / accepted < precision:
        below = "That is below what was asked, though within what chance allows."
        return pages.Verdict("warn", headline, (measured, below))
    if found.seen_in_training is not None and found.seen_in_training.rows:
        known = "Whether the promise is kept, products that trained the model cannot tell."
        return pages.Verdict("warn", headline, (measured, known))
    return pages.Verdict("good", headline, (f"{measured} The promise was kept here.",))


def _nothing(found: ClassEvaluation) -> pages.Verdict:
    wanted = asked(found.precision_asked)
    if found.threshold is not None:
        return pages.Verdict(
            "warn",
            f"None of these products can be accepted at {wanted} precision",
            (
                f"That takes a confidence of {pages.share(found.threshold, 2)} or more, which none "
                "of them reaches. All go to review.",
            ),
        )
    return pages.Verdict(
        "warn",
        f"Nothing can be accepted at {wanted} precision",
        (
            "On the training products, answered out of fold, no confidence was high enough to "
            "promise that. Even without a single mistake it takes "
            f"{pages.plural(rows_needed(found.precision_asked), 'product')} to show.",
            "More labelled products, a better model or a lower precision would help.",
        ),
    )


def _right_of(right: int, accepted: int) -> str:
    if accepted == 1:
        return "The one product accepted was" if right else "The one product accepted was not"
    return f"Of {pages.count(accepted)} accepted here, {pages.count(right)} were"
