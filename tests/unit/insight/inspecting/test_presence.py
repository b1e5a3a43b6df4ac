from __future__ import annotations

import numpy as np

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.grouping import grouped_by_target
from aisle.insight.inspecting.presence import presence


def test_patterns_of_the_sample(inspected: Inspection) -> None:
    found = inspected.presence
    assert found is not None
    assert found.modalities == ("text", "image", "metadata")
    assert [(one.has, one.rows) for one in found.patterns] == [
        ((True, True, True), 59),
        ((True, False, True), 1),
    ]
    assert found.groups == ()


def test_groups_that_differ_are_named() -> None:
    rows = [
        {"title": f"a{n} b", "photo": None if n % 2 else "x.jpg", "kind": ["a", "b"][n % 2]}
        for n in range(40)
    ]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text", "photo": "image"})
    grouping = grouped_by_target(catalog)
    found = presence(catalog, grouping, pictured=None)
    assert found is not None
    assert [(one.group, one.shares) for one in found.groups] == [
        ("a", (1.0, 1.0)),
        ("b", (1.0, 0.0)),
    ]
    seen = presence(catalog, grouping, pictured=np.zeros(40, dtype=bool))
    assert seen is not None
    assert seen.shares == (1.0, 0.0)
    assert seen.groups == ()


def test_nothing_to_look_at_has_no_patterns() -> None:
    assert presence(Catalog.read([{"sku": "S1"}], roles={"sku": "id"}), None, pictured=None) is None
