from __future__ import annotations

from aisle import Catalog
from aisle.insight import Inspection
from aisle.insight.inspecting.tree import BRANCHES, category_tree


def test_paths_span_a_tree(inspected: Inspection) -> None:
    tree = inspected.tree
    assert tree is not None
    assert (tree.column, tree.rows, tree.tops, tree.levels) == ("path", 60, 2, (0, 0, 60))
    tops = [(one.name, one.rows) for one in tree.branches if one.parent < 0]
    assert tops == [("Home", 40), ("Fashion", 20)]
    first = tree.branches[1]
    assert (first.parent, first.depth, first.rows) == (0, 1, 20)


def test_parents_come_first_and_hold_their_children(inspected: Inspection) -> None:
    tree = inspected.tree
    assert tree is not None
    below: dict[int, int] = {}
    for place, branch in enumerate(tree.branches):
        assert branch.parent < place
        if branch.parent >= 0:
            assert branch.depth == tree.branches[branch.parent].depth + 1
        below[branch.parent] = below.get(branch.parent, 0) + branch.rows
    assert below.pop(-1) == tree.rows
    assert all(rows <= tree.branches[parent].rows for parent, rows in below.items())


def test_small_categories_are_summed_up() -> None:
    rows = [{"title": "x", "tree": f"Home >> Mugs >> mug {n}"} for n in range(100)]
    rows += [{"title": "x", "tree": "Home >> Lamps >> lamp"}] * 5
    tree = category_tree(Catalog.read(rows))
    assert tree is not None
    assert (tree.categories, tree.leaves) == (104, 101)
    merged = [one for one in tree.branches if one.merged]
    assert [(one.name, one.merged, one.rows, one.depth) for one in merged] == [("", 100, 100, 2)]
    assert tree.branches[merged[0].parent].name == "Mugs"


def test_large_trees_are_bounded() -> None:
    rows = [{"tree": f"t{n % 30} > c{n % 1500} > l{n % 1500}"} for n in range(6_000)]
    tree = category_tree(Catalog.read(rows))
    assert tree is not None
    assert tree.categories == 30 + 1500 + 1500
    assert len([one for one in tree.branches if not one.merged]) <= BRANCHES + 30
    assert sum(one.rows for one in tree.branches if one.parent < 0) == 6_000


def test_other_columns_are_no_tree() -> None:
    rows = [{"title": "a > b", "colour": "red", "n": 1.5}] * 3
    assert category_tree(Catalog.read(rows, roles={"title": "text"})) is None
