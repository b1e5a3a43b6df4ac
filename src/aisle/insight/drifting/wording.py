"""What drift means, in words: on the page and on the screen alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from aisle import pages
from aisle.insight.drifting.results import ColumnDrift, Drift, Measure, Telling, Verdict
from aisle.insight.drifting.verdicts import (
    AUC,
    DIFFERENCE,
    DISTANCE,
    LARGEST_GAP,
    LEAST_ROWS,
    SURE,
    THRESHOLDS,
    UNSEEN,
)

TONES: Mapping[Verdict, Literal["good", "warn", "bad"]] = {
    "none": "good",
    "some": "warn",
    "strong": "bad",
}

STATISTICS: Mapping[str, str] = {
    DISTANCE: "Jensen-Shannon distance",
    LARGEST_GAP: "Kolmogorov-Smirnov distance",
    UNSEEN: "share of unseen words",
    DIFFERENCE: "difference of shares",
    AUC: "area under the ROC curve",
}

_MEDIANS = {"distribution": "", "length": "words a text", "size": "shorter side in pixels"}
_NAMED = 4
_LISTED = 10


def verdict(found: Drift) -> pages.Verdict:
    """Say whether the new catalogue is like the reference."""
    details = [telling_told(found.telling)]
    if found.moved:
        details.append(f"{_columns_moved(found)}.")
    elif found.too_few:
        details.append(f"No column has {LEAST_ROWS} values on both sides to be compared by.")
    else:
        details.append(
            f"None of {pages.plural(len(found.columns), 'column')} has moved by more than chance "
            "explains, or by enough to matter."
        )
    if found.only_reference:
        details.append(f"{found.new} lacks {names_told(found.only_reference)}.")
    if found.model is not None:
        details.append(_model_told(found.model.answers))
    if found.verdict == "none" and found.too_few:
        headline = f"Too few values to tell whether {found.new} is like {found.reference}"
        return pages.Verdict("warn", headline, tuple(details))
    if found.verdict == "none" and found.only_reference:
        shared = pages.plural(len(found.columns), "column")
        headline = f"No drift in the {shared} that {found.new} shares with {found.reference}"
        return pages.Verdict("warn", headline, tuple(details))
    headlines: Mapping[Verdict, str] = {
        "none": f"No drift: {found.new} is like {found.reference}",
        "some": f"Some drift: {found.new} differs from {found.reference}",
        "strong": f"Strong drift: {found.new} is not like {found.reference}",
    }
    return pages.Verdict(TONES[found.verdict], headlines[found.verdict], tuple(details))


def telling_told(telling: Telling | None) -> str:
    """Say whether one can tell the catalogues apart."""
    if telling is None:
        return "There are too few products, or no words, for a classifier to tell the two apart."
    low, high = telling.interval
    figure = f"AUC {telling.auc:.2f}, 98% interval {low:.2f} to {high:.2f}; 0.5 is chance"
    meaning: Mapping[Verdict, str] = {
        "none": "A classifier cannot tell which catalogue a product is from",
        "some": "A classifier can often tell which catalogue a product is from",
        "strong": "A classifier can tell which catalogue a product is from",
    }
    return f"{meaning[telling.verdict]} ({figure})."


def column_told(column: ColumnDrift) -> str:
    """Say how a column has moved, or that it has not."""
    told = [measure_told(measure) for measure in column.moved]
    if told:
        return "; ".join(told)
    if all(measure.name == "missing" for measure in column.measures):
        return "too few values on one side to compare more than how many are missing"
    return "as before"


def measure_told(measure: Measure) -> str:
    """Say how catalogues differ in one respect."""
    before, now = measure.reference, measure.new
    if measure.name == "missing":
        return f"missing in {pages.share(now)}, {pages.share(before)} before"
    if measure.name == "accepted":
        return f"{pages.share(now)} accepted, {pages.share(before)} before"
    if measure.name == "vocabulary":
        return (
            f"{pages.share(measure.value)} of the words are new (by chance: "
            f"{pages.share(measure.chance)})"
        )
    if measure.name == "shares":
        unseen = measure.besides.get("unseen_values", 0.0)
        more = f", {pages.share(unseen)} have a value not seen before" if unseen else ""
        return f"shares have moved (PSI {measure.besides.get('stability_index', 0.0):.2f}){more}"
    named = f"median {_MEDIANS.get(measure.name, measure.name)}".strip()
    if pages.number(now) == pages.number(before):
        return (
            f"{named} {pages.number(now)} as before, but the shares below some value differ by "
            f"{pages.share(measure.value)}"
        )
    return f"{named} {pages.number(now)}, {pages.number(before)} before"


def names_told(names: Sequence[str]) -> str:
    """List the first few names of columns, and how many more there are."""
    shown = ", ".join(pages.shorten(name, 40) for name in names[:_LISTED])
    more = len(names) - _LISTED
    return f"{shown} and {pages.count(more)} more" if more > 0 else shown


def thresholds_told() -> list[tuple[str, str, str, str]]:
    """Return a line for every statistic: its name, what it is, some from, strong from."""
    meanings = {
        DISTANCE: "Categories: 0 is equal shares, 1 nothing in common. The thresholds are what a "
        "population stability index (PSI) of 0.1 and 0.25 comes to.",
        LARGEST_GAP: "Numbers, lengths and photographs: the largest gap between the shares that "
        "lie below any value.",
        UNSEEN: "Texts: how much of the new words no text of the reference holds.",
        DIFFERENCE: "Missing values and accepted products: the difference of two shares.",
        AUC: "All columns at once: how often a classifier ranks a new product above an old one.",
    }
    return [
        (STATISTICS[name], meanings[name], f"{limits.some:g}", f"{limits.strong:g}")
        for name, limits in THRESHOLDS.items()
    ]


def guard_told(found: Drift) -> str:
    """Say how chance is kept from passing for drift."""
    return (
        f"All products were parted at random {pages.count(found.permutations)} times, "
        "near-duplicates together. What such parts differ by is taken off every figure, and a "
        f"difference counts only if at most {SURE:.0%} of what is called drift can be chance "
        "(Benjamini and Hochberg, over all measures). The AUC has to lie three standard deviations "
        "of chance above a half. So two halves of one catalogue are alike, "
        "and with few products only large differences show."
    )


def steps(found: Drift, reference: str = "REFERENCE", new: str = "NEW") -> list[pages.Step]:
    """Say what to do next."""
    seen = pages.Step(
        "See what the new catalogue is made of, and what is wrong in it.",
        f"aisle inspect {new} --html new.html",
    )
    if found.verdict == "none":
        return [seen]
    told = pages.Step(
        "Measure what the drift costs, on new products whose category is known.",
        f"aisle evaluate MODEL.aisle {new} --html report.html",
    )
    if found.model is not None:
        return [told, seen]
    answered = pages.Step(
        "See whether a model’s answers move too.",
        f"aisle drift {reference} {new} --model MODEL.aisle --html drift.html",
    )
    return [answered, told, seen]


def _columns_moved(found: Drift) -> str:
    named = ", ".join(pages.shorten(column.name, 40) for column in found.moved[:_NAMED])
    more = len(found.moved) - _NAMED
    count = f"{len(found.moved)} of {pages.plural(len(found.columns), 'column')}"
    verb = "has" if len(found.moved) == 1 else "have"
    return f"{count} {verb} moved: {named}{f' and {more} more' if more > 0 else ''}"


def _model_told(answers: ColumnDrift) -> str:
    if answers.verdict == "none":
        return "The model answers both alike."
    return f"The model’s answers have moved: {column_told(answers)}."
