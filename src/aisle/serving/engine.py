"""One model that answers, with all that belongs to it, so that another can take its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from aisle.models import ProductClassifier, ProductRegressor
from aisle.models.card import model_card
from aisle.serving.answers import Answer, Answerer
from aisle.serving.limits import Limits
from aisle.serving.photographs import PhotographReader
from aisle.serving.products import Product, ProductReader, ReadRequest
from aisle.serving.settings import ServingSettings

Model = ProductClassifier | ProductRegressor

_SEAL_BYTES = 64
_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Engine:
    """A model in service.

    Parameters
    ----------
    name
        What it is called in answers.
    version
        The beginning of its bundle's digest; None for a model that came from no file.
    model, reader, answerer
        The model, what reads products for it, and what asks it.
    """

    name: str
    version: str | None
    model: Model
    reader: ProductReader
    answerer: Answerer

    @property
    def out_of_fold_accuracy(self) -> float | None:
        """How often it was right on training products that it had not seen, if it says so."""
        found = self.model.metrics_.get("out_of_fold_accuracy")
        return float(found) if isinstance(found, int | float) else None

    @cached_property
    def description(self) -> dict[str, Any]:
        """What is told of the model: kind, columns, classes, scores, card."""
        model = self.model
        classes = model.classes_ if isinstance(model, ProductClassifier) else None
        return {
            "name": self.name,
            "version": self.version,
            "kind": model.kind,
            "target": model.schema_.target,
            "classes": classes,
            "recipe": model.recipe_.name,
            "rows": model.rows_,
            "modalities": list(model.modalities_),
            "schema": [column.to_dict() for column in model.schema_],
            "metrics": model.metrics_,
            "card": model_card(model),
        }


@dataclass(frozen=True, eq=False)
class Item:
    """A product in the queue, and the model that it was read for."""

    engine: Engine
    product: Product


def make_engine(
    model: Model,
    settings: ServingSettings,
    photographs: PhotographReader,
    *,
    name: str,
    version: str | None,
) -> Engine:
    """Return a model with what reads for it and asks it; `answerer.open` warms it up."""
    reader = ProductReader(model.schema_, model.task, Limits.of(settings), photographs)
    answerer = Answerer(model, reader, keep_features=settings.keep_features)
    return Engine(name, version, model, reader, answerer)


def answers_of(items: Sequence[Item]) -> list[Answer]:
    """Return the answer for each product of a batch, by the model that it was read for."""
    found: list[Answer] = [{}] * len(items)
    places: dict[Engine, list[int]] = {}
    for at, item in enumerate(items):
        places.setdefault(item.engine, []).append(at)
    for engine, positions in places.items():
        answers = engine.answerer.answers([items[at].product for at in positions])
        for at, answer in zip(positions, answers, strict=True):
            found[at] = answer
    return found


def read_for(
    engine: Engine, engines: Sequence[Engine], rows: Sequence[dict[str, object]]
) -> ReadRequest:
    """Read each row for the model that answers for it; `engine` says what their ids are."""
    if all(one is engine for one in engines):
        return engine.reader.read(rows)
    products: dict[int, Product] = {}
    for one in dict.fromkeys(engines):
        places = [at for at, other in enumerate(engines) if other is one]
        read = one.reader.read([rows[at] for at in places])
        products.update(zip(places, read.products, strict=True))
    told = engine.reader.surroundings(rows)
    return replace(told, products=tuple(products[at] for at in range(len(rows))))


def version_of(path: Path) -> str | None:
    """Return the beginning of the digest that ends a bundle; None where there is none.

    It is read, not computed: `aisle.models.load_model` compares it with the content.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _SEAL_BYTES, 0))
            found = file.read()
    except OSError:
        return None
    told = found.decode("ascii", "replace")
    return told[:_SHOWN] if len(told) == _SEAL_BYTES and told.isalnum() else None
