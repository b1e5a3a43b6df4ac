"""What an explanation found, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aisle.insight.explaining.findings import Columns, Neighbour, Picture, Shares, Words
from aisle.reports import save_report


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
