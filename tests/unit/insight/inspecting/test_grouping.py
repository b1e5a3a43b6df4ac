from __future__ import annotations

import numpy as np

from aisle import Catalog
from aisle.insight.inspecting.grouping import grouped_by_target, sampled


def test_classes_are_sorted_by_size_and_then_by_name() -> None:
    kinds = ["b", "a", "c", "c", None, "a", "b", "c"]
    found = grouped_by_target(Catalog.read([{"t": "x", "kind": k} for k in kinds], target="kind"))
    assert found is not None
    assert (found.kind, found.names) == ("class", ("c", "a", "b"))
    assert found.sizes.tolist() == [3, 2, 2]
    assert found.codes.tolist() == [2, 1, 0, 0, -1, 1, 2, 0]
    assert found.of(4) is None
    assert found.of(0) == "b"
    assert found.rows_of(1).tolist() == [1, 5]


def test_a_quantity_is_cut_into_quarters_from_low_to_high() -> None:
    rows = [{"name": f"n{n}", "price": float(n)} for n in range(1, 41)]
    found = grouped_by_target(Catalog.read([*rows, {"name": "x", "price": None}], target="price"))
    assert found is not None
    assert found.kind == "band"
    assert len(found.names) == 4
    assert (found.names[0].startswith("up to"), found.names[-1].startswith("above")) == (True, True)
    assert found.sizes.tolist() == [10, 10, 10, 10]
    assert found.codes[-1] == -1
    assert (np.diff(found.codes[:-1]) >= 0).all()


def test_equal_values_make_no_empty_band() -> None:
    prices = [5.0] * 30 + [7.5, 9.25]
    catalog = Catalog.read([{"price": p} for p in prices], target="price", task="regress")
    found = grouped_by_target(catalog)
    assert found is not None
    assert (found.sizes > 0).all()
    assert len(found.names) == len(found.sizes) == 2
    same = Catalog.read([{"price": 5.5}] * 30, target="price", task="regress")
    assert grouped_by_target(same) is None


def test_without_a_target_there_are_no_groups() -> None:
    assert grouped_by_target(Catalog.read([{"title": "mug"}])) is None


def test_a_sample_is_bounded_distinct_and_seeded() -> None:
    drawn = sampled(1_000, 50)
    assert len(set(drawn.tolist())) == 50
    assert (np.diff(drawn) > 0).all()
    assert drawn.tolist() == sampled(1_000, 50).tolist()
    assert drawn.tolist() != sampled(1_000, 50, seed=1).tolist()
    assert sampled(3, 50).tolist() == [0, 1, 2]
