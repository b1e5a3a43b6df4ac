"""Where a vision transformer looked: attention rolled out over its layers.

Abnar and Zuidema (2020), Quantifying attention flow in transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.encoder import PretrainedImageEncoder
from aisle.encoders.pretrained.probing import Probe
from aisle.insight.explaining.activation import embedding_of
from aisle.insight.explaining.findings import Grid
from aisle.insight.explaining.question import Floats
from aisle.neural.importing.graph import read_graph

Array = npt.NDArray[Any]

_SIDE_BY_ITSELF = 8
"""Tokens before those of the patches: of the class, and registers; at most this many."""


@dataclass(frozen=True, eq=False)
class RollOut:
    """A transformer whose attention can be seen.

    Parameters
    ----------
    probe
        Hands out the attention of each layer, (1, heads, tokens, tokens).
    layers
        The names of these tensors.
    """

    probe: Probe
    layers: Sequence[str]

    def of(self, prepared: Array) -> Grid:
        """Return how much of each patch reaches the answer, float64 (rows, columns), 1 in sum."""
        told = self.probe.look({self.probe.inputs[0]: prepared})
        return rolled_out([told[name][0].astype(np.float64) for name in self.layers])


def find_roll_out(encoder: PretrainedImageEncoder, prepared: Array) -> RollOut | None:
    """Look for the attention of a network; None where it has none over patches of a photograph.

    Raises
    ------
    EncoderError
        If onnx is not installed.
    """
    where = encoder.network
    graph = read_graph(encoder.onnx_, where, [embedding_of(encoder)])
    names = [node.outputs[0] for node in graph.nodes if node.operator == "Softmax"]
    if not names:
        return None
    probe = Probe(encoder.onnx_, names, where)
    told = probe.look({probe.inputs[0]: prepared})
    layers = [name for name in names if _is_attention(told[name].shape)]
    kinds = {told[name].shape[-1] for name in layers}
    return RollOut(probe, layers) if layers and len(kinds) == 1 else None


def rolled_out(attention: Sequence[Floats]) -> Grid:
    """Multiply attention through the layers, half of each token staying where it is.

    Parameters
    ----------
    attention
        float64 (heads, tokens, tokens), the first layer first; rows sum to 1.
    """
    tokens = attention[0].shape[-1]
    flow = np.eye(tokens)
    for layer in attention:
        mixed = 0.5 * layer.mean(axis=0) + 0.5 * np.eye(tokens)
        flow = mixed / mixed.sum(axis=1, keepdims=True) @ flow
    side, before = patches(tokens)
    # The token of the class answers where there is one, else all patches together.
    seen = flow[0] if before else flow.mean(axis=0)
    grid = seen[before:].reshape(side, side)
    return np.asarray(grid / grid.sum())


def patches(tokens: int) -> tuple[int, int]:
    """Return the patches a side, and how many tokens stand before them."""
    side = isqrt(tokens)
    return side, tokens - side * side


def _is_attention(shape: tuple[int, ...]) -> bool:
    if len(shape) != 4 or shape[0] != 1 or shape[2] != shape[3] or shape[3] < 4:
        return False
    return patches(shape[3])[1] <= _SIDE_BY_ITSELF
