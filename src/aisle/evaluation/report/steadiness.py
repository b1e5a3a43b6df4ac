"""Whether answers stay under harmless edits, as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.evaluation.consistency import Consistency, EditOutcome, Flip
from aisle.evaluation.report.pictures import Looks, looks
from aisle.evaluation.results import ClassEvaluation

STEADY = 0.98
"""The share of answers that stay from which an edit is called harmless."""

SHAKY = 0.95


@dataclass(frozen=True)
class Flipped:
    """One answer that changed, and what the product looks like."""

    flip: Flip
    looks: Looks
    words: str


@dataclass(frozen=True)
class Steadiness:
    """Outcomes of edits as bars and rows, and the worst examples."""

    found: Consistency
    verdict: pages.Verdict
    bars: Markup
    worst: tuple[Flipped, ...]


def steadiness(found: ClassEvaluation) -> Steadiness | None:
    """Return what harmless edits do; None where they were not tried."""
    if found.consistency is None:
        return None
    asked = found.consistency
    seen = looks(found.products, [flip.row for flip in asked.worst])
    words = {edit.edit: edit.words for edit in asked.edits}
    return Steadiness(
        found=asked,
        verdict=steady_verdict(asked),
        bars=pages.bars(
            "Categories that stay, by edit", [_bar(edit) for edit in asked.edits], maximum=1.0
        ),
        worst=tuple(Flipped(flip, seen[flip.row], words[flip.edit]) for flip in asked.worst),
    )


def steady_verdict(found: Consistency) -> pages.Verdict:
    """Say how much of what the model answers rests on what should not matter."""
    if not found.edits or found.same is None:
        return pages.Verdict("warn", "No edit changes any of these products")
    worst = found.edits[0]
    headline = f"{pages.share(found.same)} of categories stay when products are edited harmlessly"
    told = (
        f"The edit that matters most: {worst.words}. {pages.share(worst.same)} of "
        f"{pages.plural(worst.rows, 'product')} that it changes keep their category; accuracy "
        f"goes from {pages.share(worst.accuracy_before)} to {pages.share(worst.accuracy)}."
    )
    if worst.same >= STEADY:
        return pages.Verdict("good", headline, (told,))
    advice = (
        "Where an edit costs accuracy, train on products edited in that way, or clean such "
        "differences from the catalogue before it is classified."
    )
    return pages.Verdict("warn" if worst.same >= SHAKY else "bad", headline, (told, advice))


def _bar(edit: EditOutcome) -> pages.Bar:
    low, high = edit.interval
    return pages.Bar(
        f"{edit.modality}: {edit.edit}",
        edit.same,
        pages.share(edit.same),
        note=pages.plural(edit.rows, "product"),
        low=low,
        high=high,
        tone="accent" if edit.same >= SHAKY else "warn",
    )
