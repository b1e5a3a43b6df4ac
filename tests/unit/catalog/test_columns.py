"""Columns as texts, numbers and vectors, whatever they came as."""

from __future__ import annotations

import datetime
import decimal
import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.columns import as_numbers, as_strings, as_vectors, factorised, parse_numbers


def chunked(values: list, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (chunked(["a", "", " \u00a0", None]), ["a", None, None, None]),
        (chunked([4.0, 4.5, math.nan, None, 4006381333931.0]),
         ["4", "4.5", None, None, "4006381333931"]),
        (chunked([1, None]), ["1", None]),
        (chunked([True, None, False]), ["true", None, "false"]),
        (chunked([["a", "b"], [], None, [None]]), ["a b", None, None, None]),
        (chunked([{"a": 1, "b": "ü"}, None]), ['{"a": 1, "b": "ü"}', None]),
        (chunked([b"abc", b"", None]), ["<3 bytes>", None, None]),
        (chunked([datetime.date(2024, 1, 5)]), ["2024-01-05"]),
        (chunked([decimal.Decimal("9.90")]), ["9.90"]),
        (pa.chunked_array([pa.array(["x", "", None]).dictionary_encode()]), ["x", None, None]),
        (chunked(["a", " "], pa.large_string()), ["a", None]),
        (chunked([None, None]), [None, None]),
    ],
)  # fmt: skip
def test_values_of_any_type_read_as_text(column: pa.ChunkedArray, texts: list) -> None:
    assert as_strings(column) == texts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0), ("-3.5", -3.5), ("1e3", 1000.0), ("$1,299.00", 1299.0),
        ("1.299,00 €", 1299.0),
        ("N/A", None), ("nan", None), ("inf", None), ("16 GB", None), ("12_34", None), (None, None),
        ("", None), ("2024-01-05", None),
    ],
)  # fmt: skip
def test_a_text_is_a_number_or_money_or_nothing(text: str | None, number: float | None) -> None:
    (found,) = parse_numbers([text])
    assert math.isnan(found) if number is None else found == number


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20))
def test_no_text_upsets_the_parser_of_numbers(values: list[str | None]) -> None:
    numbers = parse_numbers(values)
    assert numbers.shape == (len(values),)
    assert not np.isinf(numbers).any()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_is_written_out_reads_back(value: float) -> None:
    assert parse_numbers([repr(value)])[0] == value


def test_numbers_of_every_type_become_float64_and_missing_ones_nan() -> None:
    assert as_numbers(chunked([2**53 + 1])).tolist() == [2.0**53]
    assert as_numbers(chunked([1, None])).tolist()[0] == 1.0
    assert np.isnan(as_numbers(chunked([math.inf, math.nan, None], pa.float32()))).all()
    assert as_numbers(chunked([True, False])).tolist() == [1.0, 0.0]
    assert as_numbers(chunked([decimal.Decimal("1.5")])).tolist() == [1.5]
    assert np.isnan(as_numbers(chunked([{"a": 1}]))).all()


def test_a_row_without_a_fitting_vector_has_none() -> None:
    column = chunked([[1.0, 2.0], None, [3.0], [math.nan, 1.0], [1.0, None], [5.0, 6.0]])
    matrix, present = as_vectors(column)
    assert present.tolist() == [True, False, False, False, False, True]
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[1, 2], [0, 0], [0, 0], [0, 0], [0, 0], [5, 6]]


def test_the_dimension_asked_for_does_not_depend_on_the_rows_beside() -> None:
    column = chunked([[1.0, 2.0], [3.0], [4.0]])
    assert as_vectors(column)[0].shape == (3, 1)
    matrix, present = as_vectors(column, 2)
    assert matrix.shape == (3, 2)
    assert present.tolist() == [True, False, False]


@pytest.mark.parametrize(
    "column",
    [
        chunked([[1, 2], [3, 4]], pa.list_(pa.int32())),
        chunked([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
        chunked(["[1, 2]", "[3.0, 4e0]"]),
        pa.chunked_array([chunked([[1.0, 2.0]]).chunk(0), chunked([[3.0, 4.0]]).chunk(0)]),
    ],
)
def test_vectors_are_read_from_lists_of_any_kind_and_from_json(column: pa.ChunkedArray) -> None:
    assert as_vectors(column)[0].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("values", [["nope", None], [1, 2], [{"a": 1}, None], [["a"], ["b"]]])
def test_what_is_no_vector_is_absent(values: list) -> None:
    matrix, present = as_vectors(chunked(values), 3)
    assert matrix.shape == (2, 3)
    assert not present.any()


@given(st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=4)))
def test_vectors_read_the_same_from_lists_and_from_json(rows: list[list[float]]) -> None:
    listed = as_vectors(chunked(rows, pa.list_(pa.float32())), 3)
    written = as_vectors(chunked([json.dumps(row) for row in rows], pa.string()), 3)
    assert np.array_equal(listed[0], written[0])
    assert np.array_equal(listed[1], written[1])


@given(st.lists(st.one_of(st.none(), st.text(max_size=2))))
def test_factorised_numbers_equal_values_alike_in_order_of_appearance(values: list) -> None:
    codes = factorised(values).tolist()
    assert codes == [list(dict.fromkeys(values)).index(value) for value in values]
