from __future__ import annotations

from dataclasses import dataclass

from aisle.insight.inspecting.plain import as_plain


@dataclass(frozen=True)
class Point:
    x: float
    names: tuple[str, ...]


def test_dataclasses_tuples_and_odd_numbers() -> None:
    found = as_plain({"a": (Point(float("nan"), ("n",)), None), 3: float("inf")})
    assert found == {"a": [{"x": None, "names": ["n"]}, None], "3": None}
