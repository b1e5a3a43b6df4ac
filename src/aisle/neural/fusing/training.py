"""Training a fusing network, and writing what it learned as ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.neural.exporting.tracing import trace
from aisle.neural.fusing.design import Design
from aisle.neural.fusing.inputs import Floats32, Reading
from aisle.neural.fusing.module import Module, build_module
from aisle.neural.libraries import library
from aisle.neural.training import (
    Batch,
    ClassLoss,
    History,
    Job,
    TrainingPlan,
    ValueLoss,
    exclusive,
    held_out,
    train,
)

FEW = 40
"""Rows below which none are held out: all epochs are made."""

PRESENT = "present"
SCORES, WEIGHTS = "scores", "weights"


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows to train on, in memory.

    Parameters
    ----------
    tokens
        What is seen of each modality, float32 (rows, size); zeros where it is absent.
    present
        bool (rows, tokens).
    target
        int64 or float32 (rows,).
    weight
        float32 (rows,), or None.
    groups
        Near-duplicate groups, int64 (rows,), or None; rows to be held out keep to them.
    """

    tokens: Sequence[Floats32]
    present: npt.NDArray[np.bool_]
    target: npt.NDArray[Any]
    weight: Floats32 | None = None
    groups: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, index: int) -> tuple[Examples, int]:
        """Return where a row stands; batches are cut out as one."""
        return self, index

    def take(self, rows: npt.NDArray[np.int64]) -> Examples:
        """Return some of the rows."""
        return Examples(
            [one[rows] for one in self.tokens],
            self.present[rows],
            self.target[rows],
            None if self.weight is None else self.weight[rows],
            None if self.groups is None else self.groups[rows],
        )


@dataclass(frozen=True, eq=False)
class Learned:
    """A trained network as an ONNX file, and how training went."""

    onnx: bytes
    history: History


def learn(
    design: Design,
    readings: Sequence[Reading],
    rows: Examples,
    stopping: Examples | None,
    *,
    plan: TrainingPlan,
    loss: ClassLoss | ValueLoss,
    outputs: int,
) -> Learned:
    """Train a network on all rows.

    Without rows for early stopping, a tenth of the rows is held out to find the number of epochs,
    and a new network is trained on all rows for as many.

    Raises
    ------
    TrainingError
        If training diverges.
    """
    with exclusive(plan.seed):
        torch = library("torch", "deep")

        def trained(some: Examples, stop: Examples | None, how: TrainingPlan) -> Any:
            torch.manual_seed(plan.seed)
            module = build_module(design, [reading.size for reading in readings], outputs)
            judge = loss.plain if isinstance(loss, ClassLoss) else loss
            job = Job(module, some, _collated, loss, judge=judge, stopping=stop, threads=1)
            return module, train(job, how, what="training the fusion")

        if stopping is not None or len(rows) < FEW:
            module, history = trained(rows, stopping, plan)
        else:
            classes = isinstance(loss, ClassLoss)
            rest, held = held_out(rows.target, plan.seed, classes=classes, groups=rows.groups)
            _, history = trained(rows.take(rest), rows.take(held), plan)
            again = replace(plan, epochs=history.best, horizon=plan.epochs, patience=0)
            module, _ = trained(rows, None, again)
        return Learned(_written(module, readings), history)


def _collated(items: list[tuple[Examples, int]]) -> Batch:
    torch = library("torch", "deep")
    part = items[0][0].take(np.array([index for _, index in items], dtype=np.int64))
    inputs = {f"token_{n}": torch.from_numpy(one) for n, one in enumerate(part.tokens)}
    weight = None if part.weight is None else torch.from_numpy(part.weight)
    present = torch.from_numpy(part.present)
    return Batch({PRESENT: present, **inputs}, torch.from_numpy(part.target), weight)


def _written(module: Module, readings: Sequence[Reading]) -> bytes:
    """Write the network as it answers for one product, from features as encoders give them.

    Of a sparse modality it takes the columns that are not zero and their values, so that a product
    costs what it has words for, not what the vocabulary holds.
    """
    torch = library("torch", "deep")
    nn = torch.nn

    class Answering(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.network = module
            for number, reading in enumerate(readings):
                layer = module.projections[number]
                folded = reading.folded(layer.weight.detach().numpy(), layer.bias.detach().numpy())
                for name, value in zip(("table", "bias"), folded, strict=True):
                    kept = torch.from_numpy(np.ascontiguousarray(value))
                    self.register_buffer(f"{name}_{number}", kept)

        def forward(self, present: Any, *given: Any) -> Any:
            left, projected = list(given), []
            for number, reading in enumerate(readings):
                table, bias = getattr(self, f"table_{number}"), getattr(self, f"bias_{number}")
                if reading.sparse:
                    columns, values = left.pop(0), left.pop(0)
                    made = (table[columns] * values[:, None]).sum(0, keepdim=True)
                else:
                    made = left.pop(0) @ table
                projected.append(made + bias)
            return module.fused(projected, present)

    example: dict[str, Any] = {PRESENT: torch.ones(1, len(readings), dtype=torch.bool)}
    dynamic: dict[str, dict[int, str]] = {}
    for number, reading in enumerate(readings):
        if reading.sparse:
            example[f"columns_{number}"] = torch.zeros(2, dtype=torch.int64)
            example[f"values_{number}"] = torch.zeros(2)
            dynamic |= {
                f"{kind}_{number}": {0: f"count_{number}"} for kind in ("columns", "values")
            }
        else:
            example[f"features_{number}"] = torch.zeros(1, reading.columns)
    answering = Answering().eval()
    return trace(answering, answering, example, [SCORES, WEIGHTS], dynamic)
