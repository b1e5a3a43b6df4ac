"""Ready-made vectors: any Arrow list, and rows that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.catalog import Catalog, Column, Role, Schema
from aisle.encoders.vectors import VectorEncoder
from aisle.errors import RecipeError

SCHEMA = Schema((Column("e", Role.VECTOR, ""), Column("f", Role.VECTOR, "")))


def catalog(kind: pa.DataType | None = None, **columns: list[Any]) -> Catalog:
    arrays = {name: pa.array(v, kind or pa.list_(pa.float32())) for name, v in columns.items()}
    return Catalog(pa.table(arrays), SCHEMA)


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float32()),
        pa.large_list(pa.float64()),
        pa.list_(pa.float16()),
        pa.list_(pa.int64()),
        pa.list_(pa.float32(), 2),
    ],
    ids=str,
)
def test_any_list_of_numbers(kind: pa.DataType) -> None:
    values = [[3, 4], None, [0, 0]]
    if pa.types.is_float16(kind.value_type):
        values = [None if v is None else [np.float16(x) for x in v] for v in values]
    products = catalog(kind, e=values)
    features = VectorEncoder(["e"]).fit(products).transform(products)
    np.testing.assert_allclose(features.matrix, [[0.6, 0.8], [0, 0], [0, 0]], rtol=1e-6)
    assert features.matrix.dtype == np.float32
    assert features.present.tolist() == [True, False, True]
    plain = VectorEncoder(["e"], normalise=False).fit(products).transform(products)
    assert plain.matrix.tolist() == [[3, 4], [0, 0], [0, 0]]


def test_rows_without_a_usable_vector_are_absent(caplog: pytest.LogCaptureFixture) -> None:
    products = catalog(
        e=[[1, 0], None, [], [1, float("nan")], [float("inf"), 0], [1, 2, 3], [None, 1], [0, 1]]
    )
    features = VectorEncoder(["e"]).fit(products).transform(products)
    assert features.present.tolist() == [True, *[False] * 6, True]
    assert not features.matrix[~features.present].any()
    assert "5 vectors are not 2 finite numbers" in caplog.text


def test_several_columns_stand_side_by_side() -> None:
    products = catalog(e=[[1, 0], None], f=[[0, 0, 2], [0, 3, 0]])
    features = VectorEncoder().fit(products).transform(products)
    assert features.matrix.tolist() == [[1, 0, 0, 0, 1], [0, 0, 0, 1, 0]]
    assert features.present.tolist() == [True, True]


def test_a_column_that_is_gone_is_absent() -> None:
    encoder = VectorEncoder().fit(catalog(e=[[1, 0]], f=[[1, 1, 1]]))
    features = encoder.transform(catalog(f=[[1, 1, 1]]))
    assert features.matrix[0, :2].tolist() == [0, 0]
    assert features.present[0]
    without = encoder.transform(Catalog(pa.table({"x": ["a"]}), SCHEMA))
    assert without.matrix.shape == (1, 5)
    assert not without.present.any()


def test_nothing_to_encode() -> None:
    bare = Catalog(pa.table({"x": ["a", "b"]}), Schema((Column("x", Role.TEXT, ""),)))
    features = VectorEncoder().fit(bare).transform(bare)
    assert features.matrix.shape == (2, 0)
    assert not features.present.any()
    empty = catalog(e=[None, []])
    assert VectorEncoder(["e"]).fit(empty).transform(catalog(e=[[1, 2]])).dimension == 0


def test_vectors_of_another_encoder_are_absent(caplog: pytest.LogCaptureFixture) -> None:
    encoder = VectorEncoder(["e"]).fit(catalog(e=[[1, 0]]))
    assert not encoder.transform(catalog(e=[[1, 2, 3], None])).present.any()
    assert "1 vectors are not 2 finite numbers" in caplog.text


def test_a_column_that_was_never_there_is_refused() -> None:
    with pytest.raises(RecipeError, match="'embedding'"):
        VectorEncoder(["embedding"]).fit(catalog(e=[[1, 0]]))


NUMBERS = st.floats(-1e3, 1e3, width=32)
ROWS = st.lists(st.none() | st.lists(NUMBERS, min_size=3, max_size=4), min_size=1, max_size=9)


@given(ROWS)
@settings(max_examples=60)
def test_features_never_depend_on_the_rows_beside(rows: list[list[float] | None]) -> None:
    encoder = VectorEncoder(["e"]).fit(catalog(e=[[1, 2, 3]]))
    # A row of the right dimension is always there: a batch with none is refused as a whole.
    rows = [*rows, [1.0, 2.0, 3.0]]
    together = encoder.transform(catalog(e=rows))
    for row, vector in enumerate(rows):
        alone = encoder.transform(catalog(e=[vector if vector and len(vector) == 3 else None]))
        assert alone.matrix[0].tobytes() == together.matrix[row].tobytes()
        assert alone.present[0] == together.present[row]


def test_nor_for_long_vectors() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    encoder = VectorEncoder(["e"]).fit(catalog(e=[vectors[0].tolist()]))
    together = encoder.transform(catalog(e=vectors.tolist())).matrix
    for row in range(50):
        alone = encoder.transform(catalog(e=[vectors[row].tolist()])).matrix
        assert alone[0].tobytes() == together[row].tobytes()
