"""The evaluation of a classifier as one HTML page."""

from __future__ import annotations

from collections import Counter

from aisle import pages
from aisle.evaluation.report.answers import Answers
from aisle.evaluation.report.classes import class_rows
from aisle.evaluation.report.confidence import confidence_bins, reliability, sureness
from aisle.evaluation.report.confusion import confusions
from aisle.evaluation.report.decision import verdict
from aisle.evaluation.report.duel import class_duel
from aisle.evaluation.report.learning import class_learning
from aisle.evaluation.report.modalities import class_modalities
from aisle.evaluation.report.near import near_misses
from aisle.evaluation.report.products import class_products
from aisle.evaluation.report.scripts import scripts
from aisle.evaluation.report.seen import seen_told
from aisle.evaluation.report.slices import slices
from aisle.evaluation.report.steadiness import steadiness
from aisle.evaluation.report.weighing import astray, promises, tradeoff
from aisle.evaluation.results import ClassEvaluation


def class_page(found: ClassEvaluation) -> str:
    """Return the evaluation of a classifier as a self-contained HTML page."""
    answers = Answers.of(found)
    bins = confidence_bins(answers)
    unknown = set(found.unknown_classes)
    largest, most = Counter(answers.truth).most_common(1)[0] if found.rows else ("", 0)
    return pages.render(
        "evaluation_class.html",
        scripts=scripts(),
        found=found,
        seen=seen_told(found),
        verdict=verdict(found, answers),
        classes=len(set(answers.truth)),
        accepted=int(answers.accepted.sum()),
        slipped=int((answers.accepted & ~answers.right).sum()),
        unknown_rows=sum(label in unknown for label in answers.truth),
        largest=largest,
        largest_share=most / found.rows if found.rows else None,
        promises=promises(found),
        tradeoff_chart=tradeoff(found, answers),
        astray=astray(answers),
        bins=bins,
        reliability_chart=reliability(bins) if bins else None,
        sureness=sureness(answers),
        class_rows=class_rows(found, answers),
        confusions=confusions(found, answers),
        products=class_products(found, answers),
        modalities=class_modalities(found),
        learning=class_learning(found),
        near=near_misses(found),
        slices=slices(found),
        steadiness=steadiness(found),
        duel=class_duel(found),
        sections=_sections(found),
    )


def _sections(found: ClassEvaluation) -> list[tuple[str, str]]:
    """List the sections of the page, those left out that have nothing to show."""
    return [
        *([("against", "Against")] if found.against else []),
        ("decisions", "Decisions"),
        ("confidence", "Confidence"),
        ("classes", "Classes"),
        ("confusions", "Confusions"),
        *([("near", "Near misses")] if found.top_k else []),
        ("slices", "Slices"),
        ("mistakes", "Surest mistakes"),
        ("modalities", "Modalities"),
        *([("consistency", "Consistency")] if found.consistency else []),
        ("learning", "Learning"),
        ("gallery", "Gallery"),
    ]
