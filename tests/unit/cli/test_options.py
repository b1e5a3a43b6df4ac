from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from aisle.cli.options import ColumnOptions, ReadingOptions, expanded, spelled
from aisle.errors import CatalogError


def test_roles_come_from_every_option() -> None:
    columns = ColumnOptions(
        text=["title", "body"],
        category=["brand"],
        number=["price"],
        ignore=["row"],
        id="sku",
        group=["family"],
    )
    assert columns.roles() == {
        "title": "text",
        "body": "text",
        "brand": "category",
        "price": "number",
        "row": "ignored",
        "sku": "id",
        "family": "group",
    }


def test_no_option_gives_no_role() -> None:
    assert ColumnOptions().roles() == {}
    assert ColumnOptions(text=[]).roles() == {}


def test_one_column_cannot_have_two_roles() -> None:
    with pytest.raises(CatalogError, match="'title' was given two roles, text and number"):
        ColumnOptions(text=["title"], number=["title"]).roles()
    with pytest.raises(CatalogError, match="'kind' is the target"):
        ColumnOptions(target="kind", text=["kind"]).roles()
    assert ColumnOptions(text=["title", "title"]).roles() == {"title": "text"}


def test_a_common_column_needs_a_second_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="--join"):
        ReadingOptions(tmp_path / "a.csv", on="id").read(ColumnOptions())


def test_images_are_found_from_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "data" / "a.csv").write_text("sku,title\nA1,red mug\nA2,blue lamp\n")
    (tmp_path / "photos" / "A1.jpg").write_bytes(b"\xff\xd8\xff")
    monkeypatch.chdir(tmp_path)
    catalog = ReadingOptions(Path("data/a.csv"), images=Path("photos")).read(
        ColumnOptions(id="sku")
    )
    assert catalog.column("image_files").to_pylist() == [
        [str(tmp_path / "photos" / "A1.jpg")],
        None,
    ]


def test_options_are_spelled_so_that_they_can_be_typed_again() -> None:
    columns = ColumnOptions(target="the kind", text=["a", "b"], schema=Path("s.yaml"))
    reading = ReadingOptions(Path("x.csv"), sample=5, separator=";")
    assert spelled(columns) == "--target 'the kind' --text a --text b --schema s.yaml"
    assert spelled(columns, reading, leave_out=("sample", "text")) == (
        "--target 'the kind' --schema s.yaml --separator ';'"
    )
    assert spelled(ColumnOptions()) == ""


def test_a_command_gets_its_dataclasses_back() -> None:
    seen: list[object] = []

    def command(columns: ColumnOptions, reading: ReadingOptions, loud: bool = False) -> None:
        """Say something."""
        seen.extend((columns, reading, loud))

    run = expanded(command)
    names = list(inspect.signature(run).parameters)
    assert names[0] == "target"
    assert names[-1] == "loud"
    assert {"catalog", "sample", "text"} < set(names)
    assert run.__doc__ == "Say something."
    values = dict.fromkeys(names)
    run(**{**values, "catalog": Path("c.csv"), "target": "kind", "offline": False, "loud": True})
    assert seen == [ColumnOptions(target="kind"), ReadingOptions(Path("c.csv")), True]
