"""The product classifier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog, Task
from aisle.decisions import Threshold
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import JOINT, Answer, ClassExpert, ClassFusion, CrossFitted, ValueExpert
from aisle.models.confidence import Confidence
from aisle.models.decision_table import ClassScores, decision_table, judged
from aisle.models.familiarity import Familiarity
from aisle.models.fusions import accuracy, choose_class_fusion
from aisle.models.learning_curve import learning_curve
from aisle.models.plan import Plan
from aisle.models.product_model import ProductModel
from aisle.models.training import Rows, Trial, Watched, cross_fit
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


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
    out_of_fold_confidence_, out_of_fold_correct_ : numpy.ndarray
        The confidence of these answers, and whether they were right, (training rows,). Kept after
        `fit` only.
    confidence_ : Confidence
        Scales and evidence for thresholds, by which experts have something to say.
    familiarity_ : Familiarity
        Which text columns training products had filled; others are always reviewed.
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
    confidence_: Confidence
    out_of_fold_: Floats
    out_of_fold_confidence_: Floats
    out_of_fold_correct_: npt.NDArray[np.bool_]
    familiarity_: Familiarity

    def _fit(
        self,
        catalog: Catalog,
        plan: Plan,
        described: Mapping[str, Features],
        watched: Watched | None,
        progress: Progress,
    ) -> Mapping[str, Features]:
        names, codes = np.unique(catalog.labels.astype(str), return_inverse=True)
        if len(names) < 2:
            raise TrainingError(
                f"every row has the same value in {catalog.schema.target!r} ({str(names[0])!r}): "
                "there is nothing to tell apart"
            )
        weight = _class_weight(codes) if self.recipe_.class_weights == "balanced" else None

        told = None if watched is None else _codes(watched.catalog, names)
        groups = catalog.groups

        def learn(
            expert: ClassExpert | ValueExpert,
            features: Features,
            rows: Rows,
            shown: Features | None,
        ) -> None:
            assert isinstance(expert, ClassExpert)
            some = None if weight is None else weight[rows]
            stopping = None if shown is None or told is None else (shown, told)
            twins = groups[rows]
            expert.fit(features, codes[rows], len(names), some, stopping=stopping, groups=twins)

        trial = Trial(plan, catalog, described, learn, watched)
        trained = cross_fit(trial, folds=self.recipe_.folds, seed=self.seed, progress=progress)
        self.classes_ = [str(name) for name in names]
        self.plan_ = trained.plan
        self.familiarity_ = Familiarity().fit(replace(catalog, schema=self.schema_))
        seen = _seen(trained.out_of_fold, codes)
        answers = self._calibrated(trained.out_of_fold, codes, seen)
        how = self.recipe_.fusion
        chosen = choose_class_fusion(
            how.methods, answers, codes, seen=seen, fold_of=trained.fold_of, errors=how.errors
        )
        fusion = chosen.fusion
        self.fusion_ = fusion.whole
        self.metrics_ = {
            "fusions": dict(chosen.headlines),
            "experts": {n: accuracy(a.scores, codes) for n, a in answers.items() if n not in JOINT},
            "classes": len(self.classes_),
        }
        self.confidence_ = Confidence().fit(
            fusion, answers, codes, seen=seen, groups=catalog.groups
        )
        self._note_out_of_fold(fusion, answers, codes)
        trial = replace(trial, plan=plan.for_fusion(self.fusion_.name))
        self.plan_ = self.plan_.for_fusion(self.fusion_.name)
        known = {name: expert.answer(trained.features) for name, expert in self._experts()}
        self.metrics_["training_accuracy"] = accuracy(self._fused(known), codes)
        if self.recipe_.learning_curve and not plan.tunes_networks:
            self.metrics_["learning_curve"] = learning_curve(
                trial,
                trained,
                lambda raw, rows: self._score(raw, codes[rows]),
                seed=self.seed,
                progress=progress,
            )
        return trained.features

    def _experts(self) -> list[tuple[str, ClassExpert]]:
        experts = self.plan_.experts.items()
        return [(name, expert) for name, expert in experts if isinstance(expert, ClassExpert)]

    def _calibrated(self, raw: Mapping[str, Answer], codes: Codes, seen: Rows) -> dict[str, Answer]:
        """Give every expert its scale from out-of-fold rows of known classes."""
        return {
            name: expert.calibrate(raw[name].take(seen), codes[seen]).calibrated(raw[name])
            for name, expert in self._experts()
        }

    def _note_out_of_fold(
        self, fusion: CrossFitted[ClassFusion], answers: Mapping[str, Answer], codes: Codes
    ) -> None:
        """Keep what the model says of its training rows, each by parts that had not seen it."""
        sets = self.confidence_.sets_of(answers)
        self.out_of_fold_ = self.confidence_.transform(fusion.combine(answers).scores, sets)
        self.out_of_fold_confidence_ = self.out_of_fold_.max(axis=1)
        self.out_of_fold_correct_ = self.out_of_fold_.argmax(axis=1) == codes
        self.metrics_ = {
            "out_of_fold_accuracy": float(self.out_of_fold_correct_.mean()),
            "fusion": self.fusion_.name,
            **self.metrics_,
        }

    def _score(self, raw: Mapping[str, Answer], codes: Codes) -> float:
        """Return the accuracy of uncalibrated answers, fused as the model fuses."""
        experts = dict(self._experts())
        answers = {name: experts[name].calibrated(answer) for name, answer in raw.items()}
        return accuracy(self.fusion_.combine(answers).scores, codes)

    def _restore_row_order(self, rows: Any, total: int) -> None:
        known = self.out_of_fold_
        self.out_of_fold_ = np.full((total, known.shape[1]), np.nan)
        self.out_of_fold_[rows] = known

    def thresholds(self, precision: float | None = None) -> dict[str, Threshold]:
        """Return the confidence from which answers are accepted, by who has something to say.

        Parameters
        ----------
        precision
            The share of accepted answers that shall be right; the recipe's when left out.

        Returns
        -------
        dict of str to Threshold
            By the names of the experts that are present, joined with ``+``; what is answered by
            other sets of experts is never accepted.
        """
        self._check_fitted()
        plan = self.recipe_.decisions
        return self.confidence_.thresholds(plan, plan.precision if precision is None else precision)

    def threshold(self, precision: float | None = None) -> Threshold:
        """Return the threshold for products that have what most training products had."""
        return self.thresholds(precision)[self.confidence_.usual_]

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
        asked = self._check_modalities(modalities)
        rows, classes = len(products), len(self.classes_)
        whole = np.empty((rows, classes))
        experts = {name: np.empty((rows, classes)) for name in self.fusion_.experts_}
        partial = {"+".join(subset): np.empty(rows, dtype=np.int64) for subset in subsets}
        present: list[list[str]] = []
        sets: list[str] = []
        errors: dict[int, str] = {}
        start = 0
        for features in self._batches(products, progress):
            everything = self._answers(features, [asked, *subsets])
            answers = self._only(everything, asked)
            stop = start + len(next(iter(features.values())))
            named = self.confidence_.sets_of(answers)
            fused = self.fusion_.combine(answers).scores
            whole[start:stop] = self.confidence_.transform(fused, named)
            sets += named
            for name, scores in experts.items():
                scores[start:stop] = answers[name].scores
            for subset in subsets:
                some = self._fused(self._only(everything, subset))
                partial["+".join(subset)][start:stop] = some.argmax(axis=1)
            present += self._present(features, asked)
            told = self._errors(features, asked)
            errors |= {start + row: error for row, error in told.items()}
            start = stop
        return ClassScores(whole, experts, partial, present, sets, errors)

    def score(self, catalog: object) -> float:
        """Return the accuracy on the rows that have a target, as scikit-learn's models do."""
        products = self.read(catalog)
        known = products.take(np.flatnonzero(products.has_target))
        answers = self.predict_proba(known).argmax(axis=1)
        names = np.array([*self.classes_, None], dtype=object)
        return float((names[answers] == known.labels).mean())

    def _fused(self, answers: Mapping[str, Answer]) -> Floats:
        fused = self.fusion_.combine(answers).scores
        return self.confidence_.transform(fused, self.confidence_.sets_of(answers))

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
            thresholds={n: t.threshold for n, t in self.thresholds(precision).items()},
            familiarity=self.familiarity_,
        )

    def accepted(
        self, products: Catalog, scored: ClassScores, *, precision: float | None = None
    ) -> npt.NDArray[np.bool_]:
        """Say which products would be accepted at a precision, bool (rows,)."""
        thresholds = {n: t.threshold for n, t in self.thresholds(precision).items()}
        return judged(products, scored, thresholds, self.familiarity_).accepted

    def _learned(self) -> dict[str, Any]:
        return {
            "classes": self.classes_,
            "fusion": self.fusion_,
            "confidence": self.confidence_,
            "familiarity": self.familiarity_,
        }

    def _take(self, learned: Mapping[str, Any]) -> None:
        self.classes_ = learned["classes"]
        self.fusion_ = learned["fusion"]
        self.confidence_ = learned["confidence"]
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


def _codes(catalog: Catalog, names: npt.NDArray[Any]) -> Codes:
    """Return the classes of rows by position in `names`, -1 for others, int64 (rows,)."""
    known = {str(name): code for code, name in enumerate(names)}
    return np.array([known.get(str(label), -1) for label in catalog.labels], dtype=np.int64)
