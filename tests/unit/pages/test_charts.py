from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle import pages
from aisle.pages.scales import Axis

EVIL = """</title></svg><script>alert("1")</script>&'"""


def tree(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def test_every_chart_is_an_image_with_a_title_and_a_description() -> None:
    share = Axis("Share", 0.0, 1.0, percent=True)
    charts = [
        pages.bars("Title", [pages.Bar("a", 1.0, "1")]),
        pages.line("Title", "Words", [(0, 1), (1, 0.5)], x=share, y=share),
        pages.scatter("Title", "Words", [pages.Points("p", [(0.5, 0.5)])], x=share, y=share),
        pages.reliability("Title", [pages.Bin(0.9, 1.0, 5, 0.95, 0.8, 0.4, 0.97)]),
        pages.box("Title", (1, 2, 3, 4, 5), label="price"),
    ]
    for chart in charts:
        svg = tree(chart)
        title, description = svg[0], svg[1]
        assert svg.get("role") == "img"
        assert (title.tag, title.text) == ("title", "Title")
        assert description.tag == "desc"
        assert description.text
        assert svg.get("aria-labelledby") == title.get("id")
        assert svg.get("aria-describedby") == description.get("id")


def test_hostile_words_stay_words() -> None:
    axis = Axis(EVIL, 0.0, 1.0)
    charts = [
        pages.bars(EVIL, [pages.Bar(EVIL, 1.0, EVIL, note=EVIL)]),
        pages.line(
            EVIL,
            EVIL,
            [(0, 1)],
            x=axis,
            y=axis,
            mark=pages.Mark(0.5, 0.5, EVIL),
            rule=pages.Rule(0.5, EVIL),
        ),
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


def test_a_scatter_draws_every_point_once() -> None:
    axis = Axis("x", 1.0, 1000.0, log=True)
    places = [(1.0, 1000.0), (1000.0, 1.0), (10.0, 10.0)]
    chart = pages.scatter("t", "d", [pages.Points("p", places)], x=axis, y=axis, diagonal=True)
    dots = next(part for part in tree(chart).iter("path") if part.get("class") == "dots accent")
    assert dots.get("d", "").count("M") == 3


def test_points_outside_an_axis_are_drawn_at_its_edge() -> None:
    axis = Axis("x", 0.5, 1.0)
    assert axis.place(0.1) == 0
    assert axis.place(3.0) == 1
    assert Axis("x", 2.0, 2.0).place(2.0) == 0.5


def test_a_logarithmic_axis_spaces_decades_evenly() -> None:
    axis = Axis("x", 10.0, 100_000.0, log=True)
    assert [axis.place(10.0**power) for power in range(1, 6)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert [label for _, label in axis.ticks()] == ["10", "100", "1k", "10k", "100k"]


def test_percent_ticks() -> None:
    assert [label for _, label in Axis("x", 0.9, 1.0, percent=True).ticks()][:2] == ["90%", "92%"]


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-3, 1e9),
)
def test_ticks_lie_on_the_axis_and_are_few(low: float, length: float) -> None:
    ticks = [value for value, _ in Axis("x", low, low + length).ticks()]
    assert 1 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    slack = 1e-6 * max(abs(low), length)
    assert all(low - slack <= value <= low + length + slack for value in ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.1, 1e12))
def test_logarithmic_ticks_lie_on_the_axis_and_are_few(low: float, times: float) -> None:
    axis = Axis("x", low, low * times, log=True)
    ticks = [value for value, _ in axis.ticks()]
    assert 1 <= len(ticks) <= 10
    assert all(low * 0.999 <= value <= low * times * 1.001 for value in ticks)
