"""What an audit says: doubtful products, overlapping classes, conflicts among near-duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["wrong-label", "conflicting-duplicate", "ambiguous", "outlier", "unlikely-value"]

LABELS: tuple[Kind, ...] = ("wrong-label", "conflicting-duplicate", "ambiguous")
"""Kinds that doubt a label, and suggest another."""


@dataclass(frozen=True)
class Evidence:
    """What one expert says of a product, all as calibrated probabilities.

    Parameters
    ----------
    expert
        Its name, such as ``text``.
    given, suggested
        The probability of the label that the product has, and of the one suggested.
    answer
        The class that this expert finds most probable.
    """

    expert: str
    given: float
    suggested: float
    answer: str


@dataclass(frozen=True)
class Neighbour:
    """A product that is like the one in question; `similarity` is a cosine."""

    row: int
    id: str
    label: str
    title: str
    similarity: float


@dataclass(frozen=True)
class Finding:
    """A product whose label (or value) is in doubt.

    Parameters
    ----------
    id
        Its identifier.
    row
        Its row number in the catalogue, counted from 0.
    given
        The label that it has, or the value as text.
    suggested
        The label that it should have; None where none fits.
    score
        How much is to be doubted, from 0 to 1: for a label, the probability of the suggested class
        if it is one of the two. From 0.5 on the suggestion is the likelier one.
    kind
        ``wrong-label``; ``conflicting-duplicate`` (a near-duplicate has another label);
        ``ambiguous`` (both classes are likely); ``outlier`` (unlike all other products);
        ``unlikely-value``.
    confident
        Whether confident learning takes the label for wrong too.
    title
        The product's first text.
    evidence
        What each expert says.
    twins
        Row numbers of near-duplicates with another label.
    neighbours
        The products most like it, for the most suspicious products.
    """

    id: str
    row: int
    given: str
    suggested: str | None
    score: float
    kind: Kind
    confident: bool = False
    title: str = ""
    evidence: tuple[Evidence, ...] = ()
    twins: tuple[int, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{id, row, given, suggested, score, kind, ...}``."""
        return {
            "id": self.id,
            "row": self.row,
            "given": self.given,
            "suggested": self.suggested,
            "score": self.score,
            "kind": self.kind,
            "confident": self.confident,
            "title": self.title,
            "evidence": {
                one.expert: {
                    "given": one.given,
                    "suggested": one.suggested,
                    "answer": one.answer,
                }
                for one in self.evidence
            },
            "twins": list(self.twins),
            "neighbours": [
                {"row": n.row, "id": n.id, "label": n.label, "similarity": n.similarity}
                for n in self.neighbours
            ],
        }


@dataclass(frozen=True)
class Overlap:
    """Two classes that are mixed up.

    Parameters
    ----------
    first, second
        The classes, in alphabetical order.
    forth
        How many products labelled as the first seem to be of the second.
    back
        How many products labelled as the second seem to be of the first.
    of
        How many products carry either label.
    examples
        Row numbers of the most suspicious products of this pair.
    """

    first: str
    second: str
    forth: int
    back: int
    of: int
    examples: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many products lie on the wrong side, either way."""
        return self.forth + self.back

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{classes, rows, forth, back, of, examples}``."""
        return {
            "classes": [self.first, self.second],
            "rows": self.rows,
            "forth": self.forth,
            "back": self.back,
            "of": self.of,
            "examples": list(self.examples),
        }


@dataclass(frozen=True)
class Conflict:
    """Near-duplicates that do not agree on their label.

    Parameters
    ----------
    rows
        Row numbers.
    labels
        The label of each of them.
    """

    rows: tuple[int, ...]
    labels: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{rows, labels}``."""
        return {"rows": list(self.rows), "labels": list(self.labels)}
