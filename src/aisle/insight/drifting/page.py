"""A comparison of two catalogues as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.insight.drifting import wording
from aisle.insight.drifting.results import ColumnDrift, Curve, Drift, Measure, Telling

CHARTED = 8
"""How many columns are drawn at most, those that moved most first."""

_LABELS = {
    "distribution": "value",
    "length": "words",
    "brightness": "brightness (0 black, 1 white)",
    "size": "shorter side in pixels",
    "confidence": "confidence",
}
_TRIMMED = 1
_LOG_SPAN = 50


@dataclass(frozen=True)
class Line:
    """A column as the table shows it."""

    column: ColumnDrift
    told: str
    tone: str
    worst: Measure | None
    level: float


@dataclass(frozen=True)
class Detail:
    """A column, drawn: charts of its numbers, and the values that moved."""

    column: ColumnDrift
    told: str
    tone: str
    charts: tuple[tuple[str, Markup], ...]
    words: bool


def drift_page(found: Drift) -> str:
    """Return a comparison of two catalogues as a self-contained HTML page.

    Parameters
    ----------
    found
        What `drift` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    details = _details(found)
    return pages.render(
        "drift.html",
        scripts=(pages.plotting_library(), pages.script("charts.js"), pages.script("drift.js")),
        found=found,
        verdict=wording.verdict(found),
        big="–" if found.telling is None else f"{found.telling.auc:.2f}",
        cards=_cards(found),
        sections=_sections(found, details),
        lines=[_line(column) for column in found.columns],
        details=details,
        telling=found.telling,
        telling_told=wording.telling_told(found.telling),
        roc=None if found.telling is None else _roc(found.telling),
        new_terms=None if found.telling is None else _terms(found.telling.towards_new, "new"),
        old_terms=None
        if found.telling is None
        else _terms(found.telling.towards_reference, "reference"),
        answers=None if found.model is None else _detail(found.model.answers),
        measured=_measured,
        thresholds=wording.thresholds_told(),
        guard=wording.guard_told(found),
        tones=wording.TONES,
        statistics=wording.STATISTICS,
        steps=wording.steps(found),
    )


def _cards(found: Drift) -> list[tuple[str, str, str]]:
    looked = [
        f"{pages.count(rows)} of {pages.count(products)}"
        if rows < products
        else pages.count(products)
        for rows, products in (
            (found.reference_rows, found.reference_products),
            (found.new_rows, found.new_products),
        )
    ]
    strong = sum(column.verdict == "strong" for column in found.columns)
    return [
        ("Reference", looked[0], f"Products of {pages.shorten(found.reference, 40)}."),
        ("New", looked[1], f"Products of {pages.shorten(found.new, 40)}."),
        (
            "Columns moved",
            f"{len(found.moved)} of {len(found.columns)}",
            f"{pages.count(strong)} of them strongly.",
        ),
    ]


def _sections(found: Drift, details: Sequence[Detail]) -> list[tuple[str, str]]:
    return [
        ("columns", "Columns"),
        *([("details", "What moved")] if details else []),
        *([("model", "The model")] if found.model else []),
        *([("telling", "Telling apart")] if found.telling else []),
        ("thresholds", "How to read it"),
        ("next", "Next"),
    ]


def _line(column: ColumnDrift) -> Line:
    worst = max(column.measures, key=_level, default=None)
    return Line(
        column=column,
        told=wording.column_told(column),
        tone=wording.TONES[column.verdict],
        worst=worst,
        level=0.0 if worst is None else min(_level(worst), 1.0),
    )


def _level(measure: Measure) -> float:
    """Return the excess as a share of what is called strong."""
    from aisle.insight.drifting.verdicts import THRESHOLDS

    return measure.excess / THRESHOLDS[measure.statistic].strong


def _details(found: Drift) -> list[Detail]:
    """Draw the columns that moved; where none did, two that can be drawn, numbers first."""
    drawable = sorted(found.columns, key=lambda column: not column.curves)
    chosen = found.moved or tuple(c for c in drawable if c.curves or c.values)[:2]
    return [_detail(column) for column in chosen[:CHARTED]]


def _detail(column: ColumnDrift) -> Detail:
    return Detail(
        column=column,
        told=wording.column_told(column),
        tone=wording.TONES[column.verdict],
        charts=tuple(
            (name, _chart(column.name, name, curve))
            for name, curve in column.curves.items()
            if curve.reference[0] < curve.reference[-1] or curve.new[0] < curve.new[-1]
        ),
        words=column.role == "text",
    )


def _chart(column: str, name: str, curve: Curve) -> Markup:
    """Draw both distribution functions; the outermost hundredths would squeeze all else."""
    label = _LABELS.get(name, name)
    inner = slice(_TRIMMED, len(curve.shares) - _TRIMMED)
    ends = [*curve.reference[inner], *curve.new[inner]]
    low, high = min(ends), max(ends)
    log = low > 0 and high / low > _LOG_SPAN

    def line(side: str, values: Sequence[float], tone: pages.Tone, dashed: bool) -> pages.Series:
        places = list(zip(values[inner], curve.shares[inner], strict=True))
        hints = [f"{side}: {share:.0%} at {pages.number(v)} or below" for v, share in places]
        return pages.Series(side, places, "line", tone=tone, hints=hints, dashed=dashed)

    middle = len(curve.shares) // 2
    return pages.chart(
        pages.Plot(
            f"Distribution of {pages.shorten(column, 40)} ({name})",
            f"median {pages.number(curve.reference[middle])} in the reference, "
            f"{pages.number(curve.new[middle])} in the new catalogue",
            x=pages.Axis(f"{label}{' (logarithmic)' if log else ''}", low, high, log=log),
            y=pages.Axis("Share at or below", 0, 1, percent=True),
            series=(
                line("reference", curve.reference, "muted", True),
                line("new", curve.new, "accent", False),
            ),
        )
    )


def _roc(telling: Telling) -> Markup:
    hints = [f"{found:.0%} of new, {wrong:.0%} of old products" for wrong, found in telling.roc]
    return pages.chart(
        pages.Plot(
            "How well a classifier tells the catalogues apart",
            f"area under the curve {telling.auc:.3f}; 0.5 is chance",
            x=pages.Axis("Reference taken for new", 0, 1, percent=True),
            y=pages.Axis("New ones found", 0, 1, percent=True),
            series=(pages.Series("classifier", telling.roc, "line", hints=hints),),
            diagonal=True,
            square=True,
        )
    )


def _terms(terms: Sequence[tuple[str, float]], side: str) -> Markup | None:
    if not terms:
        return None
    tone: pages.Tone = "accent" if side == "new" else "muted"
    return pages.bars(
        f"What speaks for the {side} catalogue",
        [pages.Bar(term, weight, f"{weight:.1f}", tone=tone) for term, weight in terms],
    )


def _measured(measure: Measure) -> str:
    """Return a measure's value with the digits that it deserves."""
    return f"{measure.value:.3f}"
