"""The training products that an expert would find most alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from aisle.catalog import Catalog, Task
from aisle.encoders import Features, concatenate
from aisle.evaluation.report.pictures import looks
from aisle.fusion import JOINT
from aisle.insight.explaining.findings import Neighbour
from aisle.insight.explaining.question import Floats
from aisle.models import ProductModel
from aisle.progress import Progress, silent

SHOWN = 5
"""How many neighbours each product gets."""

_AT_ONCE = 2_048


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """What the training products look like to a model.

    Parameters
    ----------
    catalog
        The products.
    features
        By encoder.
    """

    catalog: Catalog
    features: Mapping[str, Features]

    @classmethod
    def of(cls, model: ProductModel, catalog: Catalog, progress: Progress = silent) -> TrainingRows:
        """Read the features of training products, some at a time."""
        parts: list[dict[str, Features]] = []
        for start in range(0, max(len(catalog), 1), _AT_ONCE):
            stop = min(start + _AT_ONCE, len(catalog))
            parts.append(model.plan_.transform(catalog.slice(start, stop)))
            progress("reading the training products", stop, len(catalog))
        return cls(catalog, {name: _below([part[name] for part in parts]) for name in parts[0]})

    def means(self) -> dict[str, Floats]:
        """Return the mean features of the products that are present, by encoder."""
        found = {}
        for name, features in self.features.items():
            rows = features.matrix[features.present]
            mean = rows.mean(axis=0) if rows.shape[0] else np.zeros(features.dimension)
            found[name] = np.nan_to_num(np.asarray(mean, dtype=np.float64).ravel())
        return found


def neighbours(
    model: ProductModel,
    training: TrainingRows,
    products: Catalog,
    features: Mapping[str, Features],
    count: int = SHOWN,
) -> list[tuple[Neighbour, ...]]:
    """Find the training products nearest to each product, by the cosine of experts' features.

    Parameters
    ----------
    model
        Whose experts say what is alike.
    training
        Its training products.
    products
        Those that are explained; one that is among the training products is no neighbour of itself.
    features
        Of the products, by encoder.
    count
        How many.
    """
    experts = {n: e for n, e in model.plan_.experts.items() if n not in JOINT and e.trained_}
    cosines, both = {}, {}
    for name, expert in experts.items():
        parts = [part for names in expert.parts.values() for part in names]
        mine = concatenate([features[part] for part in parts])
        theirs = concatenate([training.features[part] for part in parts])
        cosines[name] = _cosines(mine.matrix, theirs.matrix)
        both[name] = mine.present[:, None] & theirs.present[None, :]
    total = sum((np.where(both[n], cosines[n], 0.0) for n in experts), start=np.zeros(1))
    # What is missing on one side is no likeness: the mean is over what the product itself has.
    own = sum((both[n].any(axis=1).astype(float) for n in experts), start=np.zeros(1))
    mean = np.asarray(total / np.maximum(own, 1)[:, None])
    same = _same(products, training.catalog)
    mean[same] = -np.inf
    order = np.argsort(-mean, axis=1, kind="stable")[:, :count]
    shown = looks(training.catalog, np.unique(order).tolist())
    labels = _labels(training.catalog)
    return [
        tuple(
            Neighbour(
                id=str(training.catalog.ids[near]),
                row=near,
                label=labels[near],
                title=shown[near].title,
                photograph=shown[near].photograph,
                similarity=float(mean[row, near]),
                by_expert={
                    name: float(cosines[name][row, near])
                    for name in experts
                    if both[name][row, near]
                },
            )
            for near in order[row].tolist()
            if np.isfinite(mean[row, near])
        )
        for row in range(len(products))
    ]


def _below(parts: list[Features]) -> Features:
    if len(parts) == 1:
        return parts[0]
    thin = sparse.issparse(parts[0].matrix)
    matrices = [part.matrix for part in parts]
    matrix = sparse.vstack(matrices, format="csr") if thin else np.concatenate(matrices)
    present = np.concatenate([part.present for part in parts])
    return Features(matrix, present, parts[0].categorical)


def _cosines(mine: Any, theirs: Any) -> Floats:
    """Return the cosine of every pair of rows, float64 (mine, theirs)."""
    products = _unit(mine) @ _unit(theirs).T
    dense = products.toarray() if sparse.issparse(products) else products
    return np.asarray(dense, dtype=np.float64)


def _unit(matrix: Any) -> Any:
    """Bring rows to length 1; what is missing counts as 0."""
    if sparse.issparse(matrix):
        filled = matrix.copy()
        filled.data = np.nan_to_num(filled.data)
        lengths = np.sqrt(np.asarray(filled.multiply(filled).sum(axis=1)).ravel())
        return sparse.diags(1 / np.maximum(lengths, 1e-12)) @ filled
    filled = np.nan_to_num(np.asarray(matrix, dtype=np.float64))
    return filled / np.maximum(np.linalg.norm(filled, axis=1, keepdims=True), 1e-12)


def _same(products: Catalog, training: Catalog) -> Any:
    """Say which training product is the very product that is explained, bool (products, rows)."""
    if products.schema.id not in products.table.column_names:
        return np.zeros((len(products), len(training)), dtype=bool)
    mine, theirs = np.array(products.ids, object), np.array(training.ids, object)
    named = np.array([name is not None for name in products.ids], dtype=bool)
    return np.asarray(mine[:, None] == theirs[None, :], dtype=bool) & named[:, None]


def _labels(training: Catalog) -> list[str]:
    if training.task is Task.REGRESS:
        return ["" if not np.isfinite(v) else f"{v:,.6g}" for v in training.values.tolist()]
    return ["" if label is None else str(label) for label in training.labels]
