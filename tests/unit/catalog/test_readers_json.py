from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.catalog.readers import read_table
from aisle.catalog.readers import rows as rows_module
from aisle.catalog.readers.rows import table_from_rows
from aisle.errors import CatalogError


def write(folder: Path, text: str, name: str = "catalog.jsonl") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_types_are_kept_where_a_column_is_uniform(tmp_path: Path) -> None:
    first = {"n": 1, "f": 1, "t": "a", "b": True, "l": ["x"], "v": [1, 2.5], "o": {"k": 1}}
    second = {"n": 2, "f": 0.5, "t": " ", "b": None, "l": [], "v": [], "m": [{"a": "é"}]}
    loaded = read_table(write(tmp_path, f"{json.dumps(first)}\n\n{json.dumps(second)}\n"))
    assert loaded.format == "jsonl"
    assert loaded.problems == ()
    types = {field.name: field.type for field in loaded.table.schema}
    assert types == {
        "n": pa.int64(),
        "f": pa.float64(),
        "t": pa.string(),
        "b": pa.bool_(),
        "l": pa.list_(pa.string()),
        "v": pa.list_(pa.float64()),
        "o": pa.string(),
        "m": pa.string(),
    }
    assert loaded.table["t"].to_pylist() == ["a", None]
    assert loaded.table["o"].to_pylist() == ['{"k": 1}', None]
    assert loaded.table["m"].to_pylist() == [None, '[{"a": "é"}]']


def test_broken_lines_are_skipped_and_named(tmp_path: Path) -> None:
    text = 'oops\n{"id": 1}\n{"id": \n\n[1]\n' + "[" * 100_000 + '\n{"id": 2}\n{}\n'
    loaded = read_table(write(tmp_path, text))
    assert loaded.table["id"].to_pylist() == [1, 2]
    found = loaded.problems[0]
    assert (found.kind, found.rows) == ("broken-row", 5)
    for line in ("line 1 (", "line 3 (", "line 5 (a list", "line 6 (", "line 8 (an empty object"):
        assert line in found.message


def test_one_list_of_objects_is_read_whatever_its_name(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, '\n [ {"id": "1"}, 3, {"id": "2"}]', "catalog"))
    assert loaded.format == "json"
    assert loaded.table["id"].to_pylist() == ["1", "2"]
    assert "item 2 (a number, not an object)" in loaded.problems[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"id": 1},\n{"id"', "line 2, column 6: is not valid JSON"),
        ('{\n "id": 1\n}', "holds no products"),
        ("[]", "holds no products"),
    ],
)
def test_json_without_products_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_table(write(tmp_path, text, "catalog.json"))


def test_a_format_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="holds no products"):
        read_table(write(tmp_path, "plain words", "catalog.txt"), format="json")


def test_gzip_and_utf16_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "catalog.jsonl.gz"
    path.write_bytes(gzip.compress('{"title": "café"}\n'.encode("utf-16")))
    loaded = read_table(path)
    assert loaded.table["title"].to_pylist() == ["café"]
    assert [found.kind for found in loaded.problems] == ["encoding"]


def test_a_column_that_changes_its_kind_later_becomes_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "_BATCH_ROWS", 2)
    given_rows: list[dict[str, object]] = [{"a": 1}, {"a": 2}, {"a": None}, {}, {"a": "x", "b": []}]
    given_rows += [{"a": ["y"], "b": [0.5]}, {"a": True}]
    table = table_from_rows(given_rows, "rows")
    assert table["a"].to_pylist() == ["1", "2", None, None, "x", '["y"]', "true"]
    assert table["b"].to_pylist() == [None, None, None, None, [], [0.5], None]


def test_numbers_too_large_for_a_column_become_text() -> None:
    table = table_from_rows([{"a": 2**70}, {"a": 1}], "rows")
    assert table["a"].to_pylist() == [str(2**70), "1"]


SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
VALUES = SCALARS | st.floats(allow_nan=False) | st.lists(SCALARS, max_size=3)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=1))
def test_any_objects_give_a_row_each_and_lose_no_value(
    tmp_path: Path, given_rows: list[dict[str, object]]
) -> None:
    text = "".join(json.dumps(row) + "\n" for row in given_rows)
    loaded = read_table(write(tmp_path, text))
    assert loaded.table.num_rows == len(given_rows)
    assert loaded.problems == ()
    for row, found in zip(given_rows, loaded.table.to_pylist(), strict=True):
        for name, value in row.items():
            is_blank = value is None or (isinstance(value, str) and not value.strip())
            assert (found[name] is None) == is_blank
            if isinstance(found[name], str) and not isinstance(value, str):
                assert json.loads(found[name]) == value
            elif not is_blank:
                assert found[name] == value
