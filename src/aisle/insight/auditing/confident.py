"""Which classes overlap: the joint of given and true labels, by confident learning.

A product counts for a pair of classes where the other class is at least as probable as it is on
average for the products that carry it (Northcutt, Jiang & Chuang, Confident learning: estimating
uncertainty in dataset labels, 2021), as cleanlab counts it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from aisle.errors import AisleError
from aisle.insight.auditing.suspicion import Bools, Codes, Floats

Counts = Codes


def check_cleanlab() -> None:
    """Refuse to audit where cleanlab is not installed; raises AisleError."""
    try:
        import cleanlab  # noqa: F401
    except ImportError as error:
        raise AisleError('auditing labels needs cleanlab: pip install "aisle[audit]"') from error


@dataclass(frozen=True, eq=False)
class Joint:
    """How many products of each given class seem to be of each class in truth.

    Parameters
    ----------
    counts
        Calibrated to the number of products, int64 (classes, classes): a row a given class.
    wrong
        bool (rows,): the label is among those that confident learning takes for wrong.
    """

    counts: Counts
    wrong: Bools


def confident_joint(probabilities: Floats, codes: Codes, known: Bools) -> Joint:
    """Estimate the joint of given and true classes from out-of-fold probabilities.

    Parameters
    ----------
    probabilities
        float64 (rows, classes).
    codes
        Given classes, int64 (rows,).
    known
        bool (rows,): whose class could be learned from others; the rest count as right.

    Returns
    -------
    Joint
        Over all classes and rows.
    """
    classes = probabilities.shape[1]
    counts = np.zeros((classes, classes), dtype=np.int64)
    wrong = np.zeros(len(codes), dtype=bool)
    rows = np.flatnonzero(known)
    met, inner = np.unique(codes[rows], return_inverse=True)
    if len(met) > 1:
        found, marked = _by_cleanlab(probabilities[np.ix_(rows, met)], inner)
        counts[np.ix_(met, met)] = found
        wrong[rows] = marked
    np.add.at(counts, (codes[~known], codes[~known]), 1)
    return Joint(counts, wrong)


def _by_cleanlab(probabilities: Floats, codes: Codes) -> tuple[Counts, Bools]:
    from cleanlab.count import (
        calibrate_confident_joint,
        compute_confident_joint,
    )
    from cleanlab.filter import find_label_issues

    within = probabilities / np.clip(probabilities.sum(axis=1, keepdims=True), 1e-12, None)
    joint = compute_confident_joint(codes, within, calibrate=False)
    counted = calibrate_confident_joint(joint, codes)
    with warnings.catch_warnings():
        # That rare classes cannot be judged well is known, and told apart.
        warnings.filterwarnings("ignore", "May not flag all label issues")
        wrong = find_label_issues(
            codes, within, confident_joint=joint, filter_by="prune_by_noise_rate", n_jobs=1
        )
    return np.asarray(counted, dtype=np.int64), np.asarray(wrong, dtype=bool)
