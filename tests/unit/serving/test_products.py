"""Products of requests read as `Catalog.read` reads each of them alone, whoever stands beside."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle import Catalog
from aisle.catalog import Column, Role, Schema, Task
from aisle.serving.limits import Limits, depth_of
from aisle.serving.photographs import PhotographReader
from aisle.serving.products import ProductReader
from aisle.serving.refusals import RequestError
from tests.unit.serving.test_photographs import encoded, text

SCHEMA = Schema(
    tuple(
        Column(name, Role(role), "")
        for name, role in (
            ("sku", "id"),
            ("title", "text"),
            ("maker", "category"),
            ("price", "number"),
            ("vector", "vector"),
            ("photo", "image"),
            ("kind", "target"),
        )
    )
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.just(10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["12 EUR", "$1,299.00", " ", "12_34", "nan", "[0.5, 1]", "\ud800", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def reader(schema: Schema = SCHEMA, **limits: int) -> ProductReader:
    photographs = PhotographReader(most=3, max_pixels=10_000, fetch=None)
    bounds = Limits(**{"columns": 20, "text": 100, "depth": 4, "pixels": 9_000, **limits})
    return ProductReader(schema, Task.CLASSIFY, bounds, photographs)


def read(*rows: dict[str, Any]) -> Catalog:
    found = reader()
    return found.catalog(found.read(rows).products)


@given(st.lists(st.fixed_dictionaries({"title": VALUES, "maker": VALUES}), min_size=1, max_size=4))
def test_texts_are_those_of_each_product_alone(rows: list[dict[str, Any]]) -> None:
    together = read(*rows)
    for name in ("title", "maker"):
        alone = [
            Catalog.read([{**row, "sku": "1"}], schema=SCHEMA).strings(name)[0] for row in rows
        ]
        assert together.strings(name) == alone


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_numbers_are_those_of_each_product_alone(values: list[Any]) -> None:
    rows = [{"price": value, "sku": "1"} for value in values]
    alone = [Catalog.read([row], schema=SCHEMA).numbers("price")[0] for row in rows]
    np.testing.assert_array_equal(read(*rows).numbers("price"), alone)


@pytest.mark.parametrize("value", [[0.5, 1], "[0.5, 1]", [0.5, None], [], "words", 7, None])
def test_vectors_are_those_of_each_product_alone(value: object) -> None:
    rows = [{"vector": value, "sku": "1"}, {"vector": [3.0, 4.0], "sku": "2"}]
    matrix, present = Catalog.read(rows[:1], schema=SCHEMA).vectors("vector", 2)
    found, known = read(*rows).vectors("vector", 2)
    assert known.tolist() == [bool(present[0]), True]
    np.testing.assert_array_equal(found, [matrix[0], [3, 4]])


def test_a_price_reads_the_same_beside_words() -> None:
    together = read({"price": 12.0, "maker": 1.0}, {"price": "about 9", "maker": "Acme"})
    assert together.numbers("price")[0] == 12.0
    assert together.strings("maker") == ["1", "Acme"]


def test_ids_are_given_back_repeated_ones_too() -> None:
    rows = [{"sku": "A", "title": "x"}, {"sku": 7, "title": "y"}, {"sku": "A"}, {"title": "z"}]
    assert reader().read(rows).ids == ("A", "7", "A", None)


def test_products_without_ids_are_numbered_in_their_own_request() -> None:
    assert reader().read([{"title": "x"}, {"title": "y"}]).ids == ("0", "1")


def test_a_model_without_an_identifier_gives_back_the_id_it_is_sent() -> None:
    schema = Schema(SCHEMA.columns[1:])
    found = reader(schema).read([{"id": "A", "title": "x"}])
    assert (found.ids, found.ignored) == (("A",), ())


def test_columns_that_the_model_does_not_read_are_named() -> None:
    found = reader().read([{"title": "x", "kind": "mug", "shop": 1}, {"shop": 2, "x" * 300: 1}])
    assert found.ignored == ("kind", "shop", "x" * 100)


def test_names_are_trimmed_as_a_catalogue_s_are() -> None:
    found = reader()
    rows = found.check([{"\ufeff title ": "mug", "title": "lamp"}], most=1)
    assert rows == [{"title": "mug"}]


@pytest.mark.parametrize(
    ("rows", "where", "words"),
    [
        ([], "products", "no product"),
        ([{"title": "x"}] * 4, "products", "4 products, more than the 3"),
        ([{"title": "x"}, "mug"], "products[1]", "found a text"),
        ([{"title": "x"}, None], "products[1]", "found null"),
        ([[{"title": "x"}]], "products[0]", "found a list"),
        ([{f"c{n}": n for n in range(21)}], "products[0]", "21 columns, more than 20"),
        ([{"title": "x" * 101}], "products[0].title", "101 characters, more than 100"),
        ([{"other": "x" * 101}], "products[0].other", "101 characters"),
        ([{"title": [[[[["deep"]]]]]}], "products[0].title", "nested more than 4 deep"),
        ([{"title": b"GIF89a"}], "products[0].title", "a file was sent"),
        ([{"kind": "mug"}], "products", "no product has a column that the model reads"),
    ],
)
def test_what_exceeds_a_limit_is_refused_where_it_stands(
    rows: list[Any], where: str, words: str
) -> None:
    with pytest.raises(RequestError) as caught:
        reader().check(rows, most=3)
    assert caught.value.status == 422
    assert caught.value.where == where
    assert words in caught.value.what
    assert caught.value.do


def test_depth_is_counted_without_recursion() -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    assert (depth_of([]), depth_of({"a": [1, {"b": 2}]}), depth_of(deep)) == (1, 3, 900)


def test_photographs_of_several_products_have_a_bound_together() -> None:
    row = {"title": "red mug", "photo": text(encoded("PNG", (80, 60)))}
    assert reader(pixels=4_799).read([row]).products[0].pixels == 4_800
    assert len(reader(pixels=9_600).read([row, row]).products) == 2
    with pytest.raises(RequestError, match=r"more than 9,599 pixels together") as failure:
        reader(pixels=9_599).read([row, row])
    assert failure.value.status == 413


def test_a_value_that_holds_too_much_is_refused() -> None:
    with pytest.raises(RequestError, match="more than 100 values and letters"):
        reader().check([{"title": [1] * 101}], most=3)
    assert reader().check([{"title": [1] * 100}], most=3)
