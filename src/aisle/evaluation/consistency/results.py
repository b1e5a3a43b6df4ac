"""What became of answers when products were edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EditOutcome:
    """What one harmless edit does to the answers.

    Parameters
    ----------
    edit, words, modality
        Its name, what it does in words, and what it touches: ``text`` or ``image``.
    rows
        The products that it changes; all else is measured on these.
    same, interval
        The share whose category stays, and its 95 % Wilson interval.
    accuracy_before, accuracy
        Without and with the edit.
    coverage_before, coverage
        The share accepted.
    accepted_precision_before, accepted_precision
        How right the accepted ones are; None where none is.
    decisions_changed
        The share whose decision becomes the other one.
    broken, mended
        Right answers that became wrong, and wrong ones that became right.
    """

    edit: str
    words: str
    modality: str
    rows: int
    same: float
    interval: tuple[float, float]
    accuracy_before: float
    accuracy: float
    coverage_before: float
    coverage: float
    accepted_precision_before: float | None
    accepted_precision: float | None
    decisions_changed: float
    broken: int
    mended: int


@dataclass(frozen=True)
class Flip:
    """One product whose category did not survive an edit.

    Parameters
    ----------
    edit
        The name of the edit.
    row, id
        Which product it is, by its place among the evaluated ones and by its identifier.
    truth, before, after
        Its given category, and those predicted without and with the edit.
    confidence_before, confidence
        How sure the model was.
    texts
        An edited text before and after; None for photographs.
    """

    edit: str
    row: int
    id: str
    truth: str
    before: str
    after: str
    confidence_before: float
    confidence: float
    texts: tuple[str, str] | None = None


@dataclass(frozen=True)
class Consistency:
    """How steady a model's answers are.

    Parameters
    ----------
    rows, of
        The products that were edited, evenly spread over those evaluated.
    seed
        Of the edits.
    edits
        What each edit does, the least harmless first; edits that change no product are left out.
    worst
        The surest answers that changed, right ones first.
    """

    rows: int
    of: int
    seed: int
    edits: tuple[EditOutcome, ...]
    worst: tuple[Flip, ...]

    @property
    def same(self) -> float | None:
        """The share of categories that stay, over all edits and the products that they change."""
        rows = sum(edit.rows for edit in self.edits)
        return sum(edit.same * edit.rows for edit in self.edits) / rows if rows else None

    def to_dict(self) -> Mapping[str, Any]:
        """Return the JSON shape."""
        return {
            "rows": self.rows,
            "of": self.of,
            "seed": self.seed,
            "same": self.same,
            "edits": [asdict(edit) for edit in self.edits],
            "worst": [asdict(flip) for flip in self.worst],
        }
