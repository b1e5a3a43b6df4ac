from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aisle.catalog.readers import read_table
from aisle.errors import CatalogError

ROWS = {"id": ["a", "b"], "price": [1.5, None], "title": ["red", ""]}
EXPECTED = {"id": ["a", "b"], "price": [1.5, None], "title": ["red", None]}


class OnlyStream:
    """A frame of which nothing is known but the protocol."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.table(ROWS).__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "source",
    [
        pa.table(ROWS),
        pa.table(ROWS).to_batches()[0],
        pa.table(ROWS).to_reader(),
        pd.DataFrame(ROWS),
        pl.DataFrame(ROWS),
        OnlyStream(),
        [dict(zip(ROWS, values, strict=True)) for values in zip(*ROWS.values(), strict=True)],
    ],
    ids=lambda source: type(source).__name__,
)
def test_frames_of_every_kind_give_the_same_rows(source: object) -> None:
    loaded = read_table(source)
    assert loaded.table.to_pydict() == EXPECTED
    assert loaded.table["title"].type == pa.string()
    assert loaded.root is None
    assert loaded.problems == ()


def test_a_pandas_index_counts_only_if_it_has_a_name() -> None:
    frame = pd.DataFrame(ROWS, index=[7, 3])
    assert read_table(frame).table.column_names == ["id", "price", "title"]
    named = read_table(frame.set_index("id")).table
    assert named.to_pydict() == EXPECTED
    both = frame.set_index("id", append=True)
    assert read_table(both).table.to_pydict() == EXPECTED


def test_pandas_categories_and_mixed_objects() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["x", None, "x"]),
            "mixed": pd.Series([1, "two", np.nan], dtype=object),
            "tags": [["a"], [], None],
        }
    )
    table = read_table(frame).table
    assert table["category"].type == pa.string()
    assert table["category"].to_pylist() == ["x", None, "x"]
    assert table["mixed"].to_pylist() == ["1", "two", None]
    assert table["tags"].to_pylist() == [["a"], [], None]


def test_pandas_columns_with_one_name() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    loaded = read_table(frame)
    assert loaded.table.to_pydict() == {"a": [1], "a_2": [2]}
    assert [found.kind for found in loaded.problems] == ["duplicate-column"]


def test_a_polars_category_is_decoded() -> None:
    frame = pl.DataFrame({"a": pl.Series(["x", "y"], dtype=pl.Categorical)})
    table = read_table(frame).table
    assert table["a"].type == pa.string()
    assert table["a"].to_pylist() == ["x", "y"]


def test_values_that_numpy_pandas_and_python_wrap() -> None:
    row = {
        "n": np.int64(3),
        "f": np.float32(0.5),
        "v": np.array([1.0, 2.0], dtype=np.float32),
        "gone": float("nan"),
        "na": pd.NA,
        "day": datetime.date(2024, 1, 2),
        "money": decimal.Decimal("1.50"),
        5: b"bytes",
    }
    found = read_table([row]).table.to_pylist()[0]
    assert found == {
        "n": 3,
        "f": 0.5,
        "v": [1.0, 2.0],
        "gone": None,
        "na": None,
        "day": "2024-01-02",
        "money": "1.50",
        "5": b"bytes",
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "the list is empty"),
        ([{}], "has no columns"),
        ([{"a": 1}, 3], "item 1 is of the type int"),
        ([{"a": object()}], "column 'a' holds a value of the type object"),
        ({"a": [1]}, "dict in memory: is no catalogue"),
        (5, "is no catalogue; expected a path"),
        (None, "is no catalogue"),
        (pd.DataFrame({"a": []}), "has no rows"),
        (pl.LazyFrame(ROWS), "collect"),
        (pl.Series([1, 2]), "polars|table"),
    ],
)
def test_what_is_no_table_is_refused(source: object, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_table(source)


@pytest.mark.parametrize("option", ["format", "encoding", "separator"])
def test_options_of_files_are_refused_for_memory(option: str) -> None:
    options = {option: "csv" if option == "format" else ","}
    with pytest.raises(CatalogError, match=f"{option} was given for a Table in memory"):
        read_table(pa.table(ROWS), **options)
