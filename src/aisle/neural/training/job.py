"""What the trainer is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Tensor = Any
"""A torch.Tensor; PyTorch is imported only where something is trained."""

Loss = Callable[[Any, Tensor, "Tensor | None"], Tensor]
"""Takes the module's outputs, targets (rows,) and weights (rows,) or None; gives a mean."""


class Batch(NamedTuple):
    """Rows for one step.

    Parameters
    ----------
    inputs
        Handed to the module by name, each (rows, ...).
    target
        int64 or float32 (rows,).
    weight
        float32 (rows,), or None where all rows weigh the same.
    """

    inputs: dict[str, Tensor]
    target: Tensor
    weight: Tensor | None


class Rows(Protocol):
    """Training rows by number; one with ``set_epoch(epoch)`` is told of every round."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, index: int) -> Any:
        """Return one."""


@dataclass(frozen=True, eq=False)
class Job:
    """A network to train, and on what.

    Parameters
    ----------
    module
        A torch.nn.Module, called with a batch's inputs by name.
    data
        The training rows.
    collate
        Makes a batch of rows.
    loss
        What to make small.
    judge
        The loss on stopping rows; `loss` if left out.
    stopping
        Rows that say when to stop, and teach nothing.
    mixable
        The inputs that mixup may mix: float tensors, (rows, ...).
    rates
        Factors on the learning rate by the beginning of a parameter's name; the longest counts.
    threads
        To compute in; all cores if left out.
    """

    module: Any
    data: Rows
    collate: Callable[[list[Any]], Batch]
    loss: Loss
    judge: Loss | None = None
    stopping: Rows | None = None
    mixable: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    threads: int | None = None
