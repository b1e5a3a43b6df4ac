"""The product regressor: prices, and other quantities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog, Task
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import JOINT, ClassExpert, ValueExpert, ValueFusion
from aisle.metrics import r2
from aisle.models.decision_table import NOTHING_KNOWN
from aisle.models.fusions import choose_value_fusion
from aisle.models.learning_curve import learning_curve
from aisle.models.plan import Plan
from aisle.models.product_model import ProductModel
from aisle.models.scales import Scale, backward, choose_scale, forward, forward_within
from aisle.models.spread import Spread
from aisle.models.training import Rows, Trial, Watched, cross_fit
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ValueScores:
    """What a regressor and each of its experts say of some products, in the target's own unit.

    Parameters
    ----------
    values, low, high
        The model's answer and its interval, float64 (rows,).
    experts
        Each expert's own values, by name.
    subsets
        The values with only some modalities present, by their names joined with ``+``.
    modalities
        Which were present, by row.
    errors
        What could not be read, by row number.
    """

    values: Floats
    low: Floats
    high: Floats
    experts: Mapping[str, Floats]
    subsets: Mapping[str, Floats]
    modalities: Sequence[Sequence[str]]
    errors: Mapping[int, str]


class ProductRegressor(ProductModel):
    """Learns a quantity, a price for one, and answers with a value and an interval.

    Positive, skewed targets are learned on a logarithmic scale, so that errors are relative: twice
    too much is as bad as half, at any price.

    Attributes
    ----------
    scale_ : str
        ``linear``, ``log`` or ``log1p``.
    fusion_ : ValueFusion
        The fusion that was chosen on out-of-fold rows.
    spread_ : Spread
        Makes intervals from out-of-fold errors, on the scale of learning.
    out_of_fold_ : numpy.ndarray
        Values of every row given to `fit`, by models that had not seen it, float64 (rows,); NaN
        for rows without a target. Kept after `fit` only.
    metrics_ : dict
        Out-of-fold mean absolute errors on the scale of learning.
    """

    task = Task.REGRESS
    kind = "regressor"
    scale_: Scale
    fusion_: ValueFusion
    spread_: Spread
    out_of_fold_: Floats

    def _fit(
        self,
        catalog: Catalog,
        plan: Plan,
        described: Mapping[str, Features],
        watched: Watched | None,
        progress: Progress,
    ) -> Mapping[str, Features]:
        values = catalog.values
        if np.ptp(values) == 0:
            raise TrainingError(
                f"every row has the same value in {catalog.schema.target!r} ({values[0]:g}): "
                "there is nothing to learn"
            )
        self.scale_ = choose_scale(values, self.recipe_.target_scale)
        scaled = forward(values, self.scale_)

        told = None if watched is None else forward_within(watched.catalog.values, self.scale_)
        groups = catalog.groups

        def learn(
            expert: ClassExpert | ValueExpert,
            features: Features,
            rows: Rows,
            shown: Features | None,
        ) -> None:
            assert isinstance(expert, ValueExpert)
            stopping = None if shown is None or told is None else (shown, told)
            expert.fit(features, scaled[rows], None, stopping=stopping, groups=groups[rows])

        trial = Trial(plan, catalog, described, learn, watched)
        trained = cross_fit(trial, folds=self.recipe_.folds, seed=self.seed, progress=progress)
        self.plan_ = trained.plan
        answers = trained.out_of_fold
        how = self.recipe_.fusion
        chosen = choose_value_fusion(
            how.methods, answers, scaled, fold_of=trained.fold_of, errors=how.errors
        )
        fusion = chosen.fusion
        self.fusion_ = fusion.whole
        self.out_of_fold_ = backward(chosen.scores, self.scale_)
        self.metrics_ = {
            "out_of_fold_mae": -chosen.headlines[self.fusion_.name],
            "median_mae": float(np.abs(scaled - np.median(scaled)).mean()),
            "scale": self.scale_,
            "fusion": self.fusion_.name,
            "fusions": {name: -score for name, score in chosen.headlines.items()},
            "experts": {n: _mae(a.scores, scaled) for n, a in answers.items() if n not in JOINT},
        }
        self.spread_ = Spread(self.recipe_.interval).fit(fusion, answers, scaled)
        trial = replace(trial, plan=plan.for_fusion(self.fusion_.name))
        self.plan_ = self.plan_.for_fusion(self.fusion_.name)
        known = self._answers(trained.features)
        self.metrics_["training_mae"] = _mae(self.fusion_.combine(known).scores, scaled)
        if self.recipe_.learning_curve and not plan.tunes_networks:
            self.metrics_["learning_curve"] = learning_curve(
                trial,
                trained,
                lambda raw, rows: _mae(self.fusion_.combine(raw).scores, scaled[rows]),
                seed=self.seed,
                progress=progress,
            )
        return trained.features

    def _restore_row_order(self, rows: Any, total: int) -> None:
        known = self.out_of_fold_
        self.out_of_fold_ = np.full(total, np.nan)
        self.out_of_fold_[rows] = known

    def scores(
        self,
        catalog: object,
        *,
        subsets: Collection[Collection[str]] = (),
        modalities: Collection[str] | None = None,
        progress: Progress = silent,
    ) -> ValueScores:
        """Return values of the model and of each expert; parameters as in `ProductClassifier`."""
        products = self.read(catalog)
        asked = self._check_modalities(modalities)
        rows = len(products)
        whole, low, high = np.empty(rows), np.empty(rows), np.empty(rows)
        experts = {name: np.empty(rows) for name in self.fusion_.experts_}
        partial_ = {"+".join(subset): np.empty(rows) for subset in subsets}
        present: list[list[str]] = []
        errors: dict[int, str] = {}
        start = 0
        for features in self._batches(products, progress):
            everything = self._answers(features, [asked, *subsets])
            answers = self._only(everything, asked)
            stop = start + len(next(iter(features.values())))
            told = self.fusion_.combine(answers).scores
            whole[start:stop] = told
            low[start:stop], high[start:stop] = self.spread_.transform(told, answers)
            for name, values in experts.items():
                values[start:stop] = answers[name].scores
            for subset in subsets:
                some = self.fusion_.combine(self._only(everything, subset))
                partial_["+".join(subset)][start:stop] = some.scores
            present += self._present(features, asked)
            failed = self._errors(features, asked)
            errors |= {start + row: error for row, error in failed.items()}
            start = stop
        unit = self.scale_
        return ValueScores(
            backward(whole, unit),
            backward(low, unit),
            backward(high, unit),
            {name: backward(values, unit) for name, values in experts.items()},
            {name: backward(values, unit) for name, values in partial_.items()},
            present,
            errors,
        )

    def score(self, catalog: object) -> float:
        """Return R2 on the rows that have a target, as scikit-learn's models do."""
        products = self.read(catalog)
        known = products.take(np.flatnonzero(products.has_target))
        return r2(known.values, self.scores(known).values)

    def predict(
        self,
        catalog: object,
        *,
        modalities: Collection[str] | None = None,
        progress: Progress = silent,
    ) -> pa.Table:
        """Return a value and an interval for every product, in order.

        Returns
        -------
        pyarrow.Table
            ``id``, ``value``, ``low``, ``high``, ``modalities``, ``error``.
        """
        products = self.read(catalog)
        return self.tabulated(
            products, self.scores(products, modalities=modalities, progress=progress)
        )

    def tabulated(self, products: Catalog, scored: ValueScores) -> pa.Table:
        """Turn scores into the table that `predict` returns."""
        errors = [
            scored.errors.get(row) if modalities else _joined(scored.errors.get(row))
            for row, modalities in enumerate(scored.modalities)
        ]
        return pa.table(
            {
                "id": pa.array(products.ids, pa.string()),
                "value": pa.array(scored.values, pa.float64()),
                "low": pa.array(scored.low, pa.float64()),
                "high": pa.array(scored.high, pa.float64()),
                "modalities": pa.array(scored.modalities, pa.list_(pa.string())),
                "error": pa.array(errors, pa.string()),
            }
        )

    def _learned(self) -> dict[str, Any]:
        return {"scale": self.scale_, "fusion": self.fusion_, "spread": self.spread_}

    def _take(self, learned: Mapping[str, Any]) -> None:
        self.scale_ = learned["scale"]
        self.fusion_ = learned["fusion"]
        self.spread_ = learned["spread"]


def _joined(error: str | None) -> str:
    return NOTHING_KNOWN if error is None else f"{error}; {NOTHING_KNOWN}"


def _mae(told: Floats, values: Floats) -> float:
    return float(np.abs(told - values).mean())
