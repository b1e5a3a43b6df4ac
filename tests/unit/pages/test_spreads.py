from __future__ import annotations

from xml.etree import ElementTree

from aisle.pages.spreads import Spread, spreads

EVIL = """</title></svg><script>alert("1")</script>&'"""


def boxes(chart: str) -> list[ElementTree.Element]:
    return [one for one in ElementTree.fromstring(chart).iter("rect") if one.get("class") == "box"]


def left(box: ElementTree.Element) -> float:
    return float((box.get("x") or "").rstrip("%"))


def test_boxes_lie_on_one_axis() -> None:
    drawn = boxes(
        spreads("T", [Spread("a", (0, 25, 50, 75, 100)), Spread("b", (50, 60, 70, 75, 80))])
    )
    assert [left(one) for one in drawn] == [25.5, 59.8]
    assert float((drawn[0].get("width") or "").rstrip("%")) == 49.0


def test_a_logarithmic_axis_needs_values_above_nothing() -> None:
    items = [Spread("a", (1, 10, 10, 10, 100))]
    assert left(boxes(spreads("T", items, log=True))[0]) == 50.0
    assert left(boxes(spreads("T", items))[0]) < 15
    assert boxes(spreads("T", [Spread("a", (0, 1, 2, 3, 4))], log=True))


def test_equal_values_are_drawn_in_the_middle() -> None:
    assert left(boxes(spreads("T", [Spread("a", (5, 5, 5, 5, 5))]))[0]) == 50.0


def test_what_it_says_is_what_it_shows() -> None:
    chart = spreads("T", [Spread("Mugs", (1, 2, 3, 4, 5), "40")])
    assert "Mugs: median 3, half between 2 and 4" in chart
    assert "<script" not in spreads(EVIL, [Spread(EVIL, (1, 2, 3, 4, 5), EVIL)])
