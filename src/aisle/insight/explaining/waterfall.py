"""Contributions as bars: the way from any product to this one, and who spoke how loudly."""

from __future__ import annotations

from dataclasses import dataclass

from aisle.insight.explaining import wording
from aisle.insight.explaining.results import ExplainedProduct, Explanation


@dataclass(frozen=True)
class Step:
    """A bar of a waterfall, in per cent of its width; `tone` is for, against or whole."""

    name: str
    shown: str
    left: float
    width: float
    tone: str
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar to the right or to the left of the middle, in per cent of half of the width."""

    name: str
    note: str
    shown: str
    value: float
    width: float
    tone: str


def waterfall(product: ExplainedProduct, found: Explanation) -> tuple[Step, ...]:
    """Return the way from the prior to the answer, modality by modality."""
    shares = product.shares
    levels = [shares.prior_shown]
    for share in shares.modalities:
        levels.append(levels[-1] + share.points)
    low, high = min(0.0, *levels), max(*levels, 1.0 if found.task == "classify" else 0.0)
    span = (high - low) or 1.0

    def bar(start: float, end: float) -> tuple[float, float]:
        left = 100 * (min(start, end) - low) / span
        return left, max(100 * abs(end - start) / span, 0.4)

    steps = [
        Step(
            "Any product",
            wording.shown(shares.prior_shown, found),
            *bar(0.0, shares.prior_shown),
            "whole",
        )
    ]
    for share, before, after in zip(shares.modalities, levels, levels[1:], strict=False):
        tone = "for" if share.points >= 0 else "against"
        note = "" if share.present else "missing"
        steps.append(
            Step(
                share.modality.capitalize(),
                wording.points(share.points, found) if share.present else "–",
                *bar(before, after),
                tone if share.present else "none",
                note,
            )
        )
    answer = shares.answer_shown
    steps.append(Step("This product", wording.shown(answer, found), *bar(0.0, answer), "whole"))
    return tuple(steps)


def bars(items: list[tuple[str, str, float]], found: Explanation) -> tuple[Bar, ...]:
    """Return named contributions as bars, the loudest over half of the width."""
    loudest = max((abs(value) for *_, value in items), default=0.0) or 1.0
    return tuple(
        Bar(
            name,
            note,
            wording.evidence(value, found),
            value,
            100 * abs(value) / loudest,
            "for" if value >= 0 else "against",
        )
        for name, note, value in items
    )
