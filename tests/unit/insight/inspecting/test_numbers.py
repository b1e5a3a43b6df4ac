from __future__ import annotations

import pytest

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.grouping import grouped_by_target
from aisle.insight.inspecting.numbers import numbers


def test_prices_are_described_overall_and_by_class(inspected: Inspection) -> None:
    (found,) = inspected.numbers
    assert (found.column, found.target, found.distribution.rows) == ("price", False, 60)
    middle = {one.group: one.quantiles[2] for one in found.by_group}
    assert middle["Mugs"] < middle["Lamps"] < middle["Boots"]
    assert found.correlation is None


def test_outliers_are_named() -> None:
    rows = [{"sku": f"S{n}", "title": "mug", "price": 10 + n / 10} for n in range(60)]
    rows.append({"sku": "far", "title": "mug", "price": 99_999.5})
    (found,) = numbers(Catalog.read(rows), None)
    assert found.outliers == 1
    assert [(one.row, one.id, one.group) for one in found.farthest] == [(60, "far", None)]


def test_a_target_comes_first_and_others_are_compared_with_it() -> None:
    rows = [{"title": f"m{n}", "weight": 200.5 - n * n, "price": n + 0.5} for n in range(13)]
    catalog = Catalog.read(rows, target="price", roles={"weight": "number"})
    target, weight = numbers(catalog, grouped_by_target(catalog))
    assert (target.column, target.target, target.by_group) == ("price", True, ())
    assert weight.correlation == pytest.approx(-1.0)


def test_a_column_without_a_number_is_left_out() -> None:
    rows = [{"title": "mug", "price": None}] * 3
    assert numbers(Catalog.read(rows, roles={"price": "number"}), None) == ()
