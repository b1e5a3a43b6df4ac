"""The network in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

from aisle.neural.heads.design import EPSILON, Design, Layer, Norm
from aisle.neural.heads.learned import Floats32, Learned
from aisle.neural.heads.rows import Examples
from aisle.neural.libraries import library
from aisle.neural.training import (
    Batch,
    ClassLoss,
    Job,
    TrainingPlan,
    ValueLoss,
    exclusive,
    train,
)

_ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "tanh": "Tanh"}


def train_torch(
    design: Design,
    rows: Examples,
    stopping: Examples | None,
    plan: TrainingPlan,
    loss: ClassLoss | ValueLoss,
) -> Learned:
    """Train a network with PyTorch.

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
    TrainingError
        If training diverges.
    """
    with exclusive(plan.seed):
        module = _Described(design, plan.seed).module
        job = Job(
            module,
            rows,
            _collated,
            loss,
            judge=loss.plain if isinstance(loss, ClassLoss) else loss,
            stopping=stopping,
            mixable=("features",),
            threads=1,
        )
        history = train(job, plan, what="training the head")
    return Learned(_layers(module, design), history, lambda features: _answer(module, features))


class _Described:
    """Builds the module; a class of its own would need PyTorch when this file is imported."""

    def __init__(self, design: Design, seed: int) -> None:
        torch = library("torch", "deep")
        steps: list[Any] = []
        for number, first in enumerate(design.first_weights(seed)):
            product = torch.nn.Linear(*first.weight.shape)
            with torch.no_grad():
                product.weight.copy_(torch.from_numpy(first.weight).T)
                product.bias.zero_()
            steps.append(product)
            if number < len(design.layers):
                steps += self._after(torch, design, len(first.bias))

        class Perceptron(torch.nn.Sequential):  # type: ignore[misc,name-defined]
            def forward(self, features: Any) -> Any:
                return super().forward(features)

        self.module = Perceptron(*steps)

    @staticmethod
    def _after(torch: Any, design: Design, units: int) -> list[Any]:
        found = [torch.nn.BatchNorm1d(units, eps=EPSILON)] if design.batch_norm else []
        found.append(getattr(torch.nn, _ACTIVATIONS[design.activation])())
        return [*found, torch.nn.Dropout(design.dropout)] if design.dropout else found


def _collated(items: list[tuple[Examples, int]]) -> Batch:
    torch = library("torch", "deep")
    part = items[0][0].part([index for _, index in items])
    weight = None if part.weight is None else torch.from_numpy(part.weight)
    features = torch.from_numpy(part.features)
    return Batch({"features": features}, torch.from_numpy(part.target), weight)


def _layers(module: Any, design: Design) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for step in module:
        kind = type(step).__name__
        if kind == "Linear":
            weight = np.ascontiguousarray(step.weight.detach().numpy().T)
            found.append(Layer(weight, step.bias.detach().numpy().copy()))
        elif kind == "BatchNorm1d":
            parts = (step.weight, step.bias, step.running_mean, step.running_var)
            norm = Norm(*(part.detach().numpy() for part in parts))
            found[-1] = norm.folded(found[-1])
    return tuple(found)


def _answer(module: Any, features: Floats32) -> Floats32:
    torch = library("torch", "deep")
    with torch.no_grad():
        return np.asarray(module.eval()(torch.from_numpy(features)).numpy())
