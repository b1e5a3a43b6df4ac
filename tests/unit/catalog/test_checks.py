"""Every kind of problem is found, counted, located and said in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog import Catalog, Problem
from aisle.catalog.checks import check

ANIMALS = ["otter", "badger", "heron", "newt", "vole", "stoat", "wren", "shrew", "adder", "hare"]


def products(count: int, **columns: object) -> list[dict[str, object]]:
    """Make products that have nothing wrong with them; a column given replaces or adds one."""
    rows: list[dict[str, object]] = []
    for n in range(count):
        first, second = ANIMALS[n % 10], ANIMALS[n // 10 % 10]
        rows.append(
            {
                "sku": f"S{n:04d}",
                "title": f"{first} {second} figure{n} made{n} by hand{n}",
                "category": ["tall", "small"][n % 2],
            }
        )
        for name, values in columns.items():
            rows[n][name] = values[n] if isinstance(values, list) else values
    return rows


def problems(rows: list[dict[str, object]], target: str | None = "category") -> dict[str, Problem]:
    found = check(Catalog.read(rows, target=target))
    kinds = [problem.kind for problem in found]
    assert len(set(kinds)) == len(kinds)
    return {problem.kind: problem for problem in found}


def test_a_clean_catalogue_has_no_problems() -> None:
    assert problems(products(20)) == {}
    assert problems(products(20), target=None) == {}


def test_missing_values_are_counted_by_column() -> None:
    found = problems(products(20, colour=["red", None, "blue", "red"] * 5))["missing-value"]
    assert (found.rows, found.examples) == (5, (1, 5, 9, 13, 17))
    assert "'colour' is empty in 5 rows (25%)" in found.message


def test_identifiers_that_repeat_or_lack_are_named() -> None:
    ids = [f"S{n:04d}" for n in range(40)]
    ids[5], ids[9] = "S0004", None
    found = problems(products(40, sku=ids))
    assert (found["duplicate-id"].rows, found["duplicate-id"].examples) == (2, (4, 5))
    assert "'S0004'" in found["duplicate-id"].message
    assert (found["missing-id"].rows, found["missing-id"].examples) == (1, (9,))
    assert "1 row has no 'sku'" in found["missing-id"].message


def test_products_without_text_are_counted() -> None:
    rows = products(20)
    rows[3]["title"] = rows[8]["title"] = None
    found = problems(rows)["empty-text"]
    assert (found.rows, found.examples) == (2, (3, 8))
    assert found.message.startswith("2 products have no text at all")


def test_copies_of_a_text_are_duplicates_and_may_conflict() -> None:
    rows = products(20)
    rows[7]["title"] = str(rows[2]["title"]).upper()
    found = problems(rows)
    assert (found["duplicate-text"].rows, found["duplicate-text"].examples) == (2, (2, 7))
    assert (found["near-duplicate"].rows, found["near-duplicate"].examples) == (2, (2, 7))
    assert "1 group, the largest with 2" in found["near-duplicate"].message
    assert found["conflicting-label"].examples == (2, 7)
    assert "'small', 'tall'" in found["conflicting-label"].message
    rows[7]["category"] = rows[2]["category"]
    assert "conflicting-label" not in problems(rows)


def test_rows_without_a_target_are_counted() -> None:
    rows = products(20)
    rows[4]["category"] = " "
    found = problems(rows)["missing-target"]
    assert (found.rows, found.examples) == (1, (4,))
    assert "no usable class in 'category'; they" in found.message
    rows[5]["category"] = "N/A"
    found = problems(rows)["missing-target"]
    assert found.examples == (4, 5)
    assert "no usable class in 'category' ('N/A' is none); they" in found.message
    priced = products(30, price=[*[str(n + 0.5) for n in range(29)], "on request"])
    found = problems(priced, target="price")["missing-target"]
    assert (found.rows, found.examples) == (1, (29,))
    assert "no usable number in 'price' ('on request' is none)" in found.message


def test_spellings_of_one_class_are_reported_and_kept_apart() -> None:
    rows = products(40, category=["T-Shirts", "t shirts", "T-SHIRTS ", "Mugs"] * 10)
    catalog = Catalog.read(rows, target="category")
    assert set(catalog.labels) == {"T-Shirts", "t shirts", "T-SHIRTS", "Mugs"}
    found = problems(rows)["label-variants"]
    assert found.rows == 30
    assert "1 class is written in several ways, such as 'T-SHIRTS', 'T-Shirts'" in found.message


def test_what_cannot_be_seen_makes_no_class() -> None:
    spellings = ["Caf\u00e9 mugs", " Cafe\u0301  mugs ", "Caf\u00e9\u00a0mugs", "Caf\u00e9 mugs\t"]
    rows = products(40, category=[*spellings[:3], "Shirts"] * 10)
    assert set(Catalog.read(rows, target="category").labels) == {"Caf\u00e9 mugs", "Shirts"}
    assert "label-variants" not in problems(rows)


def test_small_classes_are_named() -> None:
    rows = products(40)
    rows[0]["category"] = "lonely"
    for row in (1, 2, 3):
        rows[row]["category"] = "rare"
    rows[4]["category"] = rows[5]["category"] = "twins"
    rows[5]["title"] = rows[4]["title"]
    found = problems(rows)
    assert (found["single-row-class"].rows, found["single-row-class"].examples) == (1, (0,))
    assert "1 class has one product only" in found["single-row-class"].message
    assert (found["rare-class"].rows, found["rare-class"].examples) == (3, (1, 2, 3))
    assert "('rare')" in found["rare-class"].message
    assert found["single-group-class"].examples == (4, 5)
    assert "near-duplicates of one product only" in found["single-group-class"].message


def test_many_small_classes_are_not_all_spelt_out() -> None:
    rows = products(40, category=[f"kind {n}" for n in range(5)] + ["rest"] * 35)
    message = problems(rows)["single-row-class"].message
    assert "5 classes have" in message
    assert "'kind 2' and 2 more" in message


def test_imbalance_compares_the_largest_class_with_the_smallest() -> None:
    found = problems(products(66, category=["large"] * 60 + ["small"] * 6))["imbalance"]
    assert "the largest class, 'large', has 60 products and the smallest 6" in found.message
    assert "imbalance" not in problems(products(65, category=["large"] * 59 + ["small"] * 6))


def test_a_single_class_leaves_nothing_to_tell_apart() -> None:
    found = problems(products(20, category="mugs"))
    assert set(found) == {"single-class"}
    assert "every product is 'mugs'" in found["single-class"].message


def test_what_was_met_while_reading_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("sku,title,title\n1,red mug,a\n2,blue mug,b\n", encoding="utf-8")
    assert check(Catalog.read(path))[0].kind == "duplicate-column"


@given(st.lists(st.sampled_from(["a", "A", "b", " b", "", None, "c"]), min_size=1, max_size=40))
def test_every_problem_counts_its_rows_and_names_up_to_ten(labels: list[str | None]) -> None:
    catalog = Catalog.read(products(len(labels), category=labels), target="category")
    for problem in check(catalog):
        assert 0 < problem.rows <= len(labels)
        assert len(problem.examples) == min(10, problem.rows) or not problem.examples
        assert all(0 <= row < len(labels) for row in problem.examples)


@pytest.mark.shared
def test_flipkart_is_balanced_and_has_near_duplicates(shared: Path) -> None:
    catalog = Catalog.read(shared / "data/flipkart/catalog.csv", target="category")
    kinds = {problem.kind: problem.rows for problem in check(catalog)}
    assert {"near-duplicate", "missing-value"} <= set(kinds)
    assert not {"imbalance", "rare-class", "missing-target", "duplicate-id"} & set(kinds)
    assert np.bincount(catalog.groups).max() < 0.1 * len(catalog)
