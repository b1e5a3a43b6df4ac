"""Measures in words: shares in percent, errors as numbers, differences with their sign."""

from __future__ import annotations

from aisle import pages
from aisle.experiments.comparing.leaderboard import Measure

MEASURES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "weighted_f1": "Weighted F1",
    "mae_log": "Error on the log scale",
    "mae": "Mean absolute error",
    "smape": "sMAPE",
    "r2": "R²",
}
"""What each measure is called, in the order of columns."""

SHARES = frozenset({"accuracy", "macro_f1", "weighted_f1", "smape"})


def value(number: float, measure: str) -> str:
    """Return a measure's value, such as ``95.2%``."""
    if measure in SHARES:
        return pages.share(number)
    return pages.number(number) if measure == "mae" else pages.score(number)


def interval(found: Measure, measure: str) -> str:
    """Return half the width of a measure's interval, such as ``± 1.3``; nothing if it has none."""
    if found.high is None:
        return ""
    return f"± {_bare(found.high - found.mean, measure)}"


def difference(number: float, measure: str) -> str:
    """Return a difference with its sign; of shares in points, such as ``−0.8``."""
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return sign + _bare(abs(number), measure)


def _bare(number: float, measure: str) -> str:
    if measure in SHARES:
        return f"{100 * number:.1f}"
    return pages.number(number) if measure == "mae" else f"{number:.3f}"
