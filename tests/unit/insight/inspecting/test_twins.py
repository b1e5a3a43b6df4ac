from __future__ import annotations

from dataclasses import replace

import numpy as np

from aisle import Catalog
from aisle.insight.inspecting.twins import KEPT, twins


def grouped(groups: list[int], kinds: list[str | None]) -> Catalog:
    rows = [{"title": f"w{n}", "kind": kind} for n, kind in enumerate(kinds)]
    catalog = Catalog.read(rows, target="kind", task="classify")
    return replace(catalog, known_groups=np.array(groups, dtype=np.int64))


def test_conflicting_groups_come_first_and_then_the_largest() -> None:
    found = twins(grouped([0, 0, 0, 1, 1, 2, 3, 3], ["a", "a", "a", "a", "b", "a", "b", None]))
    assert (found.products, found.groups, found.conflicting, found.largest) == (7, 3, 1, 3)
    assert [(one.rows, one.conflicting) for one in found.named] == [
        ((3, 4), True),
        ((0, 1, 2), False),
        ((6, 7), False),
    ]
    assert found.named[0].labels == ("a", "b")


def test_a_product_of_every_class_is_named_in_a_large_group() -> None:
    found = twins(grouped([0] * 30, ["a"] * 29 + ["b"]))
    (group,) = found.named
    assert (group.size, len(group.rows)) == (30, 12)
    assert {"a", "b"} == set(group.labels)


def test_what_is_named_is_bounded() -> None:
    found = twins(grouped([n // 2 for n in range(400)], ["a", "b"] * 200))
    assert (found.groups, found.conflicting, len(found.named)) == (200, 200, KEPT)


def test_without_twins_or_classes() -> None:
    alone = twins(Catalog.read([{"title": "mug"}, {"title": "lamp"}]))
    assert (alone.groups, alone.largest, alone.named) == (0, 0, ())
    plain = replace(
        Catalog.read([{"title": "mug"}, {"title": "lamp"}]), known_groups=np.array([0, 0])
    )
    (group,) = twins(plain).named
    assert (group.labels, group.conflicting) == ((), False)
