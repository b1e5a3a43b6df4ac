"""What fusions of class probabilities learn from: out-of-fold answers, laid out and disturbed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.fusion.answer import Answer, Floats

Codes = npt.NDArray[np.int64]

CANDIDATES = 24
"""Weights are learned on each row's most probable classes alone, so that 500 classes cost as 24."""

LARGEST = 20_000
"""Rows to learn a handful of weights from; more would not change them."""

SWAPPED = 0.005
"""The share of products for each expert whose answer is another product's, in learning: a wrong
photograph, or a title that was pasted from elsewhere. It keeps an expert from being trusted
blindly because all training products happen to be clean. A larger share gives weak experts a say
that costs accuracy on clean products: out of fold on Flipkart, 0.02 costs half a point."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Out-of-fold answers of all experts for products that have everything.

    Parameters
    ----------
    probabilities
        float64 (experts, rows, candidates).
    classes
        The class of each candidate, int64 (rows, candidates).
    truth
        Which candidate is right, int64 (rows,).
    weight
        float64 (rows,), 1 in sum.
    found
        Whether some expert finds the right class probable enough, bool (rows,). Where not, it was
        put among the candidates all the same: no lesson about single classes may be drawn from
        such rows, since a rare class would be met only where it is right.
    total
        How many classes there are.
    """

    probabilities: Floats
    classes: Codes
    truth: Codes
    weight: Floats
    found: npt.NDArray[np.bool_]
    total: int

    @property
    def rows(self) -> int:
        """How many products, disturbed copies included."""
        return len(self.truth)


def gather_evidence(
    answers: Mapping[str, Answer], names: Sequence[str], codes: Codes, rows: Codes
) -> Evidence:
    """Lay out the answers for `rows`, and copies in which one expert speaks of another product.

    Parameters
    ----------
    answers
        Out-of-fold answers.
    names
        The experts to lay out.
    codes
        True classes, int64 (all rows,).
    rows
        The rows for which every one of the experts is present; at least two.
    """
    if len(rows) > LARGEST:
        rows = rows[np.linspace(0, len(rows) - 1, LARGEST).round().astype(np.int64)]
    dice = np.random.default_rng(0)
    clean = np.stack([answers[name].scores[rows] for name in names])
    shares = [np.full(len(rows), (1 - SWAPPED * len(names)) / len(rows))]
    blocks, truth = [clean], [codes[rows]]
    copies = max(1, len(rows) // 4)
    for expert in range(len(names)):
        some = dice.choice(len(rows), copies, replace=False)
        others = (some + dice.integers(1, len(rows), copies)) % len(rows)
        disturbed = clean[:, some].copy()
        disturbed[expert] = clean[expert, others]
        blocks.append(disturbed)
        truth.append(codes[rows][some])
        shares.append(np.full(copies, SWAPPED / copies))
    return _with_candidates(
        np.concatenate(blocks, axis=1), np.concatenate(truth), np.concatenate(shares)
    )


def _with_candidates(probabilities: Floats, truth: Codes, weight: Floats) -> Evidence:
    """Keep the classes that some expert finds probable, and the right one."""
    total = probabilities.shape[2]
    rows = np.arange(len(truth))
    if total <= CANDIDATES:
        classes = np.tile(np.arange(total), (len(truth), 1))
        return Evidence(probabilities, classes, truth, weight, np.ones(len(truth), bool), total)
    most = probabilities.max(axis=0)
    found = probable(most)[rows, truth]
    most[rows, truth] = np.inf
    classes = np.argpartition(-most, CANDIDATES - 1, axis=1)[:, :CANDIDATES]
    chosen = np.take_along_axis(probabilities, classes[None], axis=2)
    where = (classes == truth[:, None]).argmax(axis=1)
    return Evidence(chosen, classes, where, weight, found, total)


def probable(probabilities: Floats) -> npt.NDArray[np.bool_]:
    """Say which classes are among each row's `CANDIDATES` most probable, bool (rows, classes)."""
    total = probabilities.shape[1]
    if total <= CANDIDATES:
        return np.ones(probabilities.shape, dtype=bool)
    least = np.partition(probabilities, total - CANDIDATES, axis=1)[:, total - CANDIDATES]
    return np.asarray(probabilities >= least[:, None])
