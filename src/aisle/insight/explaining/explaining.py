"""Why a product got its category, or its value."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.encoders import Features
from aisle.errors import AisleError, CatalogError
from aisle.fusion import JOINT
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.choosing import chosen_rows, rival_class
from aisle.insight.explaining.findings import Neighbour
from aisle.insight.explaining.metadata import explain_columns
from aisle.insight.explaining.modalities import answers_by_subset, modality_shares
from aisle.insight.explaining.neighbours import TrainingRows, neighbours
from aisle.insight.explaining.pictures import Lookouts, explain_picture
from aisle.insight.explaining.question import ClassQuestion, Floats, Question, ValueQuestion
from aisle.insight.explaining.results import ExplainedProduct, Explanation
from aisle.insight.explaining.shapley import Subset
from aisle.insight.explaining.words import explain_words
from aisle.models import ProductClassifier, ProductModel, ProductRegressor
from aisle.progress import Progress, silent

_UNITS = {"linear": "value", "log": "log(value)", "log1p": "log(1 + value)"}


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
    chosen = chosen_rows(opened, id, rows)
    rival = rival_class(model, against)
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
