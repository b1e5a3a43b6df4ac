"""What hashing the photographs shows, said in words and counted once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aisle.catalog.images import references
from aisle.catalog.images.groups import PhotographGroups, grouped, photograph_hashes
from aisle.catalog.images.photograph_checks import photograph_problems
from aisle.catalog.images.reading import ImageResult
from aisle.catalog.problem import Problem
from tests.unit.catalog.images.photographs import encoded, photograph


def problems_of(folder: Path, names: list[str | list[str]]) -> dict[str, Problem]:
    images = [references(name, folder) for name in names]
    results = photograph_hashes(images)
    groups = grouped([result.value for result in results])
    found = photograph_problems(images, results, groups)
    kinds = {problem.kind: problem for problem in found}
    assert len(kinds) == len(found)
    return kinds


def test_a_catalogue_in_order_has_no_problem(tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / f"{seed}.jpg").write_bytes(encoded(photograph(seed), ".jpg", []))
    assert problems_of(tmp_path, ["0.jpg", "1.jpg", "", "2.jpg"]) == {}
    assert problems_of(tmp_path, []) == {}


def test_each_trouble_is_told_with_its_rows(tmp_path: Path) -> None:
    content = encoded(photograph(1), ".jpg", [])
    (tmp_path / "shirt.jpg").write_bytes(content)
    (tmp_path / "short.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "page.jpg").write_bytes(b"<html>no such page</html>")
    (tmp_path / "white.png").write_bytes(encoded(np.full((50, 50, 3), 255, np.uint8), ".png", []))
    names = [
        "shirt.jpg",
        "short.jpg",
        "page.jpg",
        "white.png",
        "missing.jpg",
        "https://shop.example/a.jpg",
        "",
        ["short.jpg", "shirt.jpg"],
    ]
    found = problems_of(tmp_path, names)
    assert {kind: problem.examples for kind, problem in found.items()} == {
        "broken-image": (1, 2, 7),
        "blank-image": (3,),
        "duplicate-image": (0, 7),
    }
    assert {kind: problem.rows for kind, problem in found.items()} == {
        "broken-image": 3,
        "blank-image": 1,
        "duplicate-image": 2,
    }
    assert found["broken-image"].message.startswith(
        "3 of 8 products have a photograph that cannot be used: 2 x truncated"
    )
    assert "1 x an HTML page" in found["broken-image"].message
    assert "row 1: " in found["broken-image"].message
    assert "1 of 8 products has" in found["blank-image"].message
    assert "1 group, the largest with 2; rows 0 and 7, for one" in found["duplicate-image"].message


def test_placeholders_are_no_duplicates(tmp_path: Path) -> None:
    for seed in range(20):
        (tmp_path / f"{seed}.jpg").write_bytes(encoded(photograph(seed), ".jpg", []))
    found = problems_of(tmp_path, ["0.jpg"] * 6 + [f"{seed}.jpg" for seed in range(1, 20)])
    assert set(found) == {"placeholder-image"}
    assert found["placeholder-image"].rows == 6
    assert found["placeholder-image"].message.startswith("6 of 25 products have a picture")


def test_at_most_ten_rows_are_examples() -> None:
    groups = PhotographGroups(np.repeat(np.arange(10), 2), np.zeros(20, dtype=bool))
    results = [ImageResult[bytes | None](None, "a.jpg: truncated: early")] * 20
    found = photograph_problems([references("a.jpg", None)] * 20, results, groups)
    assert [(problem.kind, problem.rows) for problem in found] == [
        ("broken-image", 20),
        ("duplicate-image", 20),
    ]
    assert all(len(problem.examples) == 10 for problem in found)
    assert "20 x truncated (row 0: a.jpg: truncated: early)" in found[0].message
