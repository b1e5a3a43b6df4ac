from __future__ import annotations

from pathlib import Path

import pytest

from aisle.catalog.readers import read_table
from aisle.errors import CatalogError


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_a_folder_a_category(tmp_path: Path) -> None:
    put(tmp_path, "Shoes/2.JPG", "Shoes/1.png", "Shoes/Boots/a.b.webp", "Hats/1.jpg")
    put(tmp_path, "Hats/.hidden.jpg", "__MACOSX/Hats/1.jpg")
    loaded = read_table(tmp_path)
    assert loaded.format == "folder"
    assert loaded.root == tmp_path
    assert loaded.problems == ()
    assert loaded.table.to_pydict() == {
        "id": ["Hats/1", "Shoes/1", "Shoes/2", "Shoes/Boots/a.b"],
        "image": ["Hats/1.jpg", "Shoes/1.png", "Shoes/2.JPG", "Shoes/Boots/a.b.webp"],
        "category": ["Hats", "Shoes", "Shoes", "Shoes > Boots"],
    }


def test_images_that_differ_only_in_suffix_have_different_ids(tmp_path: Path) -> None:
    put(tmp_path, "A/1.jpg", "A/1.png", "B/1.jpg")
    assert read_table(tmp_path).table["id"].to_pylist() == ["A/1.jpg", "A/1.png", "B/1"]


def test_other_files_and_images_without_a_category_are_told(tmp_path: Path) -> None:
    put(tmp_path, "A/1.jpg", "B/1.jpg", "loose.jpg", "notes.txt", "labels.csv")
    loaded = read_table(tmp_path)
    assert loaded.table["category"].to_pylist() == ["A", "B", None]
    found = {problem.kind: problem for problem in loaded.problems}
    assert found["no-category"].examples == (2,)
    assert found["not-an-image"].rows == 2
    assert "labels.csv, notes.txt" in found["not-an-image"].message


def test_images_without_any_folder_have_no_category(tmp_path: Path) -> None:
    put(tmp_path, "1.jpg", "2.jpg")
    assert read_table(tmp_path).table.column_names == ["id", "image"]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "A/notes.txt")
    with pytest.raises(CatalogError, match="is a directory without images; expected"):
        read_table(tmp_path)


def test_the_catalogue_files_of_a_folder_are_named(tmp_path: Path) -> None:
    put(tmp_path, "images/1.jpg", "catalog.csv.gz", "more.parquet")
    with pytest.raises(CatalogError, match=r"is a directory.*catalog\.csv\.gz.*more\.parquet"):
        read_table(tmp_path)


def test_a_link_to_a_folder_above_does_not_hang(tmp_path: Path) -> None:
    put(tmp_path, "A/1.jpg", "B/1.jpg")
    (tmp_path / "A" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert read_table(tmp_path).table.num_rows == 2


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    put(tmp_path, "A/1.jpg")
    with pytest.raises(CatalogError, match="is a directory, not a file"):
        read_table(tmp_path, format="csv")
    with pytest.raises(CatalogError, match="not a folder"):
        read_table(tmp_path / "A" / "1.jpg", format="folder")
