"""What every HTML page shares: templates, charts, pictures, and numbers in words."""

from aisle.pages.bars import Bar, bars, box
from aisle.pages.charts import chart, heat_map, plotting_library
from aisle.pages.data import as_json
from aisle.pages.formatting import count, number, plural, score, share, shorten
from aisle.pages.heat import Heat
from aisle.pages.plot import Band, Column, Mark, Plot, Rule, Series, Tone
from aisle.pages.render import render, script
from aisle.pages.scales import Axis
from aisle.pages.step import Step
from aisle.pages.thumbnails import thumbnail
from aisle.pages.verdict import Verdict

__all__ = [
    "Axis",
    "Band",
    "Bar",
    "Column",
    "Heat",
    "Mark",
    "Plot",
    "Rule",
    "Series",
    "Step",
    "Tone",
    "Verdict",
    "as_json",
    "bars",
    "box",
    "chart",
    "count",
    "heat_map",
    "number",
    "plotting_library",
    "plural",
    "render",
    "score",
    "script",
    "share",
    "shorten",
    "thumbnail",
]
