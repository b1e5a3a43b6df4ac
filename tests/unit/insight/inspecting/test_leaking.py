from __future__ import annotations

import pytest

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.leaking import leaks


def test_a_path_is_explained_with_a_value_of_each_class(inspected: Inspection) -> None:
    (leak,) = inspected.leak_details
    assert leak.column == "path"
    assert (leak.follows, leak.right) == (False, 1.0)
    assert {one.answer for one in leak.examples} == {"Mugs", "Lamps", "Boots"}
    assert all(one.value.split(" > ")[1] == one.answer for one in leak.examples)
    assert all(one.agree == one.rows for one in leak.examples)


def test_the_share_that_is_right_leaves_each_row_out() -> None:
    rows = [{"kind": f"k{n % 12}", "department": f"d{n % 12}"} for n in range(240)]
    rows[0]["department"] = "d1"
    rows += [{"kind": "k1", "department": "lonely"}]
    (leak,) = leaks(Catalog.read(rows, target="kind"))
    assert leak.repeated == 240
    assert leak.right == pytest.approx(239 / 240)


def test_a_column_that_follows_from_the_class_is_told_the_other_way_round() -> None:
    halls = {f"k{n}": f"hall {n % 3}" for n in range(12)}
    rows = [{"kind": f"k{n % 12}", "department": halls[f"k{n % 12}"]} for n in range(240)]
    (leak,) = leaks(Catalog.read(rows, target="kind"))
    assert (leak.follows, leak.right, leak.repeated) == (True, 1.0, 240)
    assert {(one.value, one.answer) for one in leak.examples} <= set(halls.items())
    assert {one.answer for one in leak.examples} == {"hall 0", "hall 1", "hall 2"}


def test_a_number_that_gives_a_price_away_is_shown_beside_it() -> None:
    rows = [{"title": f"t{n} x", "price": n + 0.5, "price_eur": 2.0 * n} for n in range(40)]
    (leak,) = leaks(Catalog.read(rows, target="price"))
    assert (leak.column, leak.right) == ("price_eur", None)
    assert (leak.examples[0].value, leak.examples[0].answer) == ("0", "0.5")
    assert (leak.examples[-1].value, leak.examples[-1].answer) == ("78", "39.5")


def test_without_a_target_nothing_leaks() -> None:
    assert leaks(Catalog.read([{"title": "mug"}])) == ()
