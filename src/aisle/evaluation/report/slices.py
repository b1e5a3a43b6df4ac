"""Parts of the catalogue as a page shows them: the worst first, and what chance would do."""

from __future__ import annotations

from dataclasses import dataclass

from aisle import pages
from aisle.evaluation.results import Evaluation, ValueEvaluation
from aisle.evaluation.slicing import Slice


@dataclass(frozen=True)
class SliceRow:
    """One slice in words; `bar` is its score as a share of the largest of all."""

    of: Slice
    shown: str
    interval: str
    difference: str
    bar: float
    tone: str
    verdict: str


@dataclass(frozen=True)
class Slices:
    """All slices, a sentence about them, and what their scores are called."""

    rows: tuple[SliceRow, ...]
    told: str
    measure: str
    ascending: bool


def slices(found: Evaluation) -> Slices:
    """Return the slices of an evaluation as its page shows them."""
    values = isinstance(found, ValueEvaluation)
    log = values and any(one.measure == "mae_log" for one in found.slices)
    measure = ("Error (log scale)" if log else "Mean error") if values else "Accuracy"
    most = max((one.score for one in found.slices), default=1.0) if values else 1.0
    rows = tuple(_row(one, most or 1.0) for one in found.slices)
    return Slices(rows, slices_told(found), measure, ascending=not values)


def slices_told(found: Evaluation) -> str:
    """Say in a sentence or two whether the model does clearly worse on some part."""
    if not found.slices:
        return (
            f"No part of the catalogue has {pages.plural(found.slice_rows, 'product')} or more and "
            "leaves as many beside it: there is nothing to compare."
        )
    worse = [one for one in found.slices if one.significant and one.worse]
    looked = pages.plural(len(found.slices), "part")
    if not worse:
        return (
            f"Of {looked} looked at, none is worse than the rest by more than chance explains. "
            "Those on top may still be worth a look, but do not conclude from them."
        )
    first = worse[0]
    named = f"{first.slice}: {pages.shorten(first.value, 40)}"
    return (
        f"Of {looked} looked at, {pages.count(len(worse))} "
        f"{'is' if len(worse) == 1 else 'are'} worse than the rest by more than chance explains; "
        f"the worst is {named}, with {_shown(first)} on {pages.plural(first.rows, 'product')}."
    )


def _row(one: Slice, most: float) -> SliceRow:
    low, high = one.interval
    if one.significant:
        tone, verdict = ("bad", "worse") if one.worse else ("good", "better")
    else:
        tone, verdict = "", "could be chance"
    return SliceRow(
        of=one,
        shown=_shown(one),
        interval=f"{_number(one, low)} to {_number(one, high)}",
        difference=_signed(one),
        bar=one.score / most,
        tone=tone,
        verdict=verdict,
    )


def _shown(one: Slice) -> str:
    return _number(one, one.score)


def _number(one: Slice, value: float) -> str:
    if one.measure == "accuracy":
        return pages.share(value)
    return pages.score(value) if one.measure == "mae_log" else pages.number(value)


def _signed(one: Slice) -> str:
    if one.measure == "accuracy":
        return f"{100 * one.difference:+.1f}".replace("-", "−")
    shown = pages.score(abs(one.difference))
    if one.measure == "mae":
        shown = pages.number(abs(one.difference))
    return f"{'+' if one.difference >= 0 else '−'}{shown}"
