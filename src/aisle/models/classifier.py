"""The product classifier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog, Task
from aisle.decisions import TemperatureCalibrator, Threshold, choose_threshold
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import (
    EARLY,
    Answer,
    BestSingle,
    Candidate,
    ClassExpert,
    ClassFusion,
    Early,
    Late,
    ValueExpert,
    choose,
)
from aisle.fusion.answer import logs
from aisle.models.decision_table import ClassScores, decision_table
from aisle.models.familiarity import Familiarity
from aisle.models.plan import Plan
from aisle.models.product_model import ProductModel
from aisle.models.training import Rows, cross_fit
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

LEAST = 0.5
"""An answer that is as likely wrong as right is never accepted, however good the others are."""

_FUSIONS: dict[str, type[ClassFusion]] = {
    "best-single": BestSingle,
    "late": Late,
    "early": Early,
}


class ProductClassifier(ProductModel):
    """Learns the categories of products, and answers with decisions.

    Attributes
    ----------
    classes_ : list of str
        The categories, in alphabetical order.
    fusion_ : ClassFusion
        The fusion that was chosen on out-of-fold rows.
    out_of_fold_ : numpy.ndarray
        Calibrated probabilities of every row given to `fit`, by models that had not seen it,
        float64 (rows, classes); NaN for rows without a target. Kept after `fit` only.
    out_of_fold_confidence_, out_of_fold_correct_, groups_ : numpy.ndarray
        What thresholds are chosen from, (training rows,): confidence, whether the answer was right,
        and the group of near-duplicates; kept in the bundle.
    familiarity_ : Familiarity
        Which columns training products had filled; others are always reviewed.
    metrics_ : dict
        Out-of-fold scores of the model, its experts and the fusions that were tried.

    Examples
    --------
    >>> from aisle import Catalog
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(9) for c in ("mug", "lamp")]
    >>> model = ProductClassifier(settings=["folds=2"]).fit(Catalog.read(rows, target="kind"))
    >>> model.predict([{"title": "a blue mug"}])["category"].to_pylist()
    ['mug']
    """

    task = Task.CLASSIFY
    kind = "classifier"
    classes_: list[str]
    fusion_: ClassFusion
    calibrator_: TemperatureCalibrator
    out_of_fold_: Floats
    out_of_fold_confidence_: Floats
    out_of_fold_correct_: npt.NDArray[np.bool_]
    groups_: Codes
    familiarity_: Familiarity

    def _fit(self, catalog: Catalog, plan: Plan, progress: Progress) -> None:
        names, codes = np.unique(catalog.labels.astype(str), return_inverse=True)
        if len(names) < 2:
            raise TrainingError(
                f"every row has the same value in {catalog.schema.target!r} ({str(names[0])!r}): "
                "there is nothing to tell apart"
            )
        weight = _class_weight(codes) if self.recipe_.class_weights == "balanced" else None

        def learn(expert: ClassExpert | ValueExpert, features: Features, rows: Rows) -> None:
            assert isinstance(expert, ClassExpert)
            some = None if weight is None else weight[rows]
            expert.fit(features, codes[rows], len(names), some)

        trained = cross_fit(
            plan, catalog, learn, folds=self.recipe_.folds, seed=self.seed, progress=progress
        )
        self.classes_ = [str(name) for name in names]
        self.plan_ = trained.plan
        self.groups_ = catalog.groups
        self.familiarity_ = Familiarity().fit(replace(catalog, schema=self.schema_))
        answers = {}
        seen = _seen(trained.out_of_fold, codes)
        for name, expert in trained.plan.experts.items():
            assert isinstance(expert, ClassExpert)
            raw = trained.out_of_fold[name]
            answers[name] = expert.calibrate(_taken(raw, seen), codes[seen]).calibrated(raw)
        self._choose_fusion(answers, codes, seen)
        if self.fusion_.name != EARLY:
            self.plan_ = self.plan_.without(EARLY)

    def _choose_fusion(self, answers: Mapping[str, Answer], codes: Codes, seen: Rows) -> None:
        """Fit the fusions that the recipe allows, keep one, and calibrate it.

        Only rows whose class was known in their fold can teach weights and scales; all rows, those
        of unknown classes as errors, count for thresholds.
        """
        single = len([name for name in answers if name != EARLY]) == 1
        methods = ("best-single",) if single else self.recipe_.fusion.methods
        known = {name: _taken(answer, seen) for name, answer in answers.items()}
        fusions = [_FUSIONS[method]().fit(known, codes[seen]) for method in methods]
        combined = [fusion.combine(answers).scores for fusion in fusions]
        candidates = [
            Candidate(fusion.name, _losses(scores[seen], codes[seen]), _accuracy(scores, codes))
            for fusion, scores in zip(fusions, combined, strict=True)
        ]
        chosen = choose(candidates)
        self.fusion_ = fusions[chosen]
        self.calibrator_ = TemperatureCalibrator().fit(logs(combined[chosen][seen]), codes[seen])
        self.out_of_fold_ = self.calibrator_.transform(logs(combined[chosen]))
        self.out_of_fold_confidence_ = self.out_of_fold_.max(axis=1)
        self.out_of_fold_correct_ = self.out_of_fold_.argmax(axis=1) == codes
        self.metrics_ = {
            "out_of_fold_accuracy": float(self.out_of_fold_correct_.mean()),
            "fusion": self.fusion_.name,
            "fusions": {c.name: c.score for c in candidates},
            "experts": {n: _accuracy(a.scores, codes) for n, a in answers.items() if n != EARLY},
            "classes": len(self.classes_),
        }

    def _restore_row_order(self, rows: Any, total: int) -> None:
        known = self.out_of_fold_
        self.out_of_fold_ = np.full((total, known.shape[1]), np.nan)
        self.out_of_fold_[rows] = known

    def threshold(self, precision: float | None = None) -> Threshold:
        """Return the confidence from which answers are accepted.

        Parameters
        ----------
        precision
            The share of accepted answers that shall be right; the recipe's when left out.
        """
        self._check_fitted()
        plan = self.recipe_.decisions
        return choose_threshold(
            self.out_of_fold_confidence_,
            self.out_of_fold_correct_,
            plan.precision if precision is None else precision,
            level=plan.level,
            method=plan.method,
            groups=self.groups_,
            least=LEAST,
        )

    def predict_proba(self, catalog: object) -> Floats:
        """Return calibrated probabilities, float64 (rows, classes), in the order of `classes_`."""
        return self.scores(catalog, subsets=()).probabilities

    def scores(
        self,
        catalog: object,
        *,
        subsets: Collection[Collection[str]] = (),
        modalities: Collection[str] | None = None,
        progress: Progress = silent,
    ) -> ClassScores:
        """Return probabilities of the model and of each expert.

        Parameters
        ----------
        catalog
            Products, in any form that `Catalog.read` takes.
        subsets
            Sets of modalities to answer with alone, besides.
        modalities
            Treat the others as absent.
        progress
            Called as work goes on.
        """
        products = self.read(catalog)
        rows, classes = len(products), len(self.classes_)
        whole = np.empty((rows, classes))
        experts = {name: np.empty((rows, classes)) for name in self.plan_.experts if name != EARLY}
        partial = {"+".join(subset): np.empty(rows, dtype=np.int64) for subset in subsets}
        present: list[list[str]] = []
        start = 0
        for batch in self._batches(products, progress):
            features = self._restricted(batch, modalities)
            answers = self._answers(features)
            stop = start + len(next(iter(features.values())))
            whole[start:stop] = self._fused(answers)
            for name, scores in experts.items():
                scores[start:stop] = answers[name].scores
            for subset in subsets:
                some = self._fused(self._answers(self._restricted(features, subset)))
                partial["+".join(subset)][start:stop] = some.argmax(axis=1)
            present += self._present(features)
            start = stop
        return ClassScores(whole, experts, partial, present)

    def score(self, catalog: object) -> float:
        """Return the accuracy on the rows that have a target, as scikit-learn's models do."""
        products = self.read(catalog)
        known = products.take(np.flatnonzero(products.has_target))
        answers = self.predict_proba(known).argmax(axis=1)
        names = np.array([*self.classes_, None], dtype=object)
        return float((names[answers] == known.labels).mean())

    def _fused(self, answers: Mapping[str, Answer]) -> Floats:
        return self.calibrator_.transform(logs(self.fusion_.combine(answers).scores))

    def predict(
        self,
        catalog: object,
        *,
        precision: float | None = None,
        modalities: Collection[str] | None = None,
        progress: Progress = silent,
    ) -> pa.Table:
        """Return a category and a decision for every product, in order.

        Parameters
        ----------
        catalog
            Products, in any form that `Catalog.read` takes.
        precision
            The precision to promise for accepted products; the recipe's when left out.
        modalities
            Treat the others as absent.
        progress
            Called as work goes on.

        Returns
        -------
        pyarrow.Table
            ``id``, ``category``, ``confidence``, ``decision`` (accept or review), ``alternatives``
            (the five most probable, with probability), ``modalities``, ``error``.
        """
        products = self.read(catalog)
        scored = self.scores(products, modalities=modalities, progress=progress)
        return self.decided(products, scored, precision=precision)

    def decided(
        self, products: Catalog, scored: ClassScores, *, precision: float | None = None
    ) -> pa.Table:
        """Turn scores into the table that `predict` returns."""
        return decision_table(
            products,
            scored,
            classes=self.classes_,
            threshold=self.threshold(precision).threshold,
            familiarity=self.familiarity_,
        )

    def _learned(self) -> dict[str, Any]:
        return {
            "classes": self.classes_,
            "fusion": self.fusion_,
            "calibrator": self.calibrator_,
            "confidence": self.out_of_fold_confidence_,
            "correct": self.out_of_fold_correct_,
            "groups": self.groups_,
            "familiarity": self.familiarity_,
        }

    def _take(self, learned: Mapping[str, Any]) -> None:
        self.classes_ = learned["classes"]
        self.fusion_ = learned["fusion"]
        self.calibrator_ = learned["calibrator"]
        self.out_of_fold_confidence_ = learned["confidence"]
        self.out_of_fold_correct_ = learned["correct"]
        self.groups_ = learned["groups"]
        self.familiarity_ = learned["familiarity"]


def _class_weight(codes: Codes) -> Floats:
    """Give every class the same total weight, the mean weight of a row being 1."""
    counts = np.bincount(codes)
    return np.asarray(len(codes) / (np.count_nonzero(counts) * counts[codes]), dtype=np.float64)


def _seen(answers: Mapping[str, Answer], codes: Codes) -> Rows:
    """Return the rows whose class some expert had met in training when it answered them."""
    rows = np.arange(len(codes))
    known = np.zeros(len(codes), dtype=bool)
    for answer in answers.values():
        known |= answer.present & (answer.scores[rows, codes] > 0)
    found = np.flatnonzero(known)
    return found if len(found) else rows


def _taken(answer: Answer, rows: Rows) -> Answer:
    return Answer(answer.scores[rows], answer.present[rows])


def _losses(probabilities: Floats, codes: Codes) -> Floats:
    chosen = probabilities[np.arange(len(codes)), codes]
    return -np.log(np.clip(chosen, 1e-6, 1.0))


def _accuracy(probabilities: Floats, codes: Codes) -> float:
    return float((probabilities.argmax(axis=1) == codes).mean())
