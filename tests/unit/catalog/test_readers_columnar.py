from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from aisle.catalog.readers import read_table
from aisle.errors import CatalogError

TABLE = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "title": pa.array(["red", "", "  "], pa.large_string()),
        "brand": pa.array(["x", None, "x"]).dictionary_encode(),
        "tags": pa.array([["a"], [], None], pa.large_list(pa.large_string())),
        "vector": pa.array([[1.0, 2.0]] * 3, pa.list_(pa.float32(), 2)),
        "nothing": pa.nulls(3),
    }
)


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def write_feather(table: pa.Table, path: Path) -> None:
    pyarrow.feather.write_feather(table, str(path))


def write_parquet(table: pa.Table, path: Path) -> None:
    pyarrow.parquet.write_table(table, path)


WRITERS = pytest.mark.parametrize(
    ("writer", "format"),
    [(write_parquet, "parquet"), (write_feather, "arrow"), (write_stream, "arrow")],
)


@WRITERS
@pytest.mark.parametrize("name", ["catalog", "catalog.csv", "catalog.parquet", "catalog.feather"])
def test_the_content_decides_whatever_the_name(
    tmp_path: Path, writer: object, format: str, name: str
) -> None:
    assert callable(writer)
    writer(TABLE, tmp_path / name)
    loaded = read_table(tmp_path / name)
    assert loaded.format == format
    assert loaded.root == tmp_path
    assert loaded.table["id"].type == pa.int32()
    assert loaded.table["id"].to_pylist() == [1, 2, 3]


def test_types_are_made_plain_and_blank_texts_null(tmp_path: Path) -> None:
    write_parquet(TABLE, tmp_path / "catalog.parquet")
    table = read_table(tmp_path / "catalog.parquet").table
    assert table["title"].type == pa.string()
    assert table["title"].to_pylist() == ["red", None, None]
    assert table["brand"].type == pa.string()
    assert table["brand"].to_pylist() == ["x", None, "x"]
    assert table["tags"].type == pa.list_(pa.string())
    assert table["tags"].to_pylist() == [["a"], [], None]
    assert table["vector"].type == pa.list_(pa.float32(), 2)
    assert table["nothing"].type == pa.string()


@WRITERS
def test_gzip_is_unpacked(tmp_path: Path, writer: object, format: str) -> None:
    assert callable(writer)
    writer(TABLE, tmp_path / "plain")
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    assert read_table(packed).table.num_rows == 3


@WRITERS
def test_a_file_cut_short_is_a_clear_error(tmp_path: Path, writer: object, format: str) -> None:
    assert callable(writer)
    path = tmp_path / "catalog"
    writer(TABLE, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CatalogError, match=r"could not be read as a (Parquet|Arrow) file"):
        read_table(path)


def test_zero_bytes_under_a_columnar_name_are_damage_not_text(tmp_path: Path) -> None:
    for name in ("catalog.parquet", "catalog.arrow"):
        path = tmp_path / name
        path.write_bytes(b"\0\1\2garbage\0")
        with pytest.raises(CatalogError, match="could not be read as a"):
            read_table(path)


def test_text_that_is_not_utf8_is_a_clear_error(tmp_path: Path) -> None:
    broken = pa.StringArray.from_buffers(
        1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")
    )
    write_parquet(pa.table({"title": broken}), tmp_path / "catalog.parquet")
    with pytest.raises(CatalogError, match=r"UTF-?8"):
        read_table(tmp_path / "catalog.parquet")


def test_no_rows_and_equal_names(tmp_path: Path) -> None:
    write_parquet(TABLE.slice(0, 0), tmp_path / "empty.parquet")
    with pytest.raises(CatalogError, match="has no rows"):
        read_table(tmp_path / "empty.parquet")
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    write_stream(twice, tmp_path / "twice.arrow")
    loaded = read_table(tmp_path / "twice.arrow")
    assert loaded.table.column_names == ["a", "a_2"]
    assert [found.kind for found in loaded.problems] == ["duplicate-column"]
