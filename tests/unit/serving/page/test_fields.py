"""The form's fields and the examples that fill them."""

from __future__ import annotations

import base64

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.serving.page.example import example_of
from aisle.serving.page.fields import OTHER, fields_of, known_values


def test_every_column_that_is_read_has_a_field_of_its_kind(model: ProductClassifier) -> None:
    fields = {field.column: field for field in fields_of(model)}
    kinds = {name: field.kind for name, field in fields.items()}
    assert kinds == {
        "image": "photograph",
        "title": "text",
        "description": "long",
        "brand": "choice",
        "colour": "choice",
        "material": "choice",
        "weight_g": "number",
        "price": "number",
    }
    assert next(iter(fields)) == "image"
    assert fields["colour"].values == known_values(model)["colour"]
    assert fields["weight_g"].name == "products[0].weight_g"
    assert fields["weight_g"].label == "Weight g"
    assert len({field.key for field in fields.values()}) == len(fields)


def test_an_example_fills_every_field_with_what_the_model_knows(model: ProductClassifier) -> None:
    found = example_of(model, 0)
    known = known_values(model)
    assert set(found.values) == {f.column for f in fields_of(model)} - {"image"}
    for column, values in known.items():
        assert found.values[column] in (*values, OTHER)
    assert float(found.values["price"]) > 0
    assert found.photograph is not None
    assert base64.b64decode(found.photograph.split(",")[1]).startswith(b"\xff\xd8")


def test_examples_take_turns(model: ProductClassifier) -> None:
    titles = [example_of(model, number).values["title"] for number in range(40)]
    assert len(set(titles)) > 2
    assert titles[0] in titles[1:]


def test_an_example_of_a_known_category_comes_first() -> None:
    rows = [{"title": f"{kind} {n}", "kind": kind} for n in range(9) for kind in ("Watches", "x")]
    settings = ["folds=2", "learning_curve=false"]
    model = ProductClassifier(recipe="fast", settings=settings).fit(
        Catalog.read(rows, target="kind")
    )
    assert "watch" in example_of(model, 0).values["title"].casefold()


def test_a_model_with_other_columns_gets_an_example_too(regressor: ProductRegressor) -> None:
    found = example_of(regressor, 0)
    assert found.photograph is None
    assert set(found.values) == {"title", "maker", "kind"}
    assert found.values["kind"] == OTHER
