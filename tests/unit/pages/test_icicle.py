from __future__ import annotations

import re

from aisle.pages.icicle import LEVELS, Node, icicle

EVIL = """</title></div><script>alert("1")</script>&'"""
TREE = [
    Node("Home", -1, 60),
    Node("Mugs", 0, 40),
    Node("Lamps", 0, 15),
    Node("Fashion", -1, 40),
    Node("Boots", 3, 40),
]


def styles(drawn: str) -> list[tuple[int, float, float]]:
    found = re.findall(r"--d:(\d+);--t:([\d.]+)%;--h:([\d.]+)%", drawn)
    return [(int(depth), float(top), float(height)) for depth, top, height in found]


def test_categories_are_as_high_as_their_share_beside_their_parent() -> None:
    assert styles(icicle("T", TREE)) == [
        (0, 0.0, 60.0),
        (1, 0.0, 40.0),
        (1, 40.0, 15.0),
        (0, 60.0, 40.0),
        (1, 60.0, 40.0),
    ]


def test_deep_levels_wait_until_they_are_asked_for() -> None:
    chain = [Node(f"n{depth}", depth - 1, 5) for depth in range(LEVELS + 2)]
    cells = re.findall(r'<div class="cell [^>]*>', icicle("T", chain))
    assert [" hidden" in cell for cell in cells] == [False] * LEVELS + [True] * 2


def test_categories_too_low_for_their_name_hide_it() -> None:
    drawn = icicle("T", [Node("large", -1, 995), Node("small", -1, 5)])
    assert [" small" in cell for cell in re.findall(r'class="cell [^"]*"', drawn)] == [False, True]


def test_hostile_names_and_empty_trees() -> None:
    assert "<script" not in icicle(EVIL, [Node(EVIL, -1, 3)])
    assert styles(icicle("T", [])) == []
    assert styles(icicle("T", [Node("nothing", -1, 0)])) == []
