from __future__ import annotations

import math
from xml.etree import ElementTree

from aisle import pages

EVIL = """</title></svg><script>alert("1")</script>&'"""


def tree(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def test_each_is_an_image_with_a_title_and_a_description() -> None:
    charts = [
        pages.bars("Title", [pages.Bar("a", 1.0, "1")]),
        pages.box("Title", (1, 2, 3, 4, 5), label="price"),
    ]
    for chart in charts:
        svg = tree(chart)
        title, description = svg[0], svg[1]
        assert svg.get("role") == "img"
        assert (title.tag, title.text) == ("title", "Title")
        assert description.text
        assert svg.get("aria-labelledby") == title.get("id")
        assert svg.get("aria-describedby") == description.get("id")


def test_hostile_words_stay_words() -> None:
    charts = [
        pages.bars(EVIL, [pages.Bar(EVIL, 1.0, EVIL, note=EVIL)]),
        pages.box(EVIL, (1, 2, 3, 4, 5), label=EVIL),
    ]
    for chart in charts:
        assert "<script" not in chart
        assert not [part for part in tree(chart).iter() if "script" in str(part.tag)]


def widths(chart: str) -> list[str | None]:
    return [
        part.get("width") for part in tree(chart).iter("rect") if "bar" in part.get("class", "")
    ]


def test_bars_are_as_long_as_their_values() -> None:
    items = [
        pages.Bar("all", 4.0, "4"),
        pages.Bar("half", 2.0, "2"),
        pages.Bar("none", 0.0, "0"),
        pages.Bar("unknown", None, "–"),
        pages.Bar("not a number", math.nan, "–"),
    ]
    assert widths(pages.bars("t", items)) == ["100.00%", "50.00%"]
    assert widths(pages.bars("t", items, maximum=8.0)) == ["50.00%", "25.00%"]
    assert widths(pages.bars("t", [])) == []
