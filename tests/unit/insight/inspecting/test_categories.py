from __future__ import annotations

import pytest

from aisle import Catalog
from aisle.insight.inspecting.balance import balance
from aisle.insight.inspecting.categories import categories, effective_number


def test_values_are_counted_and_the_most_frequent_named() -> None:
    makers = ["Acme"] * 6 + ["Bolt"] * 3 + ["Zed", "Cog", None]
    rows = [{"maker": maker} for maker in makers]
    (found,) = categories(Catalog.read(rows, roles={"maker": "category"}))
    assert (found.filled, found.distinct, found.once) == (11, 4, 2)
    assert found.values == (("Acme", 6), ("Bolt", 3), ("Cog", 1), ("Zed", 1))
    assert 1 < found.effective < 4


def test_the_effective_number_lies_between_one_and_all() -> None:
    assert effective_number([7]) == pytest.approx(1)
    assert effective_number([5, 5, 5, 5]) == pytest.approx(4)
    assert 1 < effective_number([100, 1, 1]) < 1.3


def test_balance() -> None:
    found = balance((("a", 60), ("b", 30), ("c", 10), ("d", 2)))
    assert found is not None
    assert (found.largest, found.smallest, found.ratio) == (60, 2, 30.0)
    assert (found.half, found.rare) == (1, 1)
    even = balance((("a", 5), ("b", 5)))
    assert even is not None
    assert (even.half, even.rare, even.ratio) == (1, 0, 1.0)
    assert balance(()) is None
