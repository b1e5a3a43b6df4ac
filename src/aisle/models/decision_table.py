"""From a classifier's scores to the table that a shop acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog
from aisle.decisions import REVIEW, decide
from aisle.models.familiarity import Familiarity

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

LISTED = 5
"""How many alternatives are listed."""

NOTHING_KNOWN = "none of the columns that the model reads has a value: the answer is a guess"
UNFAMILIAR = (
    "training hardly met products that have only {}: the promised precision does not cover this one"
)

_ALTERNATIVES = pa.list_(pa.struct([("category", pa.string()), ("probability", pa.float64())]))


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
    """

    probabilities: Floats
    experts: Mapping[str, Floats]
    subsets: Mapping[str, Codes]
    modalities: Sequence[Sequence[str]]


def decision_table(
    products: Catalog,
    scored: ClassScores,
    *,
    classes: Sequence[str],
    threshold: float,
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
    threshold
        The confidence from which answers are accepted.
    familiarity
        Products whose pattern of filled columns it does not know are reviewed.
    """
    probabilities = scored.probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :LISTED]
    confidence = probabilities.max(axis=1) if len(probabilities) else np.empty(0)
    names = np.array([*classes, None], dtype=object)[:-1]
    blind = np.array([not row for row in scored.modalities], dtype=bool)
    strange, patterns = familiarity.unfamiliar(products)
    decisions = decide(confidence, threshold)
    decisions[blind | strange] = REVIEW
    errors = [
        NOTHING_KNOWN if nothing else UNFAMILIAR.format(pattern) if other else None
        for nothing, other, pattern in zip(blind, strange, patterns, strict=True)
    ]
    alternatives = [
        [
            {"category": names[code], "probability": float(probabilities[row, code])}
            for code in codes
        ]
        for row, codes in enumerate(order)
    ]
    return pa.table(
        {
            "id": pa.array(products.ids, pa.string()),
            "category": pa.array(names[order[:, 0]] if len(order) else [], pa.string()),
            "confidence": pa.array(confidence, pa.float64()),
            "decision": pa.array(decisions, pa.string()),
            "alternatives": pa.array(alternatives, _ALTERNATIVES),
            "modalities": pa.array(scored.modalities, pa.list_(pa.string())),
            "error": pa.array(errors, pa.string()),
        }
    )
