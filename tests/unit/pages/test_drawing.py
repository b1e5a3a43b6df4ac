from __future__ import annotations

from xml.etree import ElementTree

from aisle import pages
from aisle.pages.drawing import svg

EVIL = """</title></svg><script>alert("1")</script>&'"""
SHARE = pages.Axis("Share", 0.0, 1.0, percent=True)


def plot(
    *series: pages.Series,
    x: pages.Axis = SHARE,
    y: pages.Axis = SHARE,
    rule: pages.Rule | None = None,
    mark: pages.Mark | None = None,
    band: pages.Band | None = None,
    columns: tuple[pages.Column, ...] = (),
    name: str = "Title",
) -> ElementTree.Element:
    described = pages.Plot(
        name, "Words", x, y, series, rule=rule, mark=mark, band=band, columns=columns, diagonal=True
    )
    return ElementTree.fromstring(svg(described))


def styled(drawing: ElementTree.Element, style: str) -> list[ElementTree.Element]:
    return [part for part in drawing.iter() if style in (part.get("class") or "").split()]


def test_it_is_an_image_with_a_title_and_a_description() -> None:
    drawing = plot(pages.Series("p", [(0, 1), (1, 0.5)], "line"))
    title, description = drawing[0], drawing[1]
    assert drawing.get("role") == "img"
    assert (title.text, description.text) == ("Title", "Words")
    assert drawing.get("aria-labelledby") == title.get("id")
    assert drawing.get("aria-describedby") == description.get("id")


def test_hostile_words_stay_words() -> None:
    drawing = plot(
        pages.Series(EVIL, [(0, 1)], hints=[EVIL]),
        x=pages.Axis(EVIL, 0.0, 1.0),
        rule=pages.Rule(0.5, EVIL),
        mark=pages.Mark(0.5, 0.5, EVIL),
        columns=(pages.Column(0.0, 0.5, 3, EVIL),),
        name=EVIL,
    )
    assert not [part for part in drawing.iter() if "script" in str(part.tag)]


def test_few_points_are_dots_with_hints_and_spans_and_many_are_one_path() -> None:
    few = plot(
        pages.Series("p", [(0.2, 0.5), (0.4, 0.6)], hints=["a", "b"], spans=[(0.1, 0.9)] * 2)
    )
    assert [part.text for part in few.iter("title")][1:] == ["a", "b"]
    assert len(styled(few, "whisker")) == 2
    many = plot(pages.Series("p", [(at / 500, 0.5) for at in range(500)]))
    assert styled(many, "dots")[0].get("d", "").count("M") == 500


def test_a_line_passes_through_its_points_and_a_higher_value_lies_higher() -> None:
    line = styled(plot(pages.Series("p", [(0.0, 0.0), (1.0, 1.0)], "line")), "curve")[0]
    (x1, y1), (x2, y2) = (
        map(float, pair.split()) for pair in line.get("d", "").lstrip("M").split("L")
    )
    assert x1 < x2
    assert y1 > y2


def test_a_mark_without_a_place_is_not_drawn() -> None:
    assert styled(plot(mark=pages.Mark(0.5, 0.9, "here")), "mark")
    assert not styled(plot(mark=pages.Mark(None, None, "nowhere")), "mark")


def test_the_fullest_column_is_the_tallest() -> None:
    drawing = plot(columns=(pages.Column(0.0, 0.5, 10), pages.Column(0.5, 1.0, 40)))
    low, high = (float(part.get("height", "")) for part in styled(drawing, "column"))
    assert high == 4 * low
