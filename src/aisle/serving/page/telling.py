"""An answer in words: how sure, what follows from it, and what was amiss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.decisions import ACCEPT, Threshold
from aisle.serving.answers import Answer


@dataclass(frozen=True)
class Told:
    """What the page shows of an answer.

    Parameters
    ----------
    headline
        The category, or the value.
    sure
        The confidence; empty for a value.
    tone
        ``good`` or ``warn``.
    decision, reason
        What to do with the answer, and why.
    bars
        The alternatives with their probabilities; empty for a value.
    spoken
        The whole in a sentence, for screen readers.
    known
        Which modalities the product has.
    remark
        What could not be read; None where nothing was amiss.
    ignored
        Columns that the model does not read.
    """

    headline: str
    sure: str
    tone: str
    decision: str
    reason: str
    bars: Markup
    spoken: str
    known: tuple[str, ...]
    remark: str | None
    ignored: tuple[str, ...]


def told_category(
    answer: Answer,
    thresholds: Mapping[str, Threshold],
    precision: float,
    ignored: Sequence[str] = (),
) -> Told:
    """Return a classifier's answer as the page shows it.

    Parameters
    ----------
    answer
        As `aisle.serving.answers.Answerer` gives it.
    thresholds
        By the names of the experts that are present, joined with ``+``.
    precision
        The share of accepted answers that was asked to be right.
    ignored
        Columns that the model does not read.
    """
    category = str(answer["category"] or "No answer")
    accepted = answer["decision"] == ACCEPT
    known = tuple(answer["modalities"])
    sure = pages.share(answer["confidence"])
    decision = "Accept" if accepted else "Review"
    reason = _reason(answer, thresholds.get("+".join(known)), precision, accepted=accepted)
    ranked = [
        pages.Bar(
            one["category"],
            one["probability"],
            pages.share(one["probability"]),
            tone="accent" if at == 0 else "muted",
        )
        for at, one in enumerate(answer["alternatives"])
    ]
    return Told(
        headline=category,
        sure=sure,
        tone="good" if accepted else "warn",
        decision=decision,
        reason=reason,
        bars=pages.bars("The most probable categories", ranked, maximum=1.0)
        if ranked
        else Markup(""),
        spoken=f"{category}, {sure} sure. {decision}.",
        known=known,
        remark=answer["error"],
        ignored=tuple(ignored),
    )


def told_value(answer: Answer, target: str, ignored: Sequence[str] = ()) -> Told:
    """Return a regressor's answer as the page shows it; parameters as in `told_category`."""
    value = pages.number(answer["value"]) if answer["value"] is not None else "No answer"
    between = ""
    if answer["low"] is not None and answer["high"] is not None:
        between = f"between {pages.number(answer['low'])} and {pages.number(answer['high'])}"
    return Told(
        headline=value,
        sure="",
        tone="good" if answer["error"] is None else "warn",
        decision=f"Likely {between}" if between else "No interval",
        reason=f"The interval in which {target} lies for most products like this one.",
        bars=Markup(""),
        spoken=f"{target}: {value}, likely {between}." if between else f"{target}: {value}.",
        known=tuple(answer["modalities"]),
        remark=answer["error"],
        ignored=tuple(ignored),
    )


def _reason(
    answer: Answer, threshold: Threshold | None, precision: float, *, accepted: bool
) -> str:
    promised = pages.share(precision, 0 if round(precision * 100, 6).is_integer() else 1)
    if accepted:
        kept = (
            ""
            if threshold is None or threshold.accepted_precision is None
            else f" On {pages.plural(threshold.rows_accepted, 'training product')} that it accepted"
            f" unseen, {pages.share(threshold.accepted_precision)} were right."
        )
        return f"At least {promised} of what is accepted is promised to be right.{kept}"
    if threshold is None or math.isinf(threshold.threshold):
        return (
            f"A precision of {promised} cannot be promised for products of which only this much is "
            "known, so a person decides."
        )
    if answer["confidence"] is not None and answer["confidence"] < threshold.threshold:
        return (
            f"Accepted is from a confidence of {pages.share(threshold.threshold)} on, so that at "
            f"least {promised} of what is accepted is right. Below it, a person decides."
        )
    return f"The promise of {promised} does not cover this product, so a person decides."
