"""Multilayer perceptrons as heads, over classes and over a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.heads.head import (
    ClassifierHead,
    Floats,
    Matrix,
    RegressorHead,
    check_finite,
    class_shares,
    softmax,
)
from aisle.neural.heads.design import Activation, Framework
from aisle.neural.heads.perceptron import Perceptron, Stopping
from aisle.neural.heads.rows import Numbers
from aisle.neural.training import ClassLoss, ValueLoss
from aisle.neural.training.losses import Kind
from aisle.neural.training.plan import Precision


class MlpHead(Perceptron, ClassifierHead):
    """A multilayer perceptron over classes.

    It is trained with PyTorch (the extra ``deep``) or with Keras on TensorFlow (``keras``), with
    AdamW, a learning rate that rises and falls, and early stopping; answers need neither. Where no
    stopping rows are given, a tenth of the rows finds the number of epochs, and then all rows train
    for as many; fewer than `FEW_ROWS` train for all epochs.

    Parameters
    ----------
    layers
        Units of the 1 to 4 hidden layers.
    activation
        ``relu``, ``gelu``, ``silu``, ``elu`` or ``tanh``.
    batch_norm
        Normalise what enters the activations (Ioffe and Szegedy, 2015).
    dropout
        The share of hidden units left out at each step (Srivastava et al., 2014).
    l2
        How strongly weights are drawn to 0 (decoupled; Loshchilov and Hutter, 2019).
    framework
        ``torch`` or ``tensorflow``.
    epochs, batch, learning_rate, patience, label_smoothing, focal, mixup, precision
        As in `TrainingPlan`; TensorFlow has no mixup, no precision
        ``float16``, and takes ``auto`` for float32.
    standardise
        Bring dense columns to mean 0 and deviation 1, and sparse ones, all alike, to a mean square
        of 1.
    seed
        For first weights, the order of rows, dropout, mixing and the choice of the tenth.

    Attributes
    ----------
    onnx_ : bytes or None
        The network; None where training saw a single class, or no column.
    shares_ : numpy.ndarray
        The share of each class, float64 (classes,): the answer where there is no network.
    columns_ : int
        Of the features.
    epochs_ : int
        How many epochs all rows were trained for.
    curves_ : dict
        Losses and learning rates by epoch, of the run that found the number of epochs.
    """

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
        label_smoothing: float = 0.0,
        focal: float = 0.0,
        mixup: float = 0.0,
        precision: Precision = "float32",
        standardise: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            layers=layers,
            activation=activation,
            batch_norm=batch_norm,
            dropout=dropout,
            l2=l2,
            framework=framework,
            epochs=epochs,
            batch=batch,
            learning_rate=learning_rate,
            patience=patience,
            mixup=mixup,
            precision=precision,
            standardise=standardise,
            seed=seed,
        )
        self.label_smoothing = label_smoothing
        self.focal = focal

    def fit(
        self,
        X: Matrix,
        y: Any,
        sample_weight: Floats | None = None,
        *,
        stopping: Stopping | None = None,
        groups: Numbers | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X
            Features, dense or CSR (rows, columns).
        y
            Classes, (rows,).
        sample_weight
            float64 (rows,), or None.
        stopping
            Features and classes of rows that say when to stop, and teach nothing. Rows of classes
            that `y` lacks are not counted.
        groups
            Near-duplicate groups, int64 (rows,): where a tenth of the rows finds the number of
            epochs, none of them is held out without the others.

        Raises
        ------
        RecipeError
            If a parameter makes no sense.
        TrainingError
            If features are missing, training diverges, or the network cannot be kept.
        """
        self._begin(X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.shares_ = class_shares(y, sample_weight)
        loss = ClassLoss(self.label_smoothing, self.focal)
        outputs = len(self.classes_)
        if outputs > 1 and self.columns_:
            stop = None if stopping is None else self._known(*stopping)
            target = codes.astype(np.int64)
            self._learn(X, target, sample_weight, stop, groups, loss=loss, outputs=outputs)
        return self

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        if getattr(self, "onnx_", b"") is None:
            return np.tile(self.shares_, (X.shape[0], 1))
        return softmax(self._scores(X, len(getattr(self, "classes_", ()))))

    def _known(self, X: Matrix, y: Any) -> tuple[Matrix, Numbers] | None:
        """Return the rows whose class was seen in training, with its code."""
        check_finite(X, self)
        at = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        seen = np.flatnonzero(self.classes_[at] == np.asarray(y))
        matrix = sparse.csr_matrix(X) if sparse.issparse(X) else np.asarray(X)
        return (matrix[seen], at[seen].astype(np.int64)) if len(seen) else None


class MlpRegressorHead(Perceptron, RegressorHead):
    """A multilayer perceptron over a number; parameters as in `MlpHead`, besides one.

    Parameters
    ----------
    loss
        ``huber``, ``absolute`` or ``square``, of values brought to mean 0 and deviation 1.

    Attributes
    ----------
    onnx_ : bytes or None
        The network; None where the values did not vary, or there was no column.
    level_, spread_ : float
        The mean of the values, the answer where there is no network, and their deviation.
    columns_, epochs_, curves_
        As in `MlpHead`.
    """

    def __init__(
        self,
        *,
        layers: Sequence[int] = (128,),
        activation: Activation = "relu",
        batch_norm: bool = True,
        dropout: float = 0.2,
        l2: float = 0.01,
        framework: Framework = "torch",
        epochs: int = 30,
        batch: int = 64,
        learning_rate: float = 1e-3,
        patience: int = 5,
        loss: Kind = "huber",
        mixup: float = 0.0,
        precision: Precision = "float32",
        standardise: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            layers=layers,
            activation=activation,
            batch_norm=batch_norm,
            dropout=dropout,
            l2=l2,
            framework=framework,
            epochs=epochs,
            batch=batch,
            learning_rate=learning_rate,
            patience=patience,
            mixup=mixup,
            precision=precision,
            standardise=standardise,
            seed=seed,
        )
        self.loss = loss

    def fit(
        self,
        X: Matrix,
        y: Any,
        sample_weight: Floats | None = None,
        *,
        stopping: Stopping | None = None,
        groups: Numbers | None = None,
    ) -> Self:
        """Train the network; parameters as in `MlpHead.fit`."""
        self._begin(X)
        values = np.asarray(y, dtype=np.float64)
        self.level_ = float(np.average(values, weights=sample_weight))
        spread = float(np.sqrt(np.average((values - self.level_) ** 2, weights=sample_weight)))
        self.spread_ = spread
        loss = ValueLoss(self.loss)
        if self.columns_ and spread > 1e-12 * abs(self.level_):
            stop = None
            if stopping is not None and len(stopping[1]):
                check_finite(stopping[0], self)
                stop = (stopping[0], self._scaled(np.asarray(stopping[1], dtype=np.float64)))
            target = self._scaled(values)
            self._learn(X, target, sample_weight, stop, groups, loss=loss, outputs=1)
        return self

    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""
        if getattr(self, "onnx_", b"") is None:
            return np.full(X.shape[0], self.level_)
        scores = self._scores(X, 1)[:, 0]
        return np.asarray(self.level_ + self.spread_ * scores)

    def _scaled(self, values: Floats) -> npt.NDArray[np.float32]:
        return ((values - self.level_) / self.spread_).astype(np.float32)
