"""Columns and digits that a fitted plan can do without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.encoders import Features
from aisle.encoders.text.lexical import BagOfWordsEncoder, TfidfEncoder
from aisle.heads.linear import LogisticHead, SvmHead
from aisle.models.plan import Plan

Floats = npt.NDArray[np.float64]
Counting = TfidfEncoder | BagOfWordsEncoder

FEWEST = 64
"""Columns that an encoder keeps at the least."""

_LARGEST_HALF = float(np.finfo(np.float16).max)


def prunable(plan: Plan) -> dict[str, Counting]:
    """Return the encoders with a vocabulary that only linear heads read, by name."""
    found: dict[str, Counting] = {}
    for name, encoder in plan.encoders.items():
        readers = [expert for expert in plan.experts.values() if name in _names(expert)]
        linear = all(isinstance(expert.head, LogisticHead | SvmHead) for expert in readers)
        if isinstance(encoder, Counting) and readers and linear:
            found[name] = encoder
    return found


def vocabulary_size(plan: Plan) -> int:
    """Return how many columns of a fitted plan may be pruned."""
    return sum(len(encoder.vocabulary_) for encoder in prunable(plan).values())


def shrink(plan: Plan, features: Mapping[str, Features], columns: int) -> bool:
    """Keep the most useful columns of a fitted plan's vocabularies, in place.

    A column's use is its largest coefficient against the mean of all classes, times the root of
    its mean square: what it moves a score by in a usual product. The heads have to be fitted anew.
    Source: magnitude pruning, Han et al., Learning both weights and connections, 2015.

    Parameters
    ----------
    plan
        Fitted.
    features
        Of the training rows, by encoder.
    columns
        How many to keep, over all vocabularies.

    Returns
    -------
    bool
        Whether any column went.
    """
    encoders = prunable(plan)
    uses = {name: _uses(plan, name, features) for name in encoders}
    total = sum(len(use) for use in uses.values())
    if total <= columns:
        return False
    everything = np.concatenate(list(uses.values()))
    least = np.partition(everything, total - columns)[total - columns] if columns else np.inf
    for name, encoder in encoders.items():
        use = uses[name]
        kept = np.flatnonzero(use >= least)
        if len(kept) < FEWEST:
            kept = np.sort(np.argsort(-use, kind="stable")[:FEWEST])
        encoder.vocabulary_ = [encoder.vocabulary_[column] for column in kept.tolist()]
        encoder.rarity_ = encoder.rarity_[kept]
    return True


def _uses(plan: Plan, name: str, features: Mapping[str, Features]) -> Floats:
    """Return the use of each column of an encoder, float64 (columns,), over all experts."""
    matrix = features[name].matrix
    squares = np.asarray(matrix.multiply(matrix).mean(axis=0), dtype=np.float64).ravel()
    total = np.zeros(len(squares))
    for expert in plan.experts.values():
        if name in _names(expert) and expert.trained_:
            weights = _rows_of(expert, name, features)
            apart = np.abs(weights - weights.mean(axis=1, keepdims=True)).max(axis=1)
            total += apart / max(float(apart.max(initial=0)), 1e-12)
    return np.asarray(total * np.sqrt(squares))


def _rows_of(expert: Any, name: str, features: Mapping[str, Features]) -> Floats:
    """Return the coefficients of an encoder's columns, float64 (columns, classes)."""
    names = _names(expert)
    start = sum(features[other].dimension for other in names[: names.index(name)])
    stop = start + features[name].dimension
    return np.asarray(expert.head.weights_[start:stop], dtype=np.float64)


def _names(expert: Any) -> list[str]:
    """List the encoders of an expert, in the order of its columns."""
    return [name for names in expert.parts.values() for name in names]


def halve(plan: Plan) -> int:
    """Keep the coefficients of linear heads in half precision, in place.

    A bundle holds such arrays as they are, and products with them are computed in float32, so that
    the file gets smaller and answers change in the fourth digit.

    Returns
    -------
    int
        How many heads were changed; one with a coefficient that is too large stays as it is.
    """
    changed = 0
    for expert in plan.experts.values():
        head = expert.head
        if not isinstance(head, LogisticHead | SvmHead) or not expert.trained_:
            continue
        if float(np.abs(head.weights_).max(initial=0)) < _LARGEST_HALF:
            head.weights_ = head.weights_.astype(np.float16)
            changed += 1
    return changed
