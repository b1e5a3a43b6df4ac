"""What an evaluation found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.catalog import Catalog
from aisle.evaluation.consistency.results import Consistency
from aisle.evaluation.hierarchy import Hierarchy
from aisle.evaluation.slicing import LEAST_ROWS, Slice
from aisle.evaluation.versus.results import ClassAgainst, ValueAgainst
from aisle.metrics import ClassScore
from aisle.models.seen import Seen
from aisle.reports import save_report

_IF_MEASURED = ("hierarchical", "consistency", "against")
"""Keys that the JSON has only where they were measured."""


@dataclass(frozen=True)
class ExpertScore:
    """How one expert, or the model on some modalities, does alone."""

    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class ValueScore:
    """How one expert, or the model on some modalities, does alone on a quantity."""

    mae: float
    mae_log: float | None


@dataclass(frozen=True)
class LearningPoint:
    """How well models fitted on `rows` products answer products that they have not seen.

    `score` is the accuracy, or for a quantity the mean absolute error on the scale of learning.
    """

    rows: int
    score: float


@dataclass(frozen=True)
class Promise:
    """What a promised precision would give on these products.

    Parameters
    ----------
    precision
        What would be asked for.
    threshold
        The confidence from which answers would be accepted; None: nothing would be.
    coverage, accepted_precision
        The share accepted here, and how precise these are (None where none is).
    """

    precision: float
    threshold: float | None
    coverage: float
    accepted_precision: float | None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What classifier and regressor evaluations share.

    Parameters
    ----------
    rows
        The products that had a usable target.
    unlabelled
        The products that had none, and are left out of every score.
    seconds
        How long predicting took.
    target, fusion, recipe, model_rows
        The column that was learned, the fusion chosen, the recipe, and how many products trained.
    predictions
        Every product's prediction, with its truth in the column ``truth``.
    products
        The products themselves, in the order of the predictions, for pages that show them.
    learning_curve
        Scores of out-of-fold models by training rows, from few to all; empty where not measured.
    fusions
        The out-of-fold score of each fusion that was tried in training.
    slices
        Scores of parts of these products, the worst first.
    slice_rows
        The fewest products of a slice.
    seen_in_training
        How many of these products trained the model, which makes every score too good; None where
        its bundle does not tell. Near-duplicates of training products are not counted.
    """

    rows: int
    unlabelled: int
    seconds: float
    target: str
    fusion: str
    recipe: str
    model_rows: int
    predictions: pa.Table = field(repr=False, compare=False)
    products: Catalog | None = field(default=None, repr=False, compare=False)
    learning_curve: tuple[LearningPoint, ...] = ()
    fusions: Mapping[str, float] = field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    slice_rows: int = LEAST_ROWS
    seen_in_training: Seen | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the scores in the JSON shape of ``aisle evaluate``, without the predictions."""
        left = ("predictions", "products")
        plain = {
            name: value
            for name, value in vars(self).items()
            if name not in left and not (name in _IF_MEASURED and value is None)
        }
        return {name: _plain(value) for name, value in plain.items()}

    def save(self, path: str | Path) -> None:
        """Write the evaluation as JSON or as an HTML page, by the suffix, atomically.

        Raises
        ------
        AisleError
            If the suffix is neither ``.json`` nor ``.html``, or the file cannot be written.
        """

        def page() -> str:
            from aisle.evaluation.page import evaluation_page

            return evaluation_page(self)

        save_report(path, "an evaluation", data=self.to_dict, page=page)


@dataclass(frozen=True, kw_only=True)
class ClassEvaluation(Evaluation):
    """How well a classifier does on products whose category is known.

    Parameters
    ----------
    accuracy, accuracy_interval
        The share of right answers, and its 95 % Wilson interval.
    macro_f1, micro_f1, weighted_f1, log_loss
        As in scikit-learn.
    calibration_error
        The mean distance between confidence and the share of right answers.
    precision_asked, coverage, accepted_precision
        The precision promised, the share of products accepted, and the precision among these
        (None where none was accepted).
    threshold
        The confidence from which answers are accepted (None: nothing is).
    per_class, by_modality, experts
        Scores a class, with only some modalities present, and of each expert alone.
    unknown_classes
        Categories of these products that the model does not know; they count as errors.
    training_accuracy, out_of_fold_accuracy
        Of the finished model on the products that trained it, and of models that had not seen
        them; None where not measured. Far apart, the model has learned its products by heart.
    promises
        What other precisions would give, from low to high.
    top_k
        The share of products whose truth is among the 1, 3 and 5 most probable classes.
    hierarchical
        Scores in the category tree; None where nothing tells of one.
    consistency
        Whether answers stay under harmless edits; None where not asked for.
    against
        How another model does on the same products; None where not asked for.
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    micro_f1: float
    weighted_f1: float
    log_loss: float
    calibration_error: float
    precision_asked: float
    coverage: float
    accepted_precision: float | None
    threshold: float | None
    per_class: Mapping[str, ClassScore]
    by_modality: Mapping[str, ExpertScore]
    experts: Mapping[str, ExpertScore]
    unknown_classes: tuple[str, ...] = ()
    training_accuracy: float | None = None
    out_of_fold_accuracy: float | None = None
    promises: tuple[Promise, ...] = ()
    top_k: Mapping[str, float] = field(default_factory=dict)
    hierarchical: Hierarchy | None = None
    consistency: Consistency | None = None
    against: ClassAgainst | None = None


@dataclass(frozen=True, kw_only=True)
class ValueEvaluation(Evaluation):
    """How well a regressor does on products whose value is known.

    Parameters
    ----------
    mae, rmse
        Mean absolute and root mean squared error, in the target's own unit.
    mae_log, relative_error
        Mean absolute error of the natural logarithm, and ``exp(mae_log) - 1``, which is a typical
        relative error and not an error in money. None where a value is not above 0.
    rmsle, smape, r2
        As usual; smape as a share from 0 to 2.
    interval_asked, interval_coverage
        The share of products whose value was to lie between low and high, and the share that did.
    median_mae, median_mae_log
        The errors of always answering with the median of these products: a generous baseline.
    by_modality, experts
        Scores with only some modalities present, and of each expert alone.
    scale
        The scale of learning: ``linear``, ``log`` or ``log1p``.
    training_error, out_of_fold_error
        Mean absolute errors on the scale of learning: of the finished model on the products that
        trained it, and of models that had not seen them; None where not measured.
    against
        How another model does on the same products; None where not asked for.
    """

    mae: float
    mae_log: float | None
    relative_error: float | None
    rmse: float
    rmsle: float | None
    smape: float
    r2: float
    interval_asked: float
    interval_coverage: float
    median_mae: float
    median_mae_log: float | None
    by_modality: Mapping[str, ValueScore]
    experts: Mapping[str, ValueScore]
    scale: str = "linear"
    training_error: float | None = None
    out_of_fold_error: float | None = None
    against: ValueAgainst | None = None


def _plain(value: Any) -> Any:
    if isinstance(value, ClassScore | ExpertScore | ValueScore | LearningPoint | Promise | Seen):
        return asdict(value)
    if isinstance(value, Slice | Hierarchy | Consistency | ClassAgainst | ValueAgainst):
        return _plain(value.to_dict())
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value
