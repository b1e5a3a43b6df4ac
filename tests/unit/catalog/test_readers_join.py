from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.readers import Loaded, join_by_id, read_table
from aisle.errors import CatalogError


def loaded(**columns: list[object]) -> Loaded:
    return Loaded(pa.table(columns), "csv", Path("left"))


def test_the_two_files_of_the_rakuten_challenge(tmp_path: Path) -> None:
    (tmp_path / "X.csv").write_text(",designation,imageid\n0,red,7\n1,blue,7\n2,green,8\n")
    (tmp_path / "Y.csv").write_text(",prdtypecode\n2,30\n0,10\n1,20\n")
    joined = join_by_id(read_table(tmp_path / "X.csv"), read_table(tmp_path / "Y.csv"), on=None)
    assert joined.table.to_pydict() == {
        "column_1": ["0", "1", "2"],
        "designation": ["red", "blue", "green"],
        "imageid": ["7", "7", "8"],
        "prdtypecode": ["10", "20", "30"],
    }
    assert joined.root == tmp_path
    assert joined.problems == ()


def test_everything_that_does_not_fit_is_told() -> None:
    left = loaded(id=["a", "b", None, "c"], title=["1", "2", "3", "4"])
    right = loaded(key=["c", "a", "c", "z", None], title=["C", "A", "again", "Z", "none"])
    joined = join_by_id(left, right, on=("id", "key"))
    assert joined.table.to_pydict() == {
        "id": ["a", "b", None, "c"],
        "title": ["1", "2", "3", "4"],
        "title_2": ["A", None, None, "C"],
    }
    found = [(problem.kind, problem.rows, problem.examples) for problem in joined.problems]
    assert found == [
        ("duplicate-column", 0, ()),
        ("unmatched-row", 2, (1, 2)),
        ("unmatched-row", 2, ()),
        ("duplicate-id", 1, ()),
    ]


def test_numbers_meet_texts() -> None:
    joined = join_by_id(loaded(id=[1.0, 2.0]), loaded(id=[" 2", "1"], y=["b", "a"]), on="id")
    assert joined.table["y"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("left", "right", "on", "message"),
    [
        ({"a": ["1"]}, {"b": ["1"]}, None, "found none; common columns: none"),
        ({"a": ["1", "1"]}, {"a": ["1"]}, None, "found none; common columns: a"),
        ({"a": ["1"], "b": ["1"]}, {"a": ["1"], "b": ["1"]}, None, r"found 2 \(a, b\)"),
        ({"a": ["1"]}, {"b": ["1"]}, "a", "no column 'a' on the right; its columns are b"),
        ({"a": ["001"]}, {"a": ["1"]}, "a", "no value of 'a' on the left.*'001'.*'1'"),
        ({"a": [["x"]]}, {"a": ["1"]}, "a", "cannot be a key"),
    ],
)
def test_a_key_that_does_not_serve_is_refused(
    left: dict[str, list[object]], right: dict[str, list[object]], on: str | None, message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        join_by_id(loaded(**left), loaded(**right), on=on)


KEYS = st.lists(st.none() | st.integers(0, 6), min_size=1, max_size=12)


@given(left_keys=KEYS, right_keys=KEYS)
def test_a_join_keeps_the_left_rows_and_takes_the_first_partner(
    left_keys: list[int | None], right_keys: list[int | None]
) -> None:
    left = Loaded(pa.table({"k": pa.array(left_keys, pa.int64())}), "csv")
    values = list(range(len(right_keys)))
    right = Loaded(pa.table({"k": pa.array(right_keys, pa.int64()), "v": values}), "csv")
    first = {key: row for row, key in reversed(list(enumerate(right_keys))) if key is not None}
    expected = [None if key is None else first.get(key) for key in left_keys]
    if not any(value is not None for value in expected):
        with pytest.raises(CatalogError, match="no value of"):
            join_by_id(left, right, on="k")
        return
    joined = join_by_id(left, right, on="k")
    assert joined.table["k"].to_pylist() == left_keys
    assert joined.table["v"].to_pylist() == expected
    alone = sum(problem.rows for problem in joined.problems if problem.examples)
    assert alone == expected.count(None)
    left_out = sum(problem.rows for problem in joined.problems if not problem.examples)
    assert left_out == len(right_keys) - len({value for value in expected if value is not None})
