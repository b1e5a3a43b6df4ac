"""Single products as a page shows them: photograph, title, truth and answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aisle.evaluation.report.answers import Answers, Values
from aisle.evaluation.report.gallery import (
    class_gallery,
    surest_mistakes,
    value_gallery,
    worst_errors,
)
from aisle.evaluation.report.pictures import Looks, looks
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation


@dataclass(frozen=True)
class Product:
    """What every product shown has: its identifier, its looks, and what was amiss, if anything."""

    id: str
    looks: Looks
    note: str


@dataclass(frozen=True)
class Labelled(Product):
    """A product with its given and its predicted class; the confidence is None where unknown.

    `alternatives` are the next most probable classes, `group` the place of the given class among
    those of the gallery.
    """

    truth: str
    predicted: str
    confidence: float | None
    right: bool
    accepted: bool
    alternatives: tuple[tuple[str, float], ...]
    group: int


@dataclass(frozen=True)
class Priced(Product):
    """A product with its true and its predicted value; `factor` is how many times they differ."""

    truth: float
    predicted: float
    low: float
    high: float
    inside: bool
    factor: float | None


@dataclass(frozen=True)
class Shown:
    """The products that a page lists: the worst first, and a gallery; classes to choose by."""

    worst: tuple[Product, ...]
    gallery: tuple[Product, ...]
    classes: tuple[str, ...] = ()


def class_products(found: ClassEvaluation, answers: Answers) -> Shown:
    """Return the surest mistakes and a gallery of products with their classes."""
    mistakes, gallery = surest_mistakes(answers), class_gallery(answers)
    rows = list(dict.fromkeys([*mistakes, *gallery]))
    classes = sorted({answers.truth[row] for row in rows}, key=lambda name: (name.casefold(), name))
    groups = {name: at for at, name in enumerate(classes)}
    known = {
        row: Labelled(
            *base,
            truth=answers.truth[row],
            predicted=answers.predicted[row],
            confidence=float(answers.confidence[row]) if answers.known[row] else None,
            right=bool(answers.right[row]),
            accepted=bool(answers.accepted[row]),
            alternatives=tuple(
                (str(other["category"]), float(other["probability"])) for other in others[1:]
            ),
            group=groups[answers.truth[row]],
        )
        for row, base, others in zip(
            rows, _bases(found, rows), _cells(found, "alternatives", rows), strict=True
        )
    }
    return Shown(
        tuple(known[row] for row in mistakes), tuple(known[row] for row in gallery), tuple(classes)
    )


def value_products(found: ValueEvaluation, values: Values) -> Shown:
    """Return the worst errors and a gallery of products with their values."""
    worst, gallery = worst_errors(values), value_gallery(values)
    places = list(dict.fromkeys([*worst, *gallery]))
    known = {
        place: Priced(
            *base,
            truth=float(values.truth[place]),
            predicted=float(values.predicted[place]),
            low=float(values.low[place]),
            high=float(values.high[place]),
            inside=bool(values.inside[place]),
            factor=float(np.exp(values.distance[place])) if values.positive else None,
        )
        for place, base in zip(
            places, _bases(found, [int(values.rows[place]) for place in places]), strict=True
        )
    }
    return Shown(tuple(known[p] for p in worst), tuple(known[p] for p in gallery))


def _bases(found: Evaluation, rows: Sequence[int]) -> list[tuple[str, Looks, str]]:
    """Return identifier, looks and note of some rows."""
    seen = looks(found.products, rows)
    named = zip(rows, _cells(found, "id", rows), _cells(found, "error", rows), strict=True)
    return [
        (f"row {row}" if key is None else str(key), seen[row], str(note or ""))
        for row, key, note in named
    ]


def _cells(found: Evaluation, column: str, rows: Sequence[int]) -> list[Any]:
    cells: list[Any] = found.predictions[column].take(np.asarray(rows, dtype=np.int64)).to_pylist()
    return cells
