"""A pretrained network with a head for what it is to learn; imported only for training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from aisle.errors import RecipeError
from aisle.neural.exporting.pooling import POOLINGS
from aisle.neural.importing import blocks
from aisle.neural.tuning.lora import RANK, add_low_rank, merge

_SOFT = 1e-4
"""Keeps the slope of a square root finite."""


class Outputs(NamedTuple):
    """What the network says of some rows.

    Parameters
    ----------
    scores
        (rows, classes), or (rows, 1) for values.
    embedding
        (rows, dimension), of length 1.
    taught
        The embedding brought into the teacher's space, (rows, its dimension), and the teacher's
        vectors; None without a teacher.
    """

    scores: Any
    embedding: Any
    taught: tuple[Any, Any] | None


class TunableNetwork(torch.nn.Module):  # type: ignore[misc]
    """A network of an encoder folder and a linear head over its embedding.

    The head reads embeddings as Aisle's heads do: scaled to length 1, after square roots where they
    are rectified. It begins with the weights of a linear head on the frozen network (Kumar et al.,
    2022, Fine-tuning can distort pretrained features), so that its first steps do no harm.

    Parameters
    ----------
    network
        From `import_network`.
    output
        The name of the embedding.
    weights, bias
        Of the head, float32 (classes, dimension) and (classes,).
    rooted
        Whether square roots are taken.
    pooling
        How tokens become one vector where the network gives one a token.
    teacher
        The length of the teacher's vectors, 0 without one.
    """

    def __init__(
        self,
        network: Any,
        output: str,
        weights: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
        *,
        rooted: bool,
        pooling: str = "mean",
        teacher: int = 0,
    ) -> None:
        super().__init__()
        self.network = network
        self.head = torch.nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weights))
            self.head.bias.copy_(torch.from_numpy(bias))
        self.bridge = torch.nn.Linear(weights.shape[1], teacher) if teacher else None
        self._output = output
        self._rooted = rooted
        self._pooling = POOLINGS[pooling]
        self._changed: list[str] = []

    def forward(self, teacher: Any = None, **inputs: Any) -> Outputs:
        """Return scores and embeddings."""
        flat = self.embedded(inputs)
        if self._rooted:
            flat = (flat.clamp_min(0) + _SOFT).sqrt()
        unit = functional.normalize(flat, dim=1)
        taught = None
        if teacher is not None and self.bridge is not None:
            taught = (self.bridge(unit), teacher)
        return Outputs(self.head(unit), unit, taught)

    def embedded(self, inputs: Mapping[str, Any]) -> Any:
        """Return the embeddings as the encoder's engine computes them, (rows, dimension)."""
        found = self.network(**inputs)[self._output].float()
        if found.ndim == 3 and "input_ids" in inputs:
            ids = inputs["input_ids"]
            mask = inputs.get("attention_mask", torch.ones_like(ids))
            return self._pooling(found, mask)
        return found.flatten(1)

    def gradient_checkpointing_enable(self) -> None:
        """Compute activations again instead of keeping them."""
        self.network.gradient_checkpointing_enable()

    def free(self, depth: str) -> None:
        """Let the parameters change that `depth` names, and no others of the network.

        Raises
        ------
        RecipeError
            If the network has nothing that can change so.
        """
        self.network.requires_grad_(False)
        parts = blocks(self.network)
        if depth.startswith("lora"):
            # What comes before the layers of a text network are tables, and no matrices.
            names = [name for part in (parts[1:] or parts) for name in part]
            self._changed = add_low_rank(self.network, names, int(depth[4:] or RANK))
            if not self._changed:
                raise RecipeError(
                    f"tune: the network has no matrix that {depth} could change: a network of "
                    "convolutions is tuned by last3 or whole"
                )
            return
        parts = blocks(self.network)
        number = re.fullmatch(r"last(\d+)", depth)
        for name in (
            (name for part in parts[-int(number[1]) :] for name in part)
            if number
            else (name for part in parts for name in part)
        ):
            getattr(self.network, name).requires_grad_(True)

    def settle(self) -> None:
        """Make low-rank changes part of the network's matrices."""
        merge(self.network, self._changed)
        self._changed = []
