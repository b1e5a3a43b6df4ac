"""The network in Keras on TensorFlow, trained by the same plan as in PyTorch.

First weights, the order of rows, the schedule and the optimiser are the same; what differs is
which units dropout leaves out, and how sums are rounded.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from aisle.errors import RecipeError, TrainingError
from aisle.neural.heads.design import EPSILON, Design, Layer, Norm
from aisle.neural.heads.learned import Floats32, Learned
from aisle.neural.heads.quiet_import import keras_on_tensorflow
from aisle.neural.heads.rows import Examples, Part
from aisle.neural.training import ClassLoss, Epoch, History, TrainingPlan, ValueLoss
from aisle.neural.training.batches import Order

_TURN = threading.Lock()
_JUDGED = 256
_FRACTION = 2**31 - 1


def train_keras(
    design: Design,
    rows: Examples,
    stopping: Examples | None,
    plan: TrainingPlan,
    loss: ClassLoss | ValueLoss,
) -> Learned:
    """Train a network with Keras on TensorFlow, on the processor.

    Parameters
    ----------
    design
        What it looks like.
    rows
        To learn from.
    stopping
        Rows that say when to stop, if any.
    plan
        How to train.
    loss
        What to make small; stopping rows are judged without smoothing and focus.

    Raises
    ------
    RecipeError
        If the plan asks for what only PyTorch does here.
    TrainingError
        If training diverges, or Keras computes with another library than TensorFlow.
    """
    _check(plan)
    keras, tf = keras_on_tensorflow()
    with _TURN, tf.device("CPU:0"):
        run = _Run(keras, tf, design, plan, loss)
        history = run.all_epochs(rows, stopping)
        # Weights are float32 whatever products were computed in; so are answers.
        plain = _build(keras, design, plan.seed, "float32")
        plain.set_weights(run.model.get_weights())
    return Learned(_layers(plain), history, lambda x: np.asarray(plain(x, training=False)))


def _check(plan: TrainingPlan) -> None:
    if plan.mixup:
        raise RecipeError("mixup: the framework tensorflow has none; set framework=torch")
    if plan.precision == "float16":
        raise RecipeError(
            "precision: the framework tensorflow trains in float32 or bfloat16; for float16 set "
            "framework=torch"
        )


class _Run:
    """One training on its way."""

    def __init__(
        self, keras: Any, tf: Any, design: Design, plan: TrainingPlan, loss: ClassLoss | ValueLoss
    ) -> None:
        self._tf, self._plan = tf, plan
        policy = "mixed_bfloat16" if plan.precision == "bfloat16" else "float32"
        self.model = _build(keras, design, plan.seed, policy)
        self._optimiser = keras.optimizers.AdamW(
            plan.learning_rate, weight_decay=plan.weight_decay, epsilon=1e-8
        )
        flat = [one for one in self.model.trainable_variables if len(one.shape) == 1]
        self._optimiser.exclude_from_weight_decay(var_list=flat)
        self._optimiser.build(self.model.trainable_variables)
        target = tf.int64 if isinstance(loss, ClassLoss) else tf.float32
        signature = [
            tf.TensorSpec((None, design.columns), tf.float32),
            tf.TensorSpec((None,), target),
            tf.TensorSpec((None,), tf.float32),
        ]
        plain = loss.plain if isinstance(loss, ClassLoss) else loss
        self._step = tf.function(self._stepper(_losses(tf, loss)), input_signature=signature)
        self._judge = tf.function(self._judger(_losses(tf, plain)), input_signature=signature)

    def all_epochs(self, rows: Examples, stopping: Examples | None) -> History:
        """Train, and leave the weights of the best epoch in the model."""
        order = Order(len(rows), self._plan.batch, self._plan.seed)
        epochs: list[Epoch] = []
        best: list[Any] = []
        while len(epochs) < self._plan.epochs:
            start, order.epoch = time.perf_counter(), len(epochs)
            training, rate = self._epoch(rows, order)
            judged = None if stopping is None else self._judged(stopping)
            epochs.append(Epoch(training, judged, rate, time.perf_counter() - start))
            kept = History.of(epochs).best
            if judged is None:
                continue
            if kept == len(epochs):
                best = self.model.get_weights()
            if self._plan.patience and len(epochs) - kept >= self._plan.patience:
                break
        if best:
            self.model.set_weights(best)
        return History.of(epochs)

    def _epoch(self, rows: Examples, order: Order) -> tuple[float, float]:
        """Return the mean loss of an epoch's batches, and the last learning rate."""
        plan, steps = self._plan, len(order)
        spanned = (plan.horizon or plan.epochs) * steps
        total = rate = 0.0
        for step, batch in enumerate(order):
            rate = plan.learning_rate * plan.rate(order.epoch * steps + step, spanned)
            self._optimiser.learning_rate.assign(rate)
            total += self._finite(float(self._step(*_weighted(rows.part(batch)))))
        return total / max(1, steps), rate

    def _judged(self, rows: Examples) -> float:
        total = weights = 0.0
        for start in range(0, len(rows), _JUDGED):
            part = _weighted(rows.part(range(start, min(start + _JUDGED, len(rows)))))
            heavy = float(part[2].sum())
            total += heavy * float(self._judge(*part))
            weights += heavy
        return self._finite(total / max(weights, 1e-12))

    def _stepper(self, losses: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
        tf, model, clip = self._tf, self.model, self._plan.clip

        def step(features: Any, target: Any, weight: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = tf.cast(model(features, training=True), tf.float32)
                loss = _mean(tf, losses(outputs, target), weight)
            variables = model.trainable_variables
            gradients = tape.gradient(loss, variables)
            if clip:
                gradients, _ = tf.clip_by_global_norm(gradients, clip)
            self._optimiser.apply(gradients, variables)
            return loss

        return step

    def _judger(self, losses: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
        tf, model = self._tf, self.model

        def judge(features: Any, target: Any, weight: Any) -> Any:
            outputs = tf.cast(model(features, training=False), tf.float32)
            return _mean(tf, losses(outputs, target), weight)

        return judge

    def _finite(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss}: training diverged at a learning rate of "
                f"{self._plan.learning_rate:g}; take a lower one"
            )
        return loss


def _build(keras: Any, design: Design, seed: int, policy: str) -> Any:
    """Build the model with its first weights; nothing of Keras's global state is touched."""
    first = design.first_weights(seed)
    steps = [keras.Input((design.columns,), dtype="float32")]
    products = []
    for number, layer in enumerate(first):
        products.append(keras.layers.Dense(len(layer.bias), dtype=policy))
        steps.append(products[-1])
        if number == len(design.layers):
            break
        if design.batch_norm:
            norm = keras.layers.BatchNormalization(momentum=0.9, epsilon=EPSILON, dtype=policy)
            steps.append(norm)
        steps.append(keras.layers.Activation(design.activation, dtype=policy))
        if design.dropout:
            at = (seed * 1_000_003 + number) % _FRACTION
            steps.append(keras.layers.Dropout(design.dropout, seed=at, dtype=policy))
    model = keras.Sequential(steps)
    for product, layer in zip(products, first, strict=True):
        product.set_weights([layer.weight, layer.bias])
    return model


def _layers(model: Any) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for step in model.layers:
        kind, weights = type(step).__name__, step.get_weights()
        if kind == "Dense":
            found.append(Layer(*weights))
        elif kind == "BatchNormalization":
            found[-1] = Norm(*weights).folded(found[-1])
    return tuple(found)


def _weighted(part: Part) -> tuple[Floats32, Any, Floats32]:
    even = np.ones(len(part.target), dtype=np.float32)
    return part.features, part.target, even if part.weight is None else part.weight


def _mean(tf: Any, losses: Any, weight: Any) -> Any:
    return tf.reduce_sum(losses * weight) / tf.maximum(tf.reduce_sum(weight), 1e-12)


def _losses(tf: Any, loss: ClassLoss | ValueLoss) -> Callable[[Any, Any], Any]:
    """Return a function of outputs and targets that gives the loss of every row."""
    if isinstance(loss, ClassLoss):
        return lambda logits, target: _class_losses(tf, loss, logits, target)
    kind = loss.kind

    def values(outputs: Any, target: Any) -> Any:
        apart = tf.abs(tf.reshape(outputs, (-1,)) - target)
        if kind == "absolute":
            return apart
        square = tf.square(apart)
        return square if kind == "square" else tf.where(apart < 1, 0.5 * square, apart - 0.5)

    return values


def _class_losses(tf: Any, loss: ClassLoss, logits: Any, target: Any) -> Any:
    logs = tf.nn.log_softmax(logits)
    chosen = tf.gather(logs, target, axis=1, batch_dims=1)
    smooth = loss.label_smoothing
    found = -(1 - smooth) * chosen - smooth * tf.reduce_mean(logs, axis=1)
    if loss.focal:
        found *= tf.maximum(1 - tf.exp(chosen), 1e-6) ** loss.focal
    return found
