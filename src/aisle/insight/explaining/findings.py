"""What an explanation says, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.insight.explaining.deletion import Deletion

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ModalityShare:
    """What one modality contributed.

    Parameters
    ----------
    modality
        Its name.
    present
        Whether the product has it.
    evidence
        Its Shapley value in log-odds, or on the scale of learning.
    points
        Its Shapley value in the probability, or in the value's own unit.
    alone, without
        The answer with this modality only, and with all others only: a probability or a value.
    attention
        How much a network that fuses looked at it, from 0 to 1; None for other fusions.
    """

    modality: str
    present: bool
    evidence: float
    points: float
    alone: float
    without: float
    attention: float | None = None


@dataclass(frozen=True)
class Shares:
    """What the modalities contributed, exactly.

    Parameters
    ----------
    prior, answer
        The evidence before anything is known of the product, and with all of it.
    prior_shown, answer_shown
        The same as probabilities or values.
    modalities
        In the order of the recipe; in sum they are the answer less the prior, on either scale.
    """

    prior: float
    answer: float
    prior_shown: float
    answer_shown: float
    modalities: tuple[ModalityShare, ...]

    @property
    def deviation(self) -> float:
        """How far the sums are from the differences that they explain, the larger of the two."""
        evidence = sum(share.evidence for share in self.modalities)
        points = sum(share.points for share in self.modalities)
        # Values in a unit of their own may be large: their deviation is a share of them.
        size = max(1.0, abs(self.answer_shown), abs(self.prior_shown))
        return max(
            abs(evidence - (self.answer - self.prior)),
            abs(points - (self.answer_shown - self.prior_shown)) / size,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{prior, answer, deviation, modalities: {name: ...}}``."""
        return {
            "prior": {"evidence": self.prior, "shown": self.prior_shown},
            "answer": {"evidence": self.answer, "shown": self.answer_shown},
            "deviation": self.deviation,
            "modalities": {
                share.modality: {
                    "present": share.present,
                    "evidence": share.evidence,
                    "points": share.points,
                    "alone": share.alone,
                    "without": share.without,
                    "attention": share.attention,
                }
                for share in self.modalities
            },
        }


@dataclass(frozen=True)
class Piece:
    """A word of a text as it stands there, what follows it up to the next, and its evidence."""

    text: str
    after: str
    evidence: float


@dataclass(frozen=True)
class Passage:
    """The text of one column.

    Parameters
    ----------
    column
        Its name.
    before
        What stands before the first word.
    pieces
        The words in order.
    """

    column: str
    before: str
    pieces: tuple[Piece, ...]

    @property
    def evidence(self) -> float:
        """What the whole text adds."""
        return sum(piece.evidence for piece in self.pieces)


@dataclass(frozen=True)
class Words:
    """What each word added to the answer of an expert of texts.

    Parameters
    ----------
    expert
        Its name.
    answer
        What it says alone: a probability or a value.
    methods
        How each of its encoders was explained.
    passages
        Its texts.
    rest
        What no word of the text explains: words that are missing, and the expert's bias.
    strongest
        Words as they would be listed, each once however often it stands there, with their evidence;
        those that speak loudest, for or against, first.
    deletion
        How far to trust it.
    """

    expert: str
    answer: float
    methods: tuple[tuple[str, str], ...]
    passages: tuple[Passage, ...]
    rest: float
    strongest: tuple[tuple[str, float], ...]
    deletion: Deletion | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{expert, answer, methods, columns, words, rest, deletion}``."""
        return {
            "expert": self.expert,
            "answer": self.answer,
            "methods": dict(self.methods),
            "columns": {p.column: p.evidence for p in self.passages},
            "rest": self.rest,
            "strongest": [{"word": word, "evidence": value} for word, value in self.strongest],
            "words": {
                p.column: [{"word": piece.text, "evidence": piece.evidence} for piece in p.pieces]
                for p in self.passages
            },
            "deletion": None if self.deletion is None else self.deletion.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class ImageMap:
    """Where in a photograph an expert found what it says.

    Parameters
    ----------
    method
        ``cam``, ``grad-cam``, ``roll-out`` or ``occlusion``.
    layer
        The tensor of the network, empty for methods without one.
    grid
        Evidence by place, float64 (rows, columns), over the whole picture.
    signed
        Whether values below 0 speak against the answer; else the map says where was looked.
    told
        What the method does, for people.
    deletion
        How far to trust it.
    """

    method: str
    layer: str
    grid: Grid
    signed: bool
    told: str
    deletion: Deletion

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{method, layer, grid, signed, deletion}``."""
        return {
            "method": self.method,
            "layer": self.layer,
            "grid": [[round(float(value), 6) for value in line] for line in self.grid],
            "signed": self.signed,
            "deletion": self.deletion.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Picture:
    """What an expert of photographs looked at.

    Parameters
    ----------
    expert
        Its name.
    answer
        What it says alone: a probability or a value.
    pixels
        The photograph as the expert sees it, uint8 (height, width, 3).
    maps
        The first one is that which the deletion curve trusts most.
    notes
        Why methods are missing.
    """

    expert: str
    answer: float
    pixels: npt.NDArray[np.uint8]
    maps: tuple[ImageMap, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{expert, answer, maps, notes}``."""
        return {
            "expert": self.expert,
            "answer": self.answer,
            "maps": [one.to_dict() for one in self.maps],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class ColumnShare:
    """What a column of metadata says: its value as text (None where missing), and its evidence."""

    column: str
    value: str | None
    evidence: float


@dataclass(frozen=True)
class Columns:
    """What each column added to the answer of an expert of metadata.

    Parameters
    ----------
    expert
        Its name.
    answer
        What it says alone: a probability or a value.
    method
        How the columns were explained.
    columns
        The loudest first.
    rest
        The evidence of a product of which nothing is known, or of a mean product.
    """

    expert: str
    answer: float
    method: str
    columns: tuple[ColumnShare, ...]
    rest: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{expert, answer, method, columns, rest}``."""
        return {
            "expert": self.expert,
            "answer": self.answer,
            "method": self.method,
            "columns": {
                one.column: {"value": one.value, "evidence": one.evidence} for one in self.columns
            },
            "rest": self.rest,
        }


@dataclass(frozen=True)
class Neighbour:
    """A training product like the one explained.

    Parameters
    ----------
    id, row
        Its identifier and its row number among the training products.
    label
        Its class or value.
    title
        Its first text.
    photograph
        A data URI; None where there is none.
    similarity
        The mean cosine of the experts' features.
    by_expert
        The cosine of each expert's features.
    """

    id: str
    row: int
    label: str
    title: str
    photograph: str | None
    similarity: float
    by_expert: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{id, row, label, title, similarity, by_expert}``."""
        return {
            "id": self.id,
            "row": self.row,
            "label": self.label,
            "title": self.title,
            "similarity": self.similarity,
            "by_expert": dict(self.by_expert),
        }
