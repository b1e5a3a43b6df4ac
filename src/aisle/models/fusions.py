"""The fusions by name, and the choice among those that a recipe allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from aisle.fusion import (
    JOINT,
    Answer,
    Attention,
    AttentionValue,
    BestSingle,
    BestSingleValue,
    Candidate,
    ClassFusion,
    Concatenation,
    ConcatenationValue,
    CrossFitted,
    Early,
    EarlyValue,
    Gated,
    GatedValue,
    Late,
    LateValue,
    Mean,
    MeanValue,
    Stack,
    StackValue,
    ValueFusion,
    Vote,
    VoteValue,
    choose,
    cross_fitted,
    taken,
)
from aisle.models.recipe import Method

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
F = TypeVar("F", ClassFusion, ValueFusion)

_CLASSES: dict[str, type[ClassFusion]] = {
    kind.name: kind
    for kind in (BestSingle, Mean, Vote, Late, Stack, Early, Concatenation, Gated, Attention)
}
_VALUES: dict[str, type[ValueFusion]] = {
    kind.name: kind
    for kind in (
        BestSingleValue,
        MeanValue,
        VoteValue,
        LateValue,
        StackValue,
        EarlyValue,
        ConcatenationValue,
        GatedValue,
        AttentionValue,
    )
}


@dataclass(frozen=True, eq=False)
class Chosen(Generic[F]):
    """A fusion, and what was looked at to choose it.

    Parameters
    ----------
    fusion
        Fitted.
    scores
        What it says of the training rows, each by a fusion that it did not teach: probabilities,
        float64 (rows, classes), or values, float64 (rows,).
    headlines
        By fusion that was tried, its accuracy, or minus its mean absolute error.
    """

    fusion: CrossFitted[F]
    scores: Floats
    headlines: Mapping[str, float]


def choose_class_fusion(
    methods: Sequence[Method],
    answers: Mapping[str, Answer],
    codes: Codes,
    *,
    seen: Rows,
    fold_of: Rows,
    errors: float = 1.0,
) -> Chosen[ClassFusion]:
    """Fit the fusions of class probabilities that a recipe allows, and keep one.

    Only rows whose class was known in their fold can teach weights; all rows, those of unknown
    classes as errors, count for accuracy.

    Parameters
    ----------
    methods
        Their names.
    answers
        The experts' calibrated out-of-fold answers.
    codes
        True classes, int64 (rows,).
    seen
        The rows whose class was known.
    fold_of
        The fold of each row.
    errors
        By how many standard errors a fusion has to win against a simpler one; see `choose`.
    """

    def fit(method: str, rows: Rows) -> ClassFusion:
        return _CLASSES[method]().fit(taken(answers, rows), codes[rows])

    def judge(method: str, scores: Floats) -> Candidate:
        return Candidate(
            method,
            _losses(scores[seen], codes[seen]),
            accuracy(scores, codes),
            (scores[seen].argmax(axis=1) != codes[seen]).astype(np.float64),
        )

    return _chosen(_tried(methods, answers), answers, (fit, judge), fold_of, seen, errors=errors)


def choose_value_fusion(
    methods: Sequence[Method],
    answers: Mapping[str, Answer],
    values: Floats,
    *,
    fold_of: Rows,
    errors: float = 1.0,
) -> Chosen[ValueFusion]:
    """Fit the fusions of values that a recipe allows, and keep one; `values` float64 (rows,)."""

    def fit(method: str, rows: Rows) -> ValueFusion:
        return _VALUES[method]().fit(taken(answers, rows), values[rows])

    def judge(method: str, scores: Floats) -> Candidate:
        errors = np.abs(scores - values)
        return Candidate(method, errors, -float(errors.mean()))

    everyone = np.arange(len(values))
    return _chosen(
        _tried(methods, answers), answers, (fit, judge), fold_of, everyone, errors=errors
    )


def accuracy(probabilities: Floats, codes: Codes) -> float:
    """Return the share of rows whose most probable class is the true one."""
    return float((probabilities.argmax(axis=1) == codes).mean())


def _tried(methods: Sequence[Method], answers: Mapping[str, Answer]) -> Sequence[str]:
    """Return the fusions to try: those that have something to fuse, and the joint expert for it."""
    if len(answers.keys() - set(JOINT)) == 1:
        return ("best-single",)
    possible = [name for name in methods if name not in JOINT or name in answers]
    if not possible:
        logger.warning(
            "%s cannot join experts whose features have seen the labels, so best-single answers",
            ", ".join(methods),
        )
    return possible or ("best-single",)


def _chosen(
    methods: Sequence[str],
    answers: Mapping[str, Answer],
    ways: tuple[Callable[[str, Rows], F], Callable[[str, Floats], Candidate]],
    fold_of: Rows,
    teaching: Rows,
    *,
    errors: float,
) -> Chosen[F]:
    fit, judge = ways
    fusions = [cross_fitted(partial(fit, method), fold_of, teaching) for method in methods]
    combined = [fusion.combine(answers).scores for fusion in fusions]
    candidates = [judge(method, scores) for method, scores in zip(methods, combined, strict=True)]
    best = choose(candidates, errors=errors)
    return Chosen(fusions[best], combined[best], {c.name: c.score for c in candidates})


def _losses(probabilities: Floats, codes: Codes) -> Floats:
    chosen = probabilities[np.arange(len(codes)), codes]
    return -np.log(np.clip(chosen, 1e-6, 1.0))
