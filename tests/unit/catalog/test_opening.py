"""Opening a catalogue: targets, roles, schemas made elsewhere, samples, joins, images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from aisle.catalog import Catalog, Role, Schema, Task
from aisle.catalog.opening import MATCHED_IMAGES
from aisle.errors import CatalogError

WORDS = ["otter", "badger", "heron", "newt", "vole", "stoat", "wren", "shrew", "adder", "hare"]


def table(rows: int = 60) -> pa.Table:
    kinds = ["mugs", "plates", "shirts", "coats"]
    return pa.table(
        {
            "sku": [f"S{n:03d}" for n in range(rows)],
            "title": [f"{WORDS[n % 10]} {WORDS[n // 10 % 10]} a{n} b{n} c{n}" for n in range(rows)],
            "colour": [["red", "blue"][n % 2] for n in range(rows)],
            "kind": [kinds[n % 4] for n in range(rows)],
            "department": [["home", "fashion"][n % 4 // 2] for n in range(rows)],
            "price": [1.25 * n + 0.99 for n in range(rows)],
        }
    )


def roles(catalog: Catalog) -> dict[str, str]:
    return {column.name: column.role.value for column in catalog.schema}


def test_a_target_makes_leaks_and_a_task() -> None:
    catalog = Catalog.read(table(), target="kind")
    assert (catalog.schema.target, catalog.task) == ("kind", Task.CLASSIFY)
    assert catalog.schema["department"].leak
    assert Catalog.read(table(), target="price").task is Task.REGRESS
    assert Catalog.read(table(), target="price", task="classify").task is Task.CLASSIFY


def test_roles_given_override_what_is_inferred() -> None:
    catalog = Catalog.read(
        table(), roles={"kind": "target", "department": "category", "colour": "id"}
    )
    assert roles(catalog) == {
        "sku": "ignored",
        "title": "text",
        "colour": "id",
        "kind": "target",
        "department": "category",
        "price": "number",
    }
    assert catalog.schema["department"].reason == "as you said"
    assert not catalog.schema["department"].leak


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": "Kind"}, r"'Kind', is not in the catalogue; did you mean 'kind'\? Its columns"),
        ({"target": "qqq"}, r"'qqq', is not in the catalogue\. Its columns are 'sku'"),
        ({"roles": {"colr": "text"}}, "given a role, 'colr', is not"),
        ({"roles": {"colour": "prose"}}, "'prose' is not a role"),
        ({"roles": {"colour": "id", "title": "id"}}, "only one column can be the id"),
        ({"roles": {"colour": "target"}, "target": "kind"}, "two targets were named"),
        ({"roles": {"kind": "text"}, "target": "kind"}, "given the role 'text'"),
        ({"task": "guess"}, "'classify' or 'regress'"),
        ({"sample": 0}, "at least one row"),
        ({"images": "no/such/folder"}, "no such folder"),
    ],
)
def test_what_cannot_be_asked_is_explained(arguments: dict, said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        Catalog.read(table(), **arguments)


def test_a_schema_file_sets_target_task_and_roles(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text("target: price\ntask: classify\nroles:\n  colour: ignored\n", encoding="utf-8")
    catalog = Catalog.read(table(), schema=path, roles={"department": "text"})
    assert (catalog.schema.target, catalog.task) == ("price", Task.CLASSIFY)
    assert roles(catalog)["colour"] == "ignored"
    assert roles(catalog)["department"] == "text"
    assert Catalog.read(table(), schema=str(path), target="kind").schema.target == "kind"


@pytest.mark.parametrize("text", ["- a\n", "column: x\n", "roles: text\n", "a: [\n"])
def test_a_schema_file_that_is_none_is_explained(tmp_path: Path, text: str) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match="schema"):
        Catalog.read(table(), schema=path)


def test_a_missing_schema_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none\.yaml"):
        Catalog.read(table(), schema=tmp_path / "none.yaml")


def test_a_sample_is_spread_evenly() -> None:
    catalog = Catalog.read(table(), sample=7)
    assert catalog.ids == ["S000", "S010", "S020", "S030", "S039", "S049", "S059"]
    assert len(Catalog.read(table(), sample=1000)) == 60


def test_a_catalogue_that_asks_nothing_is_returned_as_it_is() -> None:
    catalog = Catalog.read(table(), target="kind")
    assert Catalog.read(catalog) is catalog
    assert Catalog.read(catalog, target="kind") is catalog
    assert Catalog.read(catalog, target="kind", task="classify") is catalog


def test_a_catalogue_keeps_its_roles_when_its_target_changes() -> None:
    first = Catalog.read(table(), target="kind", roles={"colour": "text", "price": "ignored"})
    second = Catalog.read(first, target="department")
    assert second.schema.target == "department"
    assert roles(second)["colour"] == "text"
    assert roles(second)["price"] == "ignored"
    assert second.schema["kind"].leak
    assert not second.schema["department"].leak
    third = Catalog.read(second, target="kind")
    assert third.schema["department"].leak
    assert roles(third) == roles(first)


def test_a_role_that_a_person_gave_is_not_taken_for_a_leak_later() -> None:
    first = Catalog.read(table(), roles={"department": "category"})
    assert roles(Catalog.read(first, target="kind"))["department"] == "category"


def test_a_catalogue_keeps_its_target_when_a_role_changes() -> None:
    first = Catalog.read(table(), target="price", task="classify")
    second = Catalog.read(first, roles={"colour": "text"})
    assert (second.schema.target, second.task) == ("price", Task.CLASSIFY)
    assert roles(second)["colour"] == "text"


def test_the_side_of_a_split_keeps_its_groups_when_it_is_read_again() -> None:
    twins = table().set_column(1, "title", pa.array(["the same long title of all"] * 60))
    train, _ = Catalog.read(twins, roles={"sku": "text"}).split(seed=1)
    marked = Catalog(train.table, train.schema, known_groups=np.zeros(len(train), dtype=np.int64))
    assert set(Catalog.read(marked, target="kind").groups) == {0}
    assert len(Catalog.read(marked, sample=5).groups) == 5


def test_a_join_adds_columns_by_id() -> None:
    more = pa.table({"sku": ["S001", "S000"], "weight": [5.5, 7.25]})
    catalog = Catalog.read(table(), join=more, on="sku")
    assert catalog.numbers("weight")[:2].tolist() == [7.25, 5.5]
    assert np.isnan(catalog.numbers("weight")[2:]).all()


def test_images_are_matched_by_id(tmp_path: Path) -> None:
    (tmp_path / "S001.jpg").write_bytes(b"\xff\xd8\xff")
    catalog = Catalog.read(table(), images=tmp_path)
    assert catalog.schema[MATCHED_IMAGES].role is Role.IMAGE
    assert np.flatnonzero(catalog.filled(MATCHED_IMAGES)).tolist() == [1]


@pytest.fixture(scope="module")
def schema() -> Schema:
    vectors = pa.array([[0.5, 1.0]] * 60)
    return Catalog.read(table().append_column("vector", vectors), target="kind").schema


@pytest.mark.parametrize(
    "row",
    [
        {"title": "red mug"},
        {"title": 5, "price": "N/A", "vector": "nope", "colour": 3.5},
        {"title": ["red", "mug"], "price": {"amount": 3}, "vector": [1, 2, 3]},
        {"title": {"en": ["mug"]}, "price": True, "colour": [{"a": [1]}], "vector": {"x": 1}},
        {"title": None, "sku": 7, "kind": "mugs", "unknown": 1},
        {"unknown": b"bytes", "title": b"bytes"},
    ],
)
def test_rows_of_any_shape_take_the_roles_of_a_model(schema: Schema, row: dict) -> None:
    catalog = Catalog.read([row], schema=schema)
    assert roles(catalog).items() >= {"title": "text", "kind": "target"}.items()
    assert len(catalog.texts()) == len(catalog.ids) == len(catalog.groups) == 1
    assert catalog.numbers("price").shape == (1,)
    assert catalog.vectors("vector", 2)[0].shape == (1, 2)
    assert catalog.labels[0] in (None, "mugs")
    for column in catalog.schema:
        assert catalog.filled(column.name).shape == (1,)
        assert len(catalog.strings(column.name)) == 1
    if "unknown" in row:
        assert catalog.schema["unknown"].role is Role.IGNORED


def test_a_schema_made_elsewhere_takes_overrides(schema: Schema) -> None:
    catalog = Catalog.read(table(), schema=schema, roles={"colour": "text"}, target="department")
    assert catalog.schema.target == "department"
    assert roles(catalog)["colour"] == "text"
    assert roles(catalog)["kind"] == "ignored"


def test_the_task_of_a_schema_made_elsewhere_is_that_of_its_target() -> None:
    priced = Catalog.read(table(), target="price")
    assert Catalog.read(table(), schema=priced.schema).task is Task.REGRESS


def test_a_folder_of_images_is_relative_to_the_process_and_not_to_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "a1.jpg").write_bytes(b"not looked at")
    (tmp_path / "tables" / "c.csv").write_text("sku,title\na1,red mug\na2,blue mug\n")
    monkeypatch.chdir(tmp_path)
    found = Catalog.read("tables/c.csv", images="photographs", roles={"sku": "id"})
    (paths, nothing) = found.column(found.schema.names(Role.IMAGE)[0]).to_pylist()
    assert paths == [str(tmp_path / "photographs" / "a1.jpg")]
    assert nothing is None
