"""What the page says of the model, found once for each model in service."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from aisle import pages
from aisle.catalog import Column, Role
from aisle.decisions import Threshold
from aisle.models import ProductClassifier
from aisle.serving.answers import Answer
from aisle.serving.calls import Answered
from aisle.serving.page.fields import Field, Model, fields_of
from aisle.serving.page.telling import Told, told_category, told_value

_ROLES = {
    Role.ID: "identifier",
    Role.TEXT: "text",
    Role.IMAGE: "photograph",
    Role.NUMBER: "number",
    Role.CATEGORY: "category",
    Role.VECTOR: "embedding",
    Role.TARGET: "what is answered",
}


@dataclass(frozen=True)
class Card:
    """One figure of the model card: its name, the figure, and what it means."""

    label: str
    figure: str
    words: str


class Facts:
    """A model as the page shows it.

    Parameters
    ----------
    model
        In service.
    name
        What it is called in addresses.
    """

    def __init__(self, model: Model, name: str) -> None:
        self.model = model
        self.name = name

    @property
    def classifies(self) -> bool:
        """Whether it answers with categories."""
        return isinstance(self.model, ProductClassifier)

    @property
    def target(self) -> str:
        """What it answers."""
        return str(self.model.schema_.target)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The form's fields."""
        return fields_of(self.model)

    @property
    def photographs(self) -> bool:
        """Whether it looks at photographs."""
        return any(field.kind == "photograph" for field in self.fields)

    @property
    def asks_for(self) -> str:
        """What to give, in words."""
        text = any(field.kind in ("text", "long") for field in self.fields)
        parts = ["a photograph"] * self.photographs + ["some words"] * text
        return " or ".join(parts) or "some values"

    @property
    def columns(self) -> tuple[tuple[Column, str], ...]:
        """The columns that it reads or answers, each with its role in words."""
        return tuple((c, _ROLES[c.role]) for c in self.model.schema_ if c.role in _ROLES)

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories that it knows; none for a regressor."""
        model = self.model
        return tuple(map(str, model.classes_)) if isinstance(model, ProductClassifier) else ()

    @property
    def experts(self) -> tuple[pages.Bar, ...]:
        """What each expert alone reached on products that it had not seen."""
        found = self.model.metrics_.get("experts", {})
        if not self.classifies:
            return ()
        shown = [pages.Bar(n, v, pages.share(v), tone="muted") for n, v in found.items()]
        whole = self.model.metrics_.get("out_of_fold_accuracy")
        fused = [] if whole is None else [pages.Bar("together", whole, pages.share(whole))]
        return (*shown, *fused)

    @cached_property
    def thresholds(self) -> Mapping[str, Threshold]:
        """From which confidence on answers are accepted, by the experts that are present."""
        model = self.model
        return model.thresholds() if isinstance(model, ProductClassifier) else {}

    @property
    def promise(self) -> str:
        """What is promised of accepted answers; empty for a regressor."""
        model = self.model
        if not isinstance(model, ProductClassifier):
            return ""
        found = self.thresholds[model.confidence_.usual_]
        promised = pages.share(found.precision, 0)
        if found.accepted_precision is None:
            return (
                f"A precision of {promised} was asked for, and none can be promised yet: every "
                "answer goes to a person. More labelled products would help."
            )
        return (
            f"Of what it accepts, at least {promised} is promised to be right. On training "
            f"products that it had not seen it accepted {pages.share(found.coverage)} and "
            f"{pages.share(found.accepted_precision)} of these were right."
        )

    @property
    def cards(self) -> tuple[Card, ...]:
        """The figures of the model card."""
        metrics = self.model.metrics_
        found = [Card("Trained on", pages.count(self.model.rows_), "products")]
        if self.classifies:
            found.append(Card("Knows", pages.count(len(self.classes)), "categories"))
        accuracy = metrics.get("out_of_fold_accuracy")
        if accuracy is not None:
            found.append(Card("Right", pages.share(accuracy), "of products that it had not seen"))
        if "out_of_fold_mae" in metrics:
            found.append(_deviation(metrics["out_of_fold_mae"], str(metrics["scale"])))
        found.append(Card("Recipe", self.model.recipe_.name, f"fusion {metrics.get('fusion')}"))
        return tuple(found)

    def told(self, answered: Answered) -> Told:
        """Return the answer for the first product as the page shows it."""
        answer: Answer = answered.answers[0]
        ignored = [name for name in answered.read.ignored if not name.startswith("page.")]
        model = self.model
        if isinstance(model, ProductClassifier):
            precision = model.recipe_.decisions.precision
            return told_category(answer, self.thresholds, precision, ignored)
        return told_value(answer, self.target, ignored)


def _deviation(error: float, scale: str) -> Card:
    """Return the mean deviation: a factor where values were learned by their logarithm."""
    words = "on average, for products that it had not seen"
    if scale == "linear":
        return Card("Off by", pages.number(error), words)
    return Card("Off by a factor of", pages.number(math.exp(error)), words)
