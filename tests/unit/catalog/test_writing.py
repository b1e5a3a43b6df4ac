from __future__ import annotations

import base64
import csv
import json
import math
import resource
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.writing import TABLE_SUFFIXES, write_table
from aisle.errors import AisleError, CatalogError

TABLE = pa.table(
    {
        "id": pa.array(["a", None, 'c "quoted",\nline']),
        "score": pa.array([0.25, float("nan"), None]),
        "kept": pa.array([True, False, None]),
        "nested": pa.array(
            [[{"category": "Mugs", "probability": 0.5}], [], None],
            pa.list_(pa.struct([("category", pa.string()), ("probability", pa.float64())])),
        ),
    }
)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def read_jsonl(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def test_parquet_keeps_types_and_nested_values(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.parquet")
    assert (
        pq.read_table(tmp_path / "t.parquet")
        .drop_columns(["score"])
        .equals(TABLE.drop_columns(["score"]))
    )


def test_csv_holds_nested_values_as_json_and_nothing_for_what_is_missing(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.csv")
    rows = read_csv(tmp_path / "t.csv")
    assert [row["id"] for row in rows] == ["a", "", 'c "quoted",\nline']
    assert [row["score"] for row in rows] == ["0.25", "", ""]
    assert [row["kept"] for row in rows] == ["true", "false", ""]
    assert [row["nested"] for row in rows] == [
        '[{"category": "Mugs", "probability": 0.5}]',
        "[]",
        "",
    ]


def test_jsonl_has_null_for_what_is_missing(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.JSONL")
    rows = read_jsonl(tmp_path / "t.JSONL")
    assert [row["score"] for row in rows] == [0.25, None, None]
    assert rows[0]["nested"] == [{"category": "Mugs", "probability": 0.5}]


def test_values_that_json_lacks_are_written_as_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "bytes": pa.array([b"\xff\x00"]),
            "moment": pa.array([datetime(2024, 5, 1, 12, 30)], pa.timestamp("s")),
            "money": pa.array([Decimal("12.50")]),
            "inner": pa.array([[float("nan"), float("inf"), 1.0]]),
        }
    )
    write_table(table, tmp_path / "t.jsonl")
    assert read_jsonl(tmp_path / "t.jsonl") == [
        {
            "bytes": base64.b64encode(b"\xff\x00").decode(),
            "moment": "2024-05-01T12:30:00",
            "money": "12.50",
            "inner": [None, None, 1.0],
        }
    ]
    write_table(table, tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv")[0]["money"] == "12.50"


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_equal_tables_give_equal_bytes_however_they_are_chunked(
    tmp_path: Path, suffix: str
) -> None:
    write_table(TABLE, tmp_path / f"a{suffix}")
    write_table(pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)]), tmp_path / f"b{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_a_table_without_rows_has_its_columns(tmp_path: Path, suffix: str) -> None:
    write_table(TABLE.slice(0, 0), tmp_path / f"t{suffix}")
    if suffix == ".csv":
        assert (tmp_path / "t.csv").read_text() == "id,score,kept,nested\n"
    elif suffix == ".parquet":
        assert pq.read_table(tmp_path / "t.parquet").column_names == TABLE.column_names


@pytest.mark.parametrize("name", ["t", "t.xlsx", "t.json", "t.parquet.gz"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CatalogError, match=r"\.parquet, \.csv, \.jsonl"):
        write_table(TABLE, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(CatalogError, match="'x'"):
        write_table(table, tmp_path / "t.jsonl")


def test_a_type_that_parquet_cannot_hold_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(CatalogError, match="cannot hold"):
        write_table(pa.table({"u": union}), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"t{suffix}"
    target.write_text("old")
    program = (
        "import sys, pyarrow as pa\n"
        "from aisle.catalog.writing import write_table\n"
        "from aisle.errors import AisleError\n"
        "table = pa.table({'x': [str(n * 7919 % 104729) for n in range(50000)]})\n"
        "try:\n    write_table(table, sys.argv[1])\n"
        "except AisleError as error:\n    print(error)\n"
    )

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-c", program, str(target)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=small_files,
    )
    assert "could not be written" in done.stdout
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(AisleError, match="folder"):
        write_table(TABLE, tmp_path / "t.csv")


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(),
            st.none() | st.floats(),
            st.none() | st.lists(st.none() | st.text(), max_size=3),
        ),
        max_size=8,
    )
)
def test_jsonl_gives_back_what_json_can_say(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, object, object]]
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "t.jsonl"
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table(
        {
            "text": pa.array(columns[0], pa.string()),
            "number": pa.array(columns[1], pa.float64()),
            "list": pa.array(columns[2], pa.list_(pa.string())),
        }
    )
    write_table(table, path)
    finite = [n if isinstance(n, float) and math.isfinite(n) else None for n in columns[1]]
    assert [row["text"] for row in read_jsonl(path)] == list(columns[0])
    assert [row["number"] for row in read_jsonl(path)] == finite
    assert [row["list"] for row in read_jsonl(path)] == list(columns[2])
