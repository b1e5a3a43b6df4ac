from __future__ import annotations

import pyarrow as pa
import pytest

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.attributes import KEPT, attributes
from aisle.insight.inspecting.grouping import grouped_by_target


def test_coverage_is_counted_overall_and_by_class(inspected: Inspection) -> None:
    (found,) = inspected.attributes
    assert (found.column, found.looked_at, found.listed, found.found) == (
        "specifications",
        60,
        60,
        3,
    )
    by_name = {one.name: one for one in found.attributes}
    assert (by_name["Colour"].coverage, by_name["Colour"].values) == (1.0, (("red", 60),))
    assert (by_name["Weight"].distinct, by_name["Sole"].rows) == (60, 20)
    shares = dict(zip(found.groups, by_name["Sole"].by_group, strict=True))
    assert shares == {"Boots": 1.0, "Lamps": 0.0, "Mugs": 0.0}


def test_case_does_not_tell_attributes_apart() -> None:
    rows = [{"specs": f"Colour: red | {'SIZE' if n else 'Size'}: {n}"} for n in range(5)]
    (found,) = attributes(Catalog.read(rows), None)
    assert [one.name for one in found.attributes] == ["Colour", "SIZE"]
    assert found.attributes[1].by_group == ()


def test_nested_columns_are_read_too() -> None:
    table = pa.table(
        {"name": ["mug", "cup"], "specs": [{"a": "x", "b": "y"}, {"a": "x", "b": None}]}
    )
    (found,) = attributes(Catalog.read(table), None)
    assert [(one.name, one.coverage) for one in found.attributes] == [("a", 1.0), ("b", 0.5)]


def test_ordinary_columns_list_nothing() -> None:
    rows = [{"title": f"red mug, {n} cm", "maker": "Acme", "price": n + 0.5} for n in range(30)]
    assert attributes(Catalog.read(rows), None) == ()


@pytest.mark.parametrize("classes", [2, 40])
def test_what_is_kept_is_bounded(classes: int) -> None:
    rows = [{"specs": f"a{n}: x | b{n}: y | c: {n}", "kind": f"k{n % classes}"} for n in range(200)]
    catalog = Catalog.read(rows, target="kind")
    (found,) = attributes(catalog, grouped_by_target(catalog))
    assert found.found == 401
    assert len(found.attributes) == KEPT
    assert found.attributes[0].name == "c"
    assert len(found.groups) == min(classes, 12) == len(found.attributes[0].by_group)
