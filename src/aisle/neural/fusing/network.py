"""A network over the tokens of modalities, as a part of a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle import plugins
from aisle.component import Component
from aisle.encoders import Features
from aisle.encoders.pretrained.session import LONGEST, shared_session
from aisle.errors import BundleError, RecipeError, TrainingError
from aisle.neural.fusing.design import Design, Method
from aisle.neural.fusing.inputs import Reading
from aisle.neural.fusing.running import run_rows
from aisle.neural.fusing.training import SCORES, WEIGHTS, Examples, learn
from aisle.neural.training import ClassLoss, TrainingPlan, ValueLoss

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
AnyFloats = Floats | Floats32
Mask = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]
Blocks = Mapping[str, Features]
"""Features by modality, of the same rows."""

Stopping = tuple[Blocks, npt.NDArray[Any]]
"""Features by modality and targets of rows that say when to stop, and teach nothing."""

_WHERE = "the network that fuses modalities"


class FusionNetwork(Component):
    """Fuses modalities into class scores or a value; learned end to end with modality dropout.

    Each modality becomes a token; one that is absent is a learned token of its own, never zeros. In
    training modalities are hidden at random, so that the network is not lost without one. Training
    needs PyTorch; answers come from ONNX Runtime, one product a run.

    Parameters
    ----------
    method, width, blocks, heads, dropout, modality_dropout
        See `Design`.
    components
        Principal directions along which sparse features are seen in training.
    epochs, batch, learning_rate, weight_decay, patience
        See `aisle.neural.training.TrainingPlan`.
    label_smoothing
        For classes.
    seed
        The same seed gives the same network on the same machine.

    Attributes
    ----------
    tokens_ : list of str
        The modalities that it knows: those that some training row had.
    sparse_ : list of bool
        Which of them are read by columns and values.
    columns_ : list of int
        How many columns each has.
    outputs_ : int
        How many scores it gives.
    classes_ : numpy.ndarray or None
        The class codes seen in training, ascending, int64 (classes,).
    middle_, spread_ : float
        What values are measured from, and in.
    onnx_ : bytes
        The network.
    curves_ : dict of str to list of float
        The losses of training, an epoch each.

    References
    ----------
    Arevalo et al. (2017), Gated multimodal units for information fusion. Neverova et al. (2016),
    ModDrop: adaptive multi-modal gesture recognition.
    """

    def __init__(
        self,
        method: Method,
        *,
        width: int = 64,
        blocks: int = 1,
        heads: int = 4,
        dropout: float = 0.2,
        modality_dropout: float = 0.25,
        components: int = 600,
        epochs: int = 30,
        batch: int = 32,
        learning_rate: float = 2e-3,
        weight_decay: float = 0.05,
        patience: int = 6,
        label_smoothing: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.method = method
        self.width = width
        self.blocks = blocks
        self.heads = heads
        self.dropout = dropout
        self.modality_dropout = modality_dropout
        self.components = components
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.label_smoothing = label_smoothing
        self.seed = seed

    classes_: npt.NDArray[np.int64] | None

    def check(self) -> Self:
        """Refuse parameters that make no sense; raises RecipeError."""
        self._design()
        self._plan()
        whole = isinstance(self.components, int) and not isinstance(self.components, bool)
        if not whole or self.components < 1:
            raise RecipeError(
                "fusion.network.components: expected a whole number of at least 1, "
                f"found {self.components!r}"
            )
        return self

    def check_learned(self) -> None:
        """Refuse learned state that does not fit together, as in a bundle that was changed.

        Raises
        ------
        BundleError
            If a number of scores, tokens or classes is not what another one says. A network is then
            never asked for more numbers than it could give.
        """
        self.check()
        classes = 1 if self.classes_ is None else len(self.classes_)
        whole = isinstance(self.outputs_, int) and not isinstance(self.outputs_, bool)
        if not whole or not 1 <= self.outputs_ <= LONGEST or self.outputs_ != classes:
            raise BundleError(
                f"{_WHERE}: expected {classes:,} scores, one a class, found outputs_ "
                f"{self.outputs_!r}; the bundle was changed"
            )
        if not len(self.tokens_) == len(self.sparse_) == len(self.columns_) >= 1:
            raise BundleError(
                f"{_WHERE}: expected as many kinds and columns as tokens, found "
                f"{len(self.tokens_)} tokens, {len(self.sparse_)} kinds and {len(self.columns_)} "
                "columns; the bundle was changed"
            )

    def fit_classes(
        self,
        blocks: Blocks,
        codes: npt.NDArray[np.int64],
        weight: Floats | None = None,
        stopping: Stopping | None = None,
        groups: Groups | None = None,
    ) -> Self:
        """Learn classes, int64 (rows,).

        Parameters
        ----------
        blocks
            Features by modality.
        codes
            The class of each row.
        weight
            float64 (rows,), or None.
        stopping
            Rows that say when to stop; those of other classes than `codes` has are not counted.
        groups
            Near-duplicate groups, int64 (rows,): where there are no such rows, and some are held
            out, none of them is held out without the others.

        Raises
        ------
        TrainingError
            If features are missing, or training diverges.
        """
        self.classes_ = np.unique(codes)
        if stopping is not None:
            stopping = _taken(stopping, np.isin(stopping[1], self.classes_))
            stopping = stopping[0], np.searchsorted(self.classes_, stopping[1])
        self.middle_, self.spread_ = 0.0, 1.0
        target = np.searchsorted(self.classes_, codes).astype(np.int64)
        loss = ClassLoss(self.label_smoothing)
        outputs = len(self.classes_)
        return self._fit(blocks, target, weight, stopping, groups, loss=loss, outputs=outputs)

    def fit_values(
        self,
        blocks: Blocks,
        values: Floats,
        weight: Floats | None = None,
        stopping: Stopping | None = None,
        groups: Groups | None = None,
    ) -> Self:
        """Learn values, float64 (rows,); parameters as for `fit_classes`."""
        self.classes_ = None
        self.middle_ = float(np.mean(values))
        self.spread_ = float(np.std(values)) or 1.0
        target = ((values - self.middle_) / self.spread_).astype(np.float32)
        if stopping is not None:
            told = (stopping[1] - self.middle_) / self.spread_
            stopping = stopping[0], told.astype(np.float32)
        loss = ValueLoss("huber")
        return self._fit(blocks, target, weight, stopping, groups, loss=loss, outputs=1)

    def _fit(
        self,
        blocks: Blocks,
        target: npt.NDArray[Any],
        weight: Floats | None,
        stopping: Stopping | None,
        groups: Groups | None,
        *,
        loss: ClassLoss | ValueLoss,
        outputs: int,
    ) -> Self:
        self.check()
        self.tokens_ = [n for n, f in blocks.items() if f.present.any() and f.dimension]
        if not self.tokens_:
            raise TrainingError("no training row has anything that a network could learn from")
        for name in self.tokens_:
            _check_finite(blocks[name], name)
        readings = [
            Reading.of(f.matrix[f.present], self.components, self.seed)
            for f in (blocks[name] for name in self.tokens_)
        ]
        self.sparse_ = [reading.sparse for reading in readings]
        self.columns_ = [reading.columns for reading in readings]
        self.outputs_ = outputs
        rows = self._examples(readings, blocks, target, weight, groups)
        stop = None
        if stopping is not None:
            stop = self._examples(readings, stopping[0], stopping[1])
            stop = stop if len(stop) else None
        learned = learn(
            self._design(), readings, rows, stop, plan=self._plan(), loss=loss, outputs=outputs
        )
        self.onnx_ = learned.onnx
        self.curves_ = learned.history.curves()
        return self

    def _examples(
        self,
        readings: Sequence[Reading],
        blocks: Blocks,
        target: npt.NDArray[Any],
        weight: Floats | None = None,
        groups: Groups | None = None,
    ) -> Examples:
        """Lay out the rows of which some modality is present."""
        present = self.present(blocks)
        rows = np.flatnonzero(present.any(axis=1))
        seen = [
            np.where(shown[rows, None], reading.apply(blocks[name].matrix[rows]), np.float32(0))
            for name, reading, shown in zip(self.tokens_, readings, present.T, strict=True)
        ]
        heavy = None if weight is None else weight[rows].astype(np.float32)
        apart = None if groups is None else groups[rows]
        return Examples(seen, present[rows], target[rows], heavy, apart)

    def present(self, blocks: Blocks) -> Mask:
        """Return which tokens each product has, bool (rows, tokens)."""
        return np.column_stack([blocks[name].present for name in self.tokens_])

    def scores(self, blocks: Blocks, shown: Sequence[Mask]) -> list[AnyFloats]:
        """Return class scores or values, for several choices of what the network is shown.

        Parameters
        ----------
        blocks
            Features by modality.
        shown
            Choices: which tokens of each product are shown, bool (rows, tokens); no token that is
            absent.

        Returns
        -------
        list of numpy.ndarray
            By choice, float32 (rows, classes), not normalised, or values, float64 (rows,). Zeros,
            or the mean value, where nothing is shown.

        Raises
        ------
        AisleError
            If the features have other columns than those of training.
        """
        found = self._run(SCORES, blocks, shown, self.outputs_)
        if self.classes_ is not None:
            return [*found]
        return [one[:, 0].astype(np.float64) * self.spread_ + self.middle_ for one in found]

    def weights(self, blocks: Blocks, shown: Mask | None = None) -> Floats:
        """Return how much each token weighs in each product's answer, float64 (rows, tokens).

        Weights of a product sum to 1, in the order of `tokens_`. They are the gates, averaged over
        the numbers of a token (``gated``), or what the token of the class attends to in the last
        block, averaged over heads (``attention``); an absent modality's own token has its weight
        too. ``concatenation`` weighs nothing: what is present has equal shares. A weight says what
        was looked at, which is not yet what changed the answer.

        Parameters
        ----------
        blocks
            Features by modality.
        shown
            As in `scores`; everything that is present when left out.
        """
        masks = [self.present(blocks) if shown is None else shown]
        return self._run(WEIGHTS, blocks, masks, len(self.tokens_))[0].astype(np.float64)

    def _run(
        self, output: str, blocks: Blocks, shown: Sequence[Mask], outputs: int
    ) -> list[Floats32]:
        matrices = [blocks[name].matrix for name in self.tokens_]
        for name, matrix, columns in zip(self.tokens_, matrices, self.columns_, strict=True):
            if matrix.shape[1] != columns:
                raise BundleError(
                    f"{_WHERE}: was trained on {columns:,} columns of {name}, and was given "
                    f"{matrix.shape[1]:,}"
                )
        session = shared_session(self.onnx_, output, _WHERE)
        # A session lives as long as somebody holds it, and opening one takes milliseconds.
        self.__dict__[f"_{output}"] = session
        return run_rows(session, matrices, self.sparse_, shown, outputs)

    def _design(self) -> Design:
        return Design(
            self.method, self.width, self.blocks, self.heads, self.dropout, self.modality_dropout
        )

    def _plan(self) -> TrainingPlan:
        return TrainingPlan(
            epochs=self.epochs,
            batch=self.batch,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
            label_smoothing=self.label_smoothing,
            seed=self.seed,
        )


def make_network(method: Method, params: Mapping[str, Any]) -> FusionNetwork:
    """Build a network from a recipe's parameters; raises RecipeError if one makes no sense."""
    network: FusionNetwork = plugins.build(
        FusionNetwork, {"method": method, **params}, "fusion.network"
    )
    return network.check()


def _taken(stopping: Stopping, kept: Mask) -> Stopping:
    rows = np.flatnonzero(kept)
    return {name: f.take(rows) for name, f in stopping[0].items()}, stopping[1][rows]


def _check_finite(features: Features, name: str) -> None:
    values = features.matrix.data if hasattr(features.matrix, "toarray") else features.matrix
    total = float(np.sum(values, dtype=np.float64)) if np.size(values) else 0.0
    if not math.isfinite(total):
        raise TrainingError(
            f"the network that fuses modalities was given missing or infinite values of {name}, "
            "which it cannot learn from; the metadata encoder has form: one-hot"
        )
