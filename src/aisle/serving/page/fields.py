"""The fields of the form: a model's columns, each with what may stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aisle.catalog import Role
from aisle.encoders.metadata import MetadataEncoder
from aisle.models import ProductClassifier, ProductRegressor

Model = ProductClassifier | ProductRegressor
Kind = Literal["text", "long", "choice", "suggested", "number", "photograph"]

OTHER = "(another)"
"""What stands for a value that the model does not know."""

_CHOICES = 40
_SUGGESTED = 500
_SHORT_NAMES = ("title", "name", "headline", "product_name", "product name")
_KINDS: dict[Role, Kind] = {
    Role.TEXT: "long",
    Role.IMAGE: "photograph",
    Role.NUMBER: "number",
    Role.CATEGORY: "suggested",
}
_ORDER: tuple[Kind, ...] = ("photograph", "text", "long", "choice", "suggested", "number")


@dataclass(frozen=True)
class Field:
    """One field of the form.

    Parameters
    ----------
    column
        The column that it fills.
    key
        Unlike any other on the page, whatever the column is called.
    kind
        How it is entered.
    values
        What the model knows, for ``choice`` and ``suggested``.
    """

    column: str
    key: str
    kind: Kind
    values: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the form calls it: a column of the first product."""
        return f"products[0].{self.column}"

    @property
    def label(self) -> str:
        """The column's name for people."""
        words = self.column.replace("_", " ").strip()
        return words[:1].upper() + words[1:]


def fields_of(model: Model) -> tuple[Field, ...]:
    """Return the fields for a model's columns: photographs first, then texts, then the rest."""
    known = known_values(model)
    found = [
        _field(number, column.name, column.role, known.get(column.name, ()))
        for number, column in enumerate(model.schema_)
        if column.role in _KINDS
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.kind)))


def known_values(model: Model) -> dict[str, tuple[str, ...]]:
    """Return the values that a model knows of its categorical columns."""
    return {
        name: tuple(values)
        for encoder in metadata_encoders(model)
        for name, values in encoder.categories_.items()
    }


def metadata_encoders(model: Model) -> Iterator[MetadataEncoder]:
    """Yield what reads the categories and numbers of a model."""
    for encoder in model.plan_.encoders.values():
        if isinstance(encoder, MetadataEncoder):
            yield encoder


def _field(number: int, name: str, role: Role, values: tuple[str, ...]) -> Field:
    kind = _KINDS[role]
    if kind == "long" and name.casefold() in _SHORT_NAMES:
        kind = "text"
    if kind == "suggested" and 0 < len(values) <= _CHOICES:
        return Field(name, f"f{number}", "choice", values)
    return Field(name, f"f{number}", kind, values[:_SUGGESTED])
