from __future__ import annotations

import json
import re

from aisle import pages

SHARE = pages.Axis("Share", 0.0, 1.0, percent=True)


def carried(chart: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json">(.*)</script></div>$', chart, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def test_a_chart_is_a_drawing_that_carries_its_figure() -> None:
    chart = pages.chart(
        pages.Plot("Title", "Words", SHARE, SHARE, (pages.Series("p", [(0.1, 0.2)]),))
    )
    assert chart.startswith('<div class="chart"><div class="static"><svg')
    data = carried(chart)
    assert (data["title"], data["description"]) == ("Title", "Words")
    assert {"data", "layout", "size"} <= data.keys()


def test_a_heat_map_is_a_table_that_carries_its_figure() -> None:
    heat = pages.Heat("Title", "Words", ("a", "b"), ((1, 0), (0, 1)), (1, 1))
    chart = pages.heat_map(heat)
    assert '<div class="static"><table class="heat">' in chart
    assert carried(chart)["short"] == ["\u2068a\u2069", "\u2068b\u2069"]


def test_hostile_words_cannot_leave_the_data() -> None:
    evil = '</script><script>alert(1)</script><!--"\u2028'
    plot = pages.Plot(evil, evil, SHARE, SHARE, (pages.Series("p", [(0.1, 0.2)], hints=[evil]),))
    chart = pages.chart(plot)
    assert chart.count("<script") == 1
    assert carried(chart)["title"] == evil


def test_the_library_is_a_script_that_can_stand_in_a_page() -> None:
    library = pages.plotting_library()
    assert "plotly.js v" in library[:200]
    assert len(library) > 1_000_000
