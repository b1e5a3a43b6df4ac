"""Why a product got its category, or its value."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.encoders import Features
from aisle.errors import AisleError, CatalogError
from aisle.fusion import JOINT
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.findings import Columns, Neighbour, Picture, Shares, Words
from aisle.insight.explaining.metadata import explain_columns
from aisle.insight.explaining.modalities import answers_by_subset, modality_shares
from aisle.insight.explaining.neighbours import TrainingRows, neighbours
from aisle.insight.explaining.pictures import Lookouts, explain_picture
from aisle.insight.explaining.question import ClassQuestion, Floats, Question, ValueQuestion
from aisle.insight.explaining.shapley import Subset
from aisle.insight.explaining.words import explain_words
from aisle.models import ProductClassifier, ProductModel, ProductRegressor
from aisle.progress import Progress, silent
from aisle.reports import save_report

_UNITS = {"linear": "value", "log": "log(value)", "log1p": "log(1 + value)"}


@dataclass(frozen=True)
class ExplainedProduct:
    """One product, what the model answers, and why.

    Parameters
    ----------
    id, row, title
        Its identifier, its row number in the catalogue given, and its first text.
    answer
        The category, or the value as text.
    confidence, decision
        Of a classifier; None for a value.
    value, low, high
        Of a regressor, in the target's unit; None for a category.
    alternatives
        The most probable categories with their probabilities.
    truth
        The label in the catalogue, where there is one.
    shares
        What each modality contributed.
    words, pictures, columns
        What each expert went by.
    neighbours
        The nearest training products; empty where none are given.
    error
        What could not be read, and what else was amiss.
    """

    id: str
    row: int
    title: str
    answer: str
    confidence: float | None
    decision: str | None
    value: float | None
    low: float | None
    high: float | None
    alternatives: tuple[tuple[str, float], ...]
    truth: str | None
    shares: Shares
    words: tuple[Words, ...]
    pictures: tuple[Picture, ...]
    columns: tuple[Columns, ...]
    neighbours: tuple[Neighbour, ...]
    error: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of one product of ``aisle explain``."""
        answered: dict[str, Any] = (
            {"value": self.value, "low": self.low, "high": self.high}
            if self.value is not None
            else {
                "category": self.answer,
                "confidence": self.confidence,
                "decision": self.decision,
                "alternatives": [
                    {"category": name, "probability": share} for name, share in self.alternatives
                ],
            }
        )
        return {
            "id": self.id,
            "row": self.row,
            "title": self.title,
            **answered,
            "truth": self.truth,
            "modalities": self.shares.to_dict(),
            "text": [one.to_dict() for one in self.words],
            "image": [one.to_dict() for one in self.pictures],
            "metadata": [one.to_dict() for one in self.columns],
            "neighbours": [one.to_dict() for one in self.neighbours],
            "error": self.error,
        }


@dataclass(frozen=True)
class Explanation:
    """What `explain` found.

    Parameters
    ----------
    target, task
        The column that the model learned, and ``classify`` or ``regress``.
    recipe, fusion
        Of the model.
    against
        The class that answers are compared with; None for all others together.
    unit
        What evidence is measured in: log-odds, or the scale on which values were learned.
    products
        In the order asked for.
    seconds
        How long it took.
    """

    target: str
    task: str
    recipe: str
    fusion: str
    against: str | None
    unit: str
    products: tuple[ExplainedProduct, ...]
    seconds: float = field(compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle explain``."""
        return {
            "target": self.target,
            "task": self.task,
            "recipe": self.recipe,
            "fusion": self.fusion,
            "against": self.against,
            "unit": self.unit,
            "seconds": self.seconds,
            "products": [product.to_dict() for product in self.products],
        }

    def save(self, path: str | Path) -> None:
        """Write the explanation as JSON or as an HTML page, by the suffix, atomically.

        Raises
        ------
        AisleError
            If the suffix is another, or the file cannot be written.
        """

        def page() -> str:
            from aisle.insight.explaining.page import explanation_page

            return explanation_page(self)

        save_report(path, "an explanation", data=self.to_dict, page=page)


def explain(
    model: ProductModel,
    catalog: object,
    *,
    id: str | Sequence[str] | None = None,
    rows: Sequence[int] | None = None,
    against: str | None = None,
    train: object | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Say why products got their categories or values.

    Parameters
    ----------
    model
        A fitted classifier or regressor.
    catalog
        Where the products are, in any form that `Catalog.read` takes.
    id
        Identifiers of the products.
    rows
        Row numbers, instead of identifiers; all products where neither is given.
    against
        Compare the answer with this category instead of with all others together.
    train
        The catalogue that the model was trained on: shows the nearest training products, and
        compares linear heads' features with their means there.
    progress
        Called as work goes on.

    Raises
    ------
    CatalogError
        If there is no such product, or `train` lacks the target.
    AisleError
        If the model knows no category `against`.

    Examples
    --------
    >>> from aisle import Catalog, ProductClassifier
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(9) for c in ("mug", "lamp")]
    >>> model = ProductClassifier(settings=["folds=2"]).fit(Catalog.read(rows, target="kind"))
    >>> found = explain(model, [{"title": "a blue mug"}])
    >>> found.products[0].answer, found.products[0].words[0].strongest[0][0]
    ('mug', 'mug')
    """
    start = time.perf_counter()
    if id is not None and rows is not None:
        raise AisleError("products are named by id or by rows: give one of the two")
    opened = model.read(catalog)
    chosen = _chosen(opened, id, rows)
    rival = _rival(model, against)
    products = opened.take(chosen)
    training = _training(model, train, progress)
    features = model.plan_.transform(products)
    told = answers_by_subset(model, features)
    answers = model.predict(products).to_pylist()
    near: Sequence[tuple[Neighbour, ...]] = [()] * len(products)
    if training is not None:
        near = neighbours(model, training, products, features)
    work = _Work(model, products, features, told, training, rival)
    explained = []
    for number, row in enumerate(chosen):
        explained.append(work.product(number, row, answers[number], near[number]))
        progress("explaining", number + 1, len(chosen))
    return Explanation(
        target=str(model.schema_.target),
        task=model.task.value,
        recipe=model.recipe_.name,
        fusion=str(model.metrics_["fusion"]),
        against=against,
        unit=_UNITS[model.scale_] if isinstance(model, ProductRegressor) else "log-odds",
        products=tuple(explained),
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True, eq=False)
class _Work:
    """All that is known of the products to explain, before each is explained by itself."""

    model: ProductModel
    products: Catalog
    features: Mapping[str, Features]
    told: Mapping[Subset, Floats]
    training: TrainingRows | None
    rival: int | None
    lookouts: Lookouts = field(default_factory=Lookouts)

    def product(
        self, number: int, row: int, answer: Mapping[str, Any], near: tuple[Neighbour, ...]
    ) -> ExplainedProduct:
        """Explain one of the products, by its position."""
        at = np.array([number])
        features = {name: f.take(at) for name, f in self.features.items()}
        alone = {some: scores[number : number + 1] for some, scores in self.told.items()}
        question = self._question(answer)
        asked = self._asked(number, features, question)
        value = answer.get("value")
        product = self.products.take([number])
        return ExplainedProduct(
            id=str(answer["id"]),
            row=row,
            title=_title(product),
            answer=f"{value:,.6g}" if value is not None else str(answer["category"]),
            confidence=answer.get("confidence"),
            decision=answer.get("decision"),
            value=value,
            low=answer.get("low"),
            high=answer.get("high"),
            alternatives=tuple(
                (str(one["category"]), float(one["probability"]))
                for one in answer.get("alternatives", ())
            ),
            truth=_truth(product),
            shares=modality_shares(self.model, question, alone, features),
            words=_found(explain_words, asked, "text"),
            pictures=_found(partial(explain_picture, lookouts=self.lookouts), asked, "image"),
            columns=_found(explain_columns, asked, "metadata"),
            neighbours=near,
            error=answer.get("error"),
        )

    def _question(self, answer: Mapping[str, Any]) -> Question:
        if isinstance(self.model, ProductRegressor):
            return ValueQuestion(self.model.scale_)
        assert isinstance(self.model, ProductClassifier)
        code = self.model.classes_.index(str(answer["category"]))
        return ClassQuestion(code, None if self.rival == code else self.rival)

    def _asked(
        self, number: int, features: Mapping[str, Features], question: Question
    ) -> list[AskedExpert]:
        """Return the experts that have something to say of the product."""
        product = self.products.take([number])
        found = []
        for name, expert in self.model.plan_.experts.items():
            if name in JOINT or not expert.trained_ or len(expert.modalities) != 1:
                continue
            parts = list(expert.parts[expert.modalities[0]])
            if not expert.gather(features).present[0]:
                continue
            encoders = {part: self.model.plan_.encoders[part] for part in parts}
            found.append(
                AskedExpert(name, expert, encoders, product, features, question, self._means)
            )
        return found

    @cached_property
    def _means(self) -> Mapping[str, Floats]:
        return {} if self.training is None else self.training.means()


def _found(method: Any, asked: Sequence[AskedExpert], modality: str) -> tuple[Any, ...]:
    told = (method(one) for one in asked if one.modality == modality)
    return tuple(one for one in told if one is not None)


def _chosen(
    catalog: Catalog, id: str | Sequence[str] | None, rows: Sequence[int] | None
) -> list[int]:
    """Return the row numbers of the products that are asked about."""
    if rows is not None:
        for row in rows:
            if not 0 <= row < len(catalog):
                raise CatalogError(
                    f"there is no row {row}: the catalogue has rows 0 to {len(catalog) - 1}"
                )
        return [int(row) for row in rows]
    if id is None:
        return list(range(len(catalog)))
    found: list[int] = []
    known: dict[str, int] = {}
    for row, name in enumerate(catalog.ids):
        if name is not None:
            known.setdefault(name, row)
    for name in [id] if isinstance(id, str) else id:
        if name not in known:
            raise CatalogError(_unknown(catalog, name, list(known)))
        found.append(known[name])
    return found


def _unknown(catalog: Catalog, name: str, known: Sequence[str]) -> str:
    where = catalog.schema.id
    column = (
        f" in the column {where!r}" if where in catalog.table.column_names else " (row numbers)"
    )
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    near += [one for one in known if name in one and one not in near][: 3 - len(near)]
    hint = near or list(known[:3])
    words = "Near it are" if near else "There are, for example,"
    return (
        f"there is no product {name!r}{column} among {len(catalog):,} products. "
        f"{words} {', '.join(map(repr, hint))}"
    )


def _rival(model: ProductModel, against: str | None) -> int | None:
    if against is None:
        return None
    if not isinstance(model, ProductClassifier):
        raise AisleError("a value has no category to be compared with: leave against out")
    if against not in model.classes_:
        near = get_close_matches(against, model.classes_, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AisleError(
            f"the model knows no category {against!r}.{hint} It knows "
            f"{', '.join(model.classes_[:20])}{' ...' if len(model.classes_) > 20 else ''}"
        )
    return model.classes_.index(against)


def _training(model: ProductModel, train: object | None, progress: Progress) -> TrainingRows | None:
    if train is None:
        return None
    opened = model.read(train)
    if not opened.has_target.any():
        raise CatalogError(
            f"the training products have no value in {model.schema_.target!r}: give the catalogue "
            "that the model was trained on"
        )
    return TrainingRows.of(model, opened.take(np.flatnonzero(opened.has_target)), progress)


def _title(product: Catalog) -> str:
    texts = product.schema.names(Role.TEXT)
    return (product.strings(texts[0])[0] or "") if texts else ""


def _truth(product: Catalog) -> str | None:
    if product.schema.target is None or not product.has_target[0]:
        return None
    if product.task.value == "regress":
        return f"{float(product.values[0]):,.6g}"
    return str(product.labels[0])
