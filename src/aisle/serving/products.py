"""Products of a request as a catalogue: the model's columns, each value read by itself.

`Catalog.read` types a column by all of its values, so that a price of ``12`` reads otherwise beside
one of ``"12 EUR"``. Here every value is brought to the type of its column's role before products of
different requests meet, in the way in which `Catalog.read` reads that product alone. So an answer
does not depend on who else asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from aisle.catalog import Catalog, Role, Schema, Task
from aisle.catalog.columns import as_numbers, as_strings, as_vectors, parse_number
from aisle.catalog.readers.rows import array_from_values
from aisle.errors import CatalogError
from aisle.serving.limits import Limits, depth_of, size_of
from aisle.serving.photographs import PhotographReader
from aisle.serving.refusals import RequestError, not_valid

_PHOTOGRAPHS = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
_TYPES = {Role.NUMBER: pa.float64(), Role.VECTOR: pa.list_(pa.float64()), Role.IMAGE: _PHOTOGRAPHS}
_PLAIN = frozenset({int, float, bool, type(None)})
_INT64 = range(-(2**63), 2**63)
_LISTED = 50
_LONGEST_NAME = 100

Row = Mapping[str, object]


@dataclass(frozen=True)
class Product:
    """One product of a request, ready to be answered.

    Parameters
    ----------
    values
        By column of the model, of the type of its role.
    remarks
        What could not be read.
    pixels
        What its photographs claim to have.
    """

    values: Mapping[str, Any]
    remarks: tuple[str, ...]
    pixels: int = 0


@dataclass(frozen=True)
class ReadRequest:
    """The products of a request.

    Parameters
    ----------
    products
        In order.
    ids
        The identifier of each; its position where the request gives none.
    ignored
        Columns that the model does not read.
    """

    products: tuple[Product, ...]
    ids: tuple[str | None, ...]
    ignored: tuple[str, ...]


class ProductReader:
    """Reads the products of requests with the schema of a model.

    Parameters
    ----------
    schema, task
        Of the model.
    limits
        On products, columns, texts and nesting.
    photographs
        Reads image columns.

    Attributes
    ----------
    image_columns : tuple of str
        The columns that hold photographs.
    """

    def __init__(
        self, schema: Schema, task: Task, limits: Limits, photographs: PhotographReader
    ) -> None:
        self._task = task
        self._limits = limits
        self._photographs = photographs
        self._roles = {c.name: c.role for c in schema if c.role is not Role.TARGET}
        known = {column.name for column in schema}
        # A model of a catalogue without identifiers still tells products apart by "id".
        self._id = schema.id or (None if "id" in known else "id")
        self._known = {*self._roles, self._id}
        self._asked = tuple(n for n, role in self._roles.items() if role is not Role.ID)
        self.image_columns = tuple(n for n, role in self._roles.items() if role is Role.IMAGE)
        self._schema = schema
        self._arrow = pa.schema(
            [(name, _TYPES.get(role, pa.string())) for name, role in self._roles.items()]
        )

    def may_wait(self, rows: Sequence[Row]) -> bool:
        """Say whether reading the rows may wait for another server."""
        if not self.image_columns:
            return False
        needs = self._photographs.needs_fetching
        return any(needs(row[name]) for row in rows for name in self.image_columns if name in row)

    def check(self, rows: Sequence[object], *, most: int) -> list[dict[str, object]]:
        """Return the rows as they are, names trimmed, if they are within the limits.

        Raises
        ------
        RequestError
            If they are not; the message names the product and the column.
        """
        if not rows:
            raise not_valid(
                "there is no product", where="products", do="give at least one, as an object"
            )
        if len(rows) > most:
            raise not_valid(
                f"{len(rows):,} products, more than the {most:,} that one request may hold",
                where="products",
                do="send them in several requests",
            )
        checked = [self.checked(row, f"products[{at}]") for at, row in enumerate(rows)]
        if self._asked and not any(name in row for row in checked for name in self._asked):
            found = sorted({name for row in checked for name in row})
            raise not_valid(
                f"no product has a column that the model reads; found {_listed(found) or 'none'}",
                where="products",
                do=f"give at least one of {_listed(self._asked)}",
            )
        return checked

    def read(self, rows: Sequence[Row]) -> ReadRequest:
        """Read rows that `check` returned; may take a while where photographs are fetched.

        Raises
        ------
        RequestError
            413, if the photographs of several products have more pixels than one request may hold.
        """
        products: list[Product] = []
        pixels = 0
        for row in rows:
            products.append(self._product(row))
            pixels += products[-1].pixels
            if pixels > self._limits.pixels and len(rows) > 1:
                raise RequestError(
                    413,
                    "too-large",
                    f"the photographs have more than {self._limits.pixels:,} pixels together",
                    where="products",
                    do="send the products in several requests",
                )
        return replace(self.surroundings(rows), products=tuple(products))

    def surroundings(self, rows: Sequence[Row]) -> ReadRequest:
        """Return what `read` does without the products: their ids, and columns not read."""
        strange = [row for row in rows if not row.keys() <= self._known]
        ignored = dict.fromkeys(name for row in strange for name in row if name not in self._known)
        shown = [name[:_LONGEST_NAME] for name in list(ignored)[:_LISTED]]
        return ReadRequest((), self._ids(rows), tuple(shown))

    def has_ids(self, rows: Sequence[Row]) -> bool:
        """Say whether any row has the column of identifiers, filled or not."""
        return self._id is not None and any(self._id in row for row in rows)

    def given_ids(self, rows: Sequence[Row]) -> tuple[str | None, ...]:
        """Return the identifiers that the rows give; None where one gives none."""
        if self._id is None:
            return (None,) * len(rows)
        return tuple(_text(row.get(self._id), self._id) for row in rows)

    def catalog(
        self, products: Sequence[Product], ids: Sequence[str | None] | None = None
    ) -> Catalog:
        """Return products as a catalogue with the model's schema, whoever sent them."""
        columns = [
            pa.array([product.values.get(field.name) for product in products], type=field.type)
            for field in self._arrow
        ]
        table = pa.Table.from_arrays(columns, schema=self._arrow)
        if ids is not None and self._schema.id is not None:
            at = self._arrow.get_field_index(self._schema.id)
            table = table.set_column(at, self._schema.id, pa.array(ids, pa.string()))
        return Catalog(table, self._schema, self._task, online=False)

    def checked(self, row: object, where: str = "product") -> dict[str, object]:
        """Return one row as `check` does, whatever columns it has.

        Raises
        ------
        RequestError
            If it is not within the limits.
        """
        limits = self._limits
        if not isinstance(row, Mapping):
            raise not_valid(
                f"a product is an object of columns and values, found {_kind(row)}",
                where=where,
                do='write it as {"title": "red mug"}',
            )
        if len(row) > limits.columns:
            raise not_valid(
                f"{len(row):,} columns, more than {limits.columns:,}",
                where=where,
                do=f"leave out what the model does not read; it reads {_listed(self._asked)}",
            )
        named: dict[str, object] = {}
        for name, value in row.items():
            named.setdefault(str(name).replace("\ufeff", "").strip(), value)
        for name, value in named.items():
            # Nearly all values are plain, and need no message that names their place.
            if not ((type(value) is str and len(value) <= limits.text) or type(value) in _PLAIN):
                self._check_value(value, self._roles.get(name), f"{where}.{name[:_LONGEST_NAME]}")
        return named

    def _check_value(self, value: object, role: Role | None, where: str) -> None:
        if role is Role.IMAGE:
            too_long = False
        elif any(isinstance(one, bytes) for one in (value if isinstance(value, list) else [value])):
            raise not_valid(
                "a file was sent for a column that holds no photographs",
                where=where,
                do=f"name an image column: {_listed(self.image_columns) or 'the model has none'}",
            )
        else:
            too_long = isinstance(value, str) and len(value) > self._limits.text
        if too_long:
            raise not_valid(
                f"a text of {len(str(value)):,} characters, more than {self._limits.text:,}",
                where=where,
                do="shorten it",
            )
        nested = isinstance(value, list | dict)
        if nested and role is not Role.IMAGE and size_of(value) > self._limits.text:
            raise not_valid(
                f"more than {self._limits.text:,} values and letters", where=where, do="shorten it"
            )
        if nested and depth_of(value) > self._limits.depth:
            raise not_valid(
                f"nested more than {self._limits.depth} deep", where=where, do="give plain values"
            )

    def _ids(self, rows: Sequence[Row]) -> tuple[str | None, ...]:
        if not self.has_ids(rows):
            return tuple(str(at) for at in range(len(rows)))
        return self.given_ids(rows)

    def _product(self, row: Row) -> Product:
        values: dict[str, Any] = {}
        remarks: list[str] = []
        pixels = 0
        for name, role in self._roles.items():
            value = row.get(name)
            if value is None:
                continue
            if role is Role.IMAGE:
                found = self._photographs.read(value)
                remarks += found.remarks
                pixels += sum(one.pixels for one in found.photographs)
                values[name] = [
                    {"bytes": one.content, "path": one.name} for one in found.photographs
                ] or None
                continue
            try:
                values[name] = _READ.get(role, _text)(value, name)
            except (CatalogError, pa.ArrowException) as failure:
                remarks.append(f"column {name!r} could not be read: {str(failure)[:200]}")
        return Product(values, tuple(dict.fromkeys(remarks)), pixels)


def _text(value: object, name: str) -> str | None:
    """Return a value as `Catalog.strings` does, None where it is empty."""
    if isinstance(value, str):
        if not value.isascii():  # JSON can spell lone surrogates, which UTF-8 cannot hold
            value = value.encode("utf-8", "replace").decode("utf-8")
        return value if value and not value.isspace() else None
    if isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return str(value)
    return as_strings(array_from_values([value], "the request", name))[0]


def _number(value: object, name: str) -> float | None:
    """Return a value as `Catalog.numbers` does, None where it is none."""
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None
    elif isinstance(value, str):
        text = _text(value, name)
        number = math.nan if text is None else parse_number(text)
    else:
        number = float(as_numbers(array_from_values([value], "the request", name))[0])
    return number if math.isfinite(number) else None


def _vector(value: object, name: str) -> list[float]:
    """Return a vector's numbers; none where it is no vector."""
    matrix, present = as_vectors(array_from_values([value], "the request", name))
    return matrix[0].tolist() if present[0] else []


_READ = {Role.NUMBER: _number, Role.VECTOR: _vector}


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name[:_LONGEST_NAME]) for name in names[:_LISTED]]
    return ", ".join(shown) + (", ..." if len(names) > _LISTED else "")
