"""From a classifier's scores to the table that a shop acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog
from aisle.decisions import ACCEPT, REVIEW
from aisle.models.familiarity import Familiarity

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

LISTED = 5
"""How many alternatives are listed."""

NOTHING_KNOWN = "none of the columns that the model reads has a value: the answer is a guess"
UNFAMILIAR = (
    "training hardly met products that have only {}: the promised precision does not cover this one"
)

_COLUMNS = {
    "category": pa.string(),
    "confidence": pa.float64(),
    "decision": pa.string(),
    "alternatives": pa.list_(pa.struct([("category", pa.string()), ("probability", pa.float64())])),
    "modalities": pa.list_(pa.string()),
    "error": pa.string(),
}


@dataclass(frozen=True, eq=False)
class ClassScores:
    """What a classifier and each of its experts say of some products.

    Parameters
    ----------
    probabilities
        The model's, float64 (rows, classes).
    experts
        Each expert's own, by name.
    subsets
        The class chosen with only some modalities present, int64 (rows,), by their names joined
        with ``+``.
    modalities
        Which were present, by row.
    sets
        The experts that had something to say, joined with ``+``, by row.
    errors
        What could not be read, by row number.
    """

    probabilities: Floats
    experts: Mapping[str, Floats]
    subsets: Mapping[str, Codes]
    modalities: Sequence[Sequence[str]]
    sets: Sequence[str]
    errors: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Judged:
    """Which answers are accepted, bool (rows,), and by row what was amiss (None: nothing)."""

    accepted: npt.NDArray[np.bool_]
    remarks: Sequence[str | None]


def judged(
    products: Catalog,
    scored: ClassScores,
    thresholds: Mapping[str, float],
    familiarity: Familiarity,
) -> Judged:
    """Decide about every product; parameters as in `decision_table`."""
    confidence = scored.probabilities.max(axis=1) if len(scored.sets) else np.empty(0)
    # Nothing is accepted on the word of experts that training could not judge together.
    needed = np.array([thresholds.get(name, np.inf) for name in scored.sets], dtype=np.float64)
    blind = np.array([not row for row in scored.modalities], dtype=bool)
    unjudged = np.array([name not in thresholds for name in scored.sets], dtype=bool) & ~blind
    strange, patterns = familiarity.unfamiliar(products)
    accepted = (confidence >= needed) & ~blind & ~strange
    remarks: list[str | None] = [None] * len(scored.sets)
    for row in np.flatnonzero(blind | unjudged | strange).tolist():
        remarks[row] = (
            NOTHING_KNOWN
            if blind[row]
            else UNFAMILIAR.format(patterns[row] if strange[row] else scored.sets[row])
        )
    for row, error in scored.errors.items():
        remark = remarks[row]
        remarks[row] = error if remark is None else f"{error}; {remark}"
    return Judged(accepted, remarks)


def decision_table(
    products: Catalog,
    scored: ClassScores,
    *,
    classes: Sequence[str],
    thresholds: Mapping[str, float],
    familiarity: Familiarity,
) -> pa.Table:
    """Return a row a product: category, confidence, decision, alternatives, and what was amiss.

    Parameters
    ----------
    products
        The products, in the order of the scores.
    scored
        What the model says of them.
    classes
        The categories in the order of the probabilities.
    thresholds
        The confidence from which answers are accepted, by the set of experts that speak.
    familiarity
        Products whose pattern of filled texts it does not know are reviewed.
    """
    columns = decision_columns(
        products, scored, classes=classes, thresholds=thresholds, familiarity=familiarity
    )
    ids = pa.array(products.ids, pa.string())
    told = {name: pa.array(columns[name], kind) for name, kind in _COLUMNS.items()}
    return pa.table({"id": ids, **told})


def decision_columns(
    products: Catalog,
    scored: ClassScores,
    *,
    classes: Sequence[str],
    thresholds: Mapping[str, float],
    familiarity: Familiarity,
) -> dict[str, Sequence[Any]]:
    """Return the columns of `decision_table` but the ids, by name; parameters as there."""
    if not len(products):
        return {name: [] for name in _COLUMNS}
    probabilities = scored.probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :LISTED]
    best = np.take_along_axis(probabilities, order, axis=1).tolist()
    listed = [[classes[code] for code in codes] for codes in order.tolist()]
    found = judged(products, scored, thresholds, familiarity)
    return {
        "category": [names[0] for names in listed],
        "confidence": [row[0] for row in best],
        "decision": [ACCEPT if sure else REVIEW for sure in found.accepted.tolist()],
        "alternatives": [
            [{"category": name, "probability": sure} for name, sure in zip(*row, strict=True)]
            for row in zip(listed, best, strict=True)
        ],
        "modalities": scored.modalities,
        "error": found.remarks,
    }
