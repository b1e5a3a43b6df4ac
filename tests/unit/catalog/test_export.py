from __future__ import annotations

import base64
from pathlib import Path

import pyarrow as pa
import pytest

from aisle.catalog import Catalog, Column, Role, Schema
from aisle.catalog.export import portable_table
from aisle.catalog.images import references

IMAGE = "iVBORw0KGgo" + "A" * 60


def exported(values: pa.Array | pa.ChunkedArray, root: Path | None) -> list[object]:
    schema = Schema((Column("image", Role.IMAGE, "test"), Column("note", Role.TEXT, "test")))
    table = pa.table({"image": values, "note": ["a.jpg"] * len(values)})
    found = portable_table(Catalog(table, schema, root=root))
    assert found.schema.equals(table.schema)
    assert found["note"].equals(table["note"])
    return found["image"].to_pylist()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_relative_paths_become_absolute_and_the_rest_stays(
    tmp_path: Path, kind: pa.DataType
) -> None:
    elsewhere = str(tmp_path / "other" / "b.png")
    values = ["images/a.jpg", elsewhere, "https://shop.example/c.jpg", None, "", IMAGE]
    assert exported(pa.array(values, kind), tmp_path) == [
        str(tmp_path / "images/a.jpg"),
        *values[1:],
    ]


def test_a_relative_root_is_taken_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exported(pa.array(["a.jpg"]), Path("data")) == [str(tmp_path / "data" / "a.jpg")]
    assert exported(pa.array(["a.jpg"]), None) == [str(tmp_path / "a.jpg")]


@pytest.mark.parametrize(
    "value", ["a.jpg|b.jpg", "a.jpg, b.jpg", '["a.jpg", "b.jpg"]', "['a.jpg', 'b.jpg']"]
)
def test_several_paths_in_one_string_are_all_resolved(tmp_path: Path, value: str) -> None:
    (found,) = exported(pa.array([value]), tmp_path)
    again = references(found, Path("/nowhere"))
    assert [one.location for one in again] == [str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]


def test_lists_and_structs_keep_their_shape(tmp_path: Path) -> None:
    lists = pa.array([["a.jpg", None, "http://x.example/b.jpg"], None, []])
    assert exported(lists, tmp_path) == [
        [str(tmp_path / "a.jpg"), None, "http://x.example/b.jpg"],
        None,
        [],
    ]
    structs = pa.array([{"bytes": None, "path": "a.jpg"}, {"bytes": b"\x89PNG", "path": "b.jpg"}])
    first, second = exported(structs, tmp_path)
    assert first == {"bytes": None, "path": str(tmp_path / "a.jpg")}
    assert isinstance(second, dict)
    assert second["bytes"] == b"\x89PNG"


def test_bytes_and_dictionary_columns(tmp_path: Path) -> None:
    assert exported(pa.array([b"\x89PNG", None]), tmp_path) == [b"\x89PNG", None]
    text = base64.b64encode(b"\xff\xd8\xff" + bytes(60)).decode()
    assert exported(pa.array([text]), tmp_path) == [text]
    repeated = pa.array(["a.jpg", "a.jpg", None]).dictionary_encode()
    assert exported(repeated, tmp_path) == [str(tmp_path / "a.jpg")] * 2 + [None]


def test_chunks_without_rows(tmp_path: Path) -> None:
    assert exported(pa.chunked_array([[], ["a.jpg"]], pa.string()), tmp_path) == [
        str(tmp_path / "a.jpg")
    ]
    assert exported(pa.chunked_array([], pa.string()), tmp_path) == []
