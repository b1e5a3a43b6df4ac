"""Example products for the form, from the sample catalogue."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from functools import cache

from aisle.catalog import Role
from aisle.catalog.sample import Product, SampleOptions, draw_product, sample_products
from aisle.models import ProductClassifier
from aisle.serving.page.fields import OTHER, Field, Model, fields_of, metadata_encoders

_LOOKED_AT = 24
_SIDE = 360
_SPELLINGS = {"color": "colour", "name": "title", "product_name": "title", "weight": "weight_g"}


@dataclass(frozen=True)
class Example:
    """A product to try: texts by column, and its photograph as a data URI."""

    values: dict[str, str]
    photograph: str | None


def example_of(model: Model, number: int) -> Example:
    """Return a product of the sample catalogue with a model's columns.

    A column that the sample has not gets a title, a description, a known value or a mean number.
    """
    products = _ordered(model)
    product = products[number % len(products)]
    texts = iter((product.title, product.description))
    fields, means = {field.column: field for field in fields_of(model)}, _means(model)
    values: dict[str, str] = {}
    for column in model.schema_:
        told = _of_name(product, column.name)
        if column.role is Role.TEXT:
            values[column.name] = str(told or next(texts, None) or product.title)
        elif column.role is Role.NUMBER:
            values[column.name] = _plain(told if isinstance(told, float) else means[column.name])
        elif column.role is Role.CATEGORY:
            values[column.name] = _choice(str(told or ""), fields[column.name])
    has_photographs = bool(model.schema_.names(Role.IMAGE))
    return Example(values, _photograph(product) if has_photographs else None)


def _ordered(model: Model) -> list[Product]:
    """Return the examples, those first whose category the model knows."""
    classes = set(model.classes_) if isinstance(model, ProductClassifier) else set()
    return sorted(_whole_products(), key=lambda product: product.category not in classes)


@cache
def _whole_products() -> tuple[Product, ...]:
    """Return sample products that lack nothing, a category once."""
    found: dict[str, Product] = {}
    for product in sample_products(SampleOptions(products=_LOOKED_AT * 4, label_noise=0)):
        if product.title and product.description and product.image and product.brand:
            found.setdefault(product.category, product)
    order = ("Mugs", "Watches", "Backpacks", "Headphones", "Lamps")
    return tuple(found[name] for name in order if name in found)


@cache
def _photograph(product: Product) -> str:
    written = io.BytesIO()
    draw_product(product, _SIDE).convert("RGB").save(written, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"


def _of_name(product: Product, column: str) -> object:
    name = column.casefold()
    return getattr(product, _SPELLINGS.get(name, name), None)


def _means(model: Model) -> dict[str, float]:
    """Return a usual number of each column, which is 0 where nothing is known of it."""
    found = dict.fromkeys(model.schema_.names(Role.NUMBER), 0.0)
    for encoder in metadata_encoders(model):
        for name, scale in encoder.numbers_.items():
            centre = scale.centre
            found[name] = math.expm1(min(centre, 700.0)) if scale.logarithmic else centre
    return found


def _choice(told: str, field: Field) -> str:
    """Return a value as the field takes it: only a choice must be one of those that are known."""
    if field.kind != "choice":
        return told
    return told.casefold() if told.casefold() in field.values else OTHER


def _plain(value: float) -> str:
    """Return a number as people would enter it, with few digits."""
    return f"{float(f'{value:.4g}'):g}"
