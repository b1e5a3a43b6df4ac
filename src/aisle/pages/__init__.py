"""What every HTML page shares: templates, small charts, and numbers in words."""

from aisle.pages.charts import (
    Bar,
    Bin,
    Mark,
    Points,
    Rule,
    Tone,
    bars,
    box,
    line,
    reliability,
    scatter,
)
from aisle.pages.formatting import count, number, plural, score, share, shorten
from aisle.pages.render import render
from aisle.pages.scales import Axis
from aisle.pages.verdict import Verdict

__all__ = [
    "Axis",
    "Bar",
    "Bin",
    "Mark",
    "Points",
    "Rule",
    "Tone",
    "Verdict",
    "bars",
    "box",
    "count",
    "line",
    "number",
    "plural",
    "reliability",
    "render",
    "scatter",
    "score",
    "share",
    "shorten",
]
