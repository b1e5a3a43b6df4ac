from __future__ import annotations

from xml.etree import ElementTree

from aisle import pages
from aisle.pages.heat import heat_figure, short_names, table

EVIL = "<b onmouseover='alert(1)'>&"


def heat(names: tuple[str, ...] = ("Cats", "Dogs", "Others")) -> pages.Heat:
    counts = ((8, 2, 0), (0, 10, 0), (1, 0, None))
    return pages.Heat("Confusion matrix", "Words", names, counts, (10, 10, 4))


def test_the_table_holds_every_count_and_colours_it_by_its_share() -> None:
    rows = ElementTree.fromstring(table(heat())).findall("tbody/tr")
    cells = [[(cell.text, cell.get("class")) for cell in row.findall("td")] for row in rows]
    assert cells[0] == [("8", "right-3"), ("2", "wrong-3"), (None, None)]
    assert cells[1][1] == ("10", "right-4")
    assert cells[2] == [("1", "wrong-4"), (None, None), (None, None)]


def test_right_and_wrong_answers_are_two_traces_without_overlap() -> None:
    right, wrong = heat_figure(heat())["data"]
    assert right["z"] == [[0.8, None, None], [None, 1.0, None], [None, None, None]]
    assert wrong["z"] == [[None, 0.2, None], [None, None, None], [0.25, None, None]]
    assert wrong["customdata"][0][1] == "Cats<br>taken for Dogs<br>2 of 10 products (20.0%)"
    assert right["customdata"][0][0] == "Cats<br>answered rightly: 8 of 10 products (80.0%)"


def test_colours_rise_with_the_share() -> None:
    for trace in heat_figure(heat())["data"]:
        steps = [step for step, _ in trace["colorscale"]]
        assert steps == sorted(steps)
        assert (steps[0], steps[-1]) == (0, 1)


def test_classes_of_the_same_short_name_stay_apart() -> None:
    names = tuple(f"{'a very long name of a class ' * 2}{at}" for at in range(3))
    figure = heat_figure(heat(names))
    assert figure["layout"]["xaxis"]["tickvals"] == [0, 1, 2]
    assert len(figure["layout"]["xaxis"]["ticktext"]) == 3
    assert len(short_names(heat(names))) == 3


def test_numbers_are_written_where_there_is_room() -> None:
    assert heat_figure(heat())["data"][0]["text"][0] == ["8", "", ""]
    many = tuple(f"c{at}" for at in range(20))
    large = pages.Heat("t", "d", many, [[1] * 20] * 20, [20] * 20)
    assert "text" not in heat_figure(large)["data"][0]


def test_hostile_names_are_names() -> None:
    evil = heat((EVIL, "Dogs", "Others"))
    shown = ElementTree.fromstring(table(evil))
    assert not list(shown.iter("b"))
    assert "<b" not in str(heat_figure(evil)["layout"]["xaxis"]["ticktext"])
    assert "<b " not in str(heat_figure(evil)["data"])
