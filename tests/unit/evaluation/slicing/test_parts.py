from __future__ import annotations

import numpy as np

from aisle import Catalog
from aisle.evaluation.slicing.parts import MISSING, by_band, by_value, parts, script_of
from aisle.progress import silent


def test_frequent_values_and_what_has_none_are_parts() -> None:
    found = by_value("brand", ["Acme", " Acme ", None, "Bolt", "Acme"])
    assert [(part.value, int(part.members.sum())) for part in found] == [
        ("Acme", 3),
        ("Bolt", 1),
        (MISSING, 1),
    ]
    assert found[0].members.tolist() == [True, True, False, False, True]


def test_numbers_fall_into_four_bands_that_hold_all_of_them() -> None:
    values = np.array([*np.arange(40.0), np.nan, np.nan])
    found = by_band("price", values)
    assert [int(part.members.sum()) for part in found] == [10, 10, 10, 10, 2]
    assert sum(part.members.astype(int) for part in found).tolist() == [1] * 42
    assert found[0].value == "0 to 9"
    assert found[-1].value == MISSING


def test_numbers_that_are_nearly_all_the_same_are_not_cut_to_pieces() -> None:
    assert [part.value for part in by_band("n", np.ones(30))] == [MISSING]
    found = by_band("n", np.array([1.0] * 20 + [2.0] * 10 + [3.0] * 10))
    assert sum(int(part.members.sum()) for part in found) == 40
    assert [part.value for part in found] == ["1", "2", "3", MISSING]


def test_parts_are_large_enough_and_so_is_the_rest() -> None:
    rows = [
        {"title": "blue mug" if n % 2 else "синяя кружка для чая", "brand": "A" if n < 25 else "B"}
        for n in range(50)
    ]
    products = Catalog.read(rows, roles={"brand": "category", "title": "text"})
    found = parts(products, [["text"]] * 50, 20, silent)
    assert {(part.slice, part.value) for part in found} >= {
        ("brand", "A"),
        ("brand", "B"),
        ("writing", "latin"),
        ("writing", "cyrillic"),
    }
    assert all(20 <= part.members.sum() <= 30 for part in found)
    assert not parts(products, [["text"]] * 50, 26, silent)


def test_scripts_are_told_by_most_letters() -> None:
    assert script_of("Blue mug Ж") == "latin"
    assert script_of("青いマグ青青") == "cjk"
    assert script_of("12 - 30") is None
