from __future__ import annotations

from xml.etree import ElementTree

from aisle.pages.histogram import histogram

EVIL = """</title></svg><script>alert("1")</script>&'"""


def bins(chart: str) -> list[ElementTree.Element]:
    return [one for one in ElementTree.fromstring(chart).iter("rect") if one.get("class") == "bin"]


def test_a_bin_is_as_high_as_it_has_products() -> None:
    drawn = bins(histogram("T", [0, 1, 2, 3], [4, 0, 2], label="price"))
    assert len(drawn) == 2
    first, second = (float(one.get("height") or 0) for one in drawn)
    assert abs(first - 2 * second) < 0.2


def test_a_logarithmic_axis_makes_equal_ratios_equally_wide() -> None:
    drawn = bins(histogram("T", [1, 10, 100], [1, 1], label="price", log=True))
    first, second = (float(one.get("width") or 0) for one in drawn)
    assert abs(first - second) < 0.2


def test_the_median_is_drawn_where_it_lies_inside() -> None:
    assert 'class="middle"' in histogram("T", [0, 1, 2], [1, 1], label="x", middle=1.5)
    assert 'class="middle"' not in histogram("T", [0, 1, 2], [1, 1], label="x", middle=7.0)
    assert "the median 1.5" in histogram("T", [0, 1, 2], [1, 1], label="x", middle=1.5)


def test_hostile_words_stay_words() -> None:
    assert "<script" not in histogram(EVIL, [0, 1], [1], label=EVIL)
