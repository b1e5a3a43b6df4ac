"""Whether a classifier's confidence means what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.report.answers import Answers

_BINS = 10
_FEW = 10


@dataclass(frozen=True)
class ConfidenceBin:
    """Products of similar confidence: how many, how sure, how often right, and the interval."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]

    @property
    def words(self) -> str:
        """The bin in words."""
        return (
            f"confidence {self.low:.0%} to {self.high:.0%}: {pages.plural(self.rows, 'product')}, "
            f"{pages.share(self.accuracy)} right"
        )


def confidence_bins(answers: Answers) -> list[ConfidenceBin]:
    """Return the filled bins of ten, from the least to the most confident."""
    known = answers.known
    if not known.any():
        return []
    diagram = metrics.reliability(answers.confidence[known], answers.right[known], _BINS)
    columns = (diagram.low, diagram.high, diagram.rows, diagram.confidence, diagram.accuracy)
    return [
        ConfidenceBin(
            float(low),
            float(high),
            int(rows),
            float(confidence),
            float(accuracy),
            metrics.wilson_interval(round(float(accuracy * rows)), int(rows)),
        )
        for low, high, rows, confidence, accuracy in zip(*columns, strict=True)
    ]


def reliability(bins: list[ConfidenceBin]) -> Markup:
    """Return the reliability diagram, with the number of products below."""
    dots = pages.Series(
        "bins",
        [(bin.confidence, bin.accuracy) for bin in bins],
        hints=[
            f"{bin.words.replace(': ', chr(10))}\n95% interval {pages.share(bin.interval[0])} to "
            f"{pages.share(bin.interval[1])}"
            for bin in bins
        ],
        spans=[bin.interval for bin in bins],
        faint=[bin.rows < _FEW for bin in bins],
    )
    return pages.chart(
        pages.Plot(
            "Reliability diagram",
            "; ".join(bin.words for bin in bins),
            x=pages.Axis("Confidence", 0.0, 1.0, percent=True),
            y=pages.Axis("Share that is right", 0.0, 1.0, percent=True),
            series=(dots,),
            diagonal=True,
            columns=[
                pages.Column(bin.low, bin.high, bin.rows, bin.words.replace(": ", "\n"))
                for bin in bins
            ],
        )
    )


def sureness(answers: Answers) -> str:
    """Say in words whether the model is too sure, too modest, or neither."""
    known = answers.known
    if not known.any():
        return ""
    confidence, right = answers.confidence[known], answers.right[known]
    sure, true, rows = float(confidence.mean()), float(right.mean()), int(known.sum())
    spread = 1.96 * float(np.sqrt(np.mean(confidence * (1 - confidence)) / rows))
    told = f"On average it is {pages.share(sure)} sure and {pages.share(true)} right"
    if abs(sure - true) <= spread:
        return f"{told}: confidence means what it says, within what chance allows."
    if sure > true:
        return f"{told}: it is too sure of itself here."
    return f"{told}: it is more modest than it need be here."
