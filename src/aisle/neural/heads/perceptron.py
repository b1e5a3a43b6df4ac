"""A multilayer perceptron, whatever it learns: trained by a framework, kept and run as ONNX."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.errors import NotFittedError, RecipeError, TrainingError
from aisle.heads.head import Floats, Head, Matrix, check_finite
from aisle.neural.heads.answering import Answering
from aisle.neural.heads.design import (
    Activation,
    Design,
    Framework,
    check_choice,
    check_dropout,
    checked_layers,
)
from aisle.neural.heads.graph import build_graph
from aisle.neural.heads.keras_network import train_keras
from aisle.neural.heads.learned import Learned
from aisle.neural.heads.rows import Examples, Numbers, Scale
from aisle.neural.heads.torch_network import train_torch
from aisle.neural.training import ClassLoss, TrainingPlan, ValueLoss, held_out
from aisle.neural.training.plan import Precision

logger = logging.getLogger(__name__)

FEW_ROWS = 40
"""Rows below which none are held out: all epochs are made."""

AGREES = 1e-4
"""How far scores of the ONNX graph may lie from the framework's, by their size or 1."""

_CHECKED = 256
_TRAINERS = {"torch": train_torch, "tensorflow": train_keras}
_EXTRAS = {"torch": "deep", "tensorflow": "keras"}

Stopping = tuple[Matrix, Any]


class Perceptron(Head):
    """What the classifier and the regressor share."""

    stops_early = True
    holds_out = True

    onnx_: bytes | None
    columns_: int
    epochs_: int
    curves_: dict[str, list[float]]

    def __init__(
        self,
        *,
        layers: Sequence[int] = (128,),
        activation: Activation = "relu",
        batch_norm: bool = True,
        dropout: float = 0.5,
        l2: float = 0.01,
        framework: Framework = "torch",
        epochs: int = 30,
        batch: int = 64,
        learning_rate: float = 1e-3,
        patience: int = 5,
        mixup: float = 0.0,
        precision: Precision = "float32",
        standardise: bool = True,
        seed: int = 0,
    ) -> None:
        self.layers = layers
        self.activation = activation
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.l2 = l2
        self.framework = framework
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.patience = patience
        self.mixup = mixup
        self.precision = precision
        self.standardise = standardise
        self.seed = seed

    def _begin(self, X: Matrix) -> None:
        check_finite(X, self)
        self.columns_ = int(X.shape[1])
        self.onnx_ = None
        self.epochs_ = 0
        self.curves_ = {}

    def _learn(
        self,
        X: Matrix,
        target: npt.NDArray[Any],
        sample_weight: Floats | None,
        stopping: tuple[Matrix, npt.NDArray[Any]] | None,
        groups: Numbers | None,
        *,
        loss: ClassLoss | ValueLoss,
        outputs: int,
    ) -> None:
        """Train, and keep the network as ONNX."""
        design, plan = self._design(outputs), self._plan(loss)
        # One type of row slices fastest, whatever the encoders made.
        matrix = sparse.csr_matrix(X) if sparse.issparse(X) else np.asarray(X)
        scale = Scale.of(matrix) if self.standardise else Scale()
        rows = Examples(matrix, target, _even(sample_weight), scale)
        stop = None
        if stopping is not None:
            stop = Examples(stopping[0], stopping[1], None, scale)
        elif plan.patience and len(rows) >= FEW_ROWS:
            plan = self._with_epochs(design, rows, groups, plan, loss)
        learned = _TRAINERS[self.framework](design, rows, stop, plan, loss)
        self.epochs_ = learned.history.best
        self.curves_ = self.curves_ or learned.history.curves()
        self.onnx_ = build_graph(
            learned.layers,
            design.activation,
            scale,
            sparse=sparse.issparse(X),
            extra=_EXTRAS[self.framework],
        )
        self._compare(learned, rows)

    def _with_epochs(
        self,
        design: Design,
        rows: Examples,
        groups: Numbers | None,
        plan: TrainingPlan,
        loss: ClassLoss | ValueLoss,
    ) -> TrainingPlan:
        """Find how many epochs to make on a tenth of the rows, so that then every row may train."""
        classes = isinstance(loss, ClassLoss)
        kept, held = held_out(rows.target, plan.seed, classes=classes, groups=groups)
        if not len(held):
            return plan
        trial = _TRAINERS[self.framework](design, rows.take(kept), rows.take(held), plan, loss)
        self.curves_ = trial.history.curves()
        best = trial.history.best
        logger.info("%s: %d epochs, found on %d rows", type(self).__name__, best, len(held))
        return replace(plan, epochs=best, horizon=plan.epochs, patience=0)

    def _design(self, outputs: int) -> Design:
        check_choice("framework", self.framework, Framework)
        check_choice("activation", self.activation, Activation)
        check_dropout(self.dropout)
        if self.batch_norm and self.batch == 1:
            raise RecipeError("batch: expected at least 2 with batch_norm, found 1")
        layers = checked_layers(self.layers)
        return Design(
            self.columns_, layers, outputs, self.activation, self.batch_norm, float(self.dropout)
        )

    def _plan(self, loss: ClassLoss | ValueLoss) -> TrainingPlan:
        plan = TrainingPlan(
            epochs=self.epochs,
            batch=self.batch,
            learning_rate=self.learning_rate,
            patience=self.patience,
            mixup=self.mixup,
            precision=self.precision,
            seed=self.seed,
        )
        try:
            plan = replace(plan, weight_decay=self.l2)
        except RecipeError as error:
            raise RecipeError(str(error).replace("weight_decay", "l2")) from error
        if isinstance(loss, ClassLoss):
            return replace(plan, label_smoothing=loss.label_smoothing, focal=loss.focal)
        return plan

    def _compare(self, learned: Learned, rows: Examples) -> None:
        """Refuse a graph that does not say what the framework says."""
        some = np.linspace(0, len(rows) - 1, min(_CHECKED, len(rows))).astype(np.int64)
        expected = learned.answer(rows.part(some).features).astype(np.float64)
        found = self._scores(rows.matrix[some], expected.shape[1])
        apart = np.abs(found - expected).max() / max(1.0, np.abs(expected).max())
        if not apart <= AGREES:
            raise TrainingError(
                f"{type(self).__name__}: the scores of its ONNX graph lie {apart:.2g} from those "
                f"of {self.framework}, more than {AGREES:g}: standardise the features, or train "
                "with a lower learning_rate"
            )

    def _scores(self, X: Matrix, outputs: int) -> Floats:
        """Return the network's scores, float64 (rows, outputs)."""
        if not hasattr(self, "onnx_"):
            raise NotFittedError(f"{type(self).__name__} has learned nothing yet: call fit first")
        ready: Answering | None = getattr(self, "_answering", None)
        if ready is None or ready.content is not self.onnx_:
            content: Any = self.onnx_
            ready = self._answering = Answering(content, self.columns_, outputs)
        return ready.scores(X)


def _even(weight: Floats | None) -> npt.NDArray[np.float32] | None:
    """Return weights with a mean of 1, so that their unit does not matter."""
    if weight is None:
        return None
    found = np.asarray(weight, dtype=np.float64)
    return np.asarray(found / found.mean(), dtype=np.float32)
