"""Grad-CAM through PyTorch and Captum, for convolutional networks.

Selvaraju et al. (2017), Grad-CAM: visual explanations from deep networks via gradient-based
localization.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.encoder import PretrainedImageEncoder
from aisle.encoders.pretrained.probing import Probe
from aisle.errors import EncoderError
from aisle.insight.explaining.activation import embedding_of
from aisle.insight.explaining.findings import Grid
from aisle.insight.explaining.question import Floats
from aisle.neural.importing.graph import Graph, read_graph
from aisle.neural.importing.roles import refuse_quantised
from aisle.neural.libraries import library

Array = npt.NDArray[Any]

LAYERS = 3
"""The last layer of each resolution is looked at, the coarsest first; at most this many."""

_SMALLEST, _LARGEST = 4, 64


@dataclass(frozen=True, eq=False)
class GradCam:
    """A network in PyTorch, cut into stretches between the layers that are looked at.

    Parameters
    ----------
    stretches
        Modules that follow one another; after each but the last stands a layer.
    layers
        The names of the tensors between them.
    input
        The name of the network's input.
    """

    stretches: Sequence[Any]
    layers: Sequence[str]
    input: str

    def maps(self, prepared: Array, slopes: Floats) -> list[tuple[str, Grid]]:
        """Return where the evidence comes from, by layer, the last layer first.

        Parameters
        ----------
        prepared
            The network's input.
        slopes
            How the evidence grows with each number of the embedding, float64 (dimension,).
        """
        torch = library("torch", "deep")
        captum = library("captum.attr", "deep")
        marks = [torch.nn.Identity() for _ in self.layers]
        weights = torch.from_numpy(slopes.astype(np.float32))

        def forward(pixels: Any) -> Any:
            values = pixels
            for stretch, mark in zip(self.stretches, [*marks, None], strict=True):
                (name,), (output,) = stretch.inputs, stretch.outputs
                values = stretch(**{name: values})[output]
                values = values if mark is None else mark(values)
            return values.reshape(len(pixels), -1) @ weights

        pixels = torch.from_numpy(np.ascontiguousarray(prepared))
        found = []
        for name, mark in zip(self.layers, marks, strict=True):
            cam = captum.LayerGradCam(forward, mark)
            # Places that speak against the answer are of interest too, so nothing is cut at 0.
            told = cam.attribute(pixels, relu_attributions=False)
            found.append((name, told.detach().numpy()[0, 0].astype(np.float64)))
        return found[::-1]


def load_grad_cam(encoder: PretrainedImageEncoder, prepared: Array) -> GradCam | None:
    """Bring an encoder's network into PyTorch; None where no layer of it can be looked at.

    Parameters
    ----------
    encoder
        Whose network it is.
    prepared
        Some input of the network, to learn the size of its layers.

    Raises
    ------
    EncoderError
        If PyTorch, Captum or onnx is not installed, or the network is quantised or has operators
        that cannot be imported.
    """
    for name in ("torch", "captum.attr", "onnx"):
        library(name, "deep")
    from aisle.neural.importing.network import ImportedNetwork

    where, output = encoder.network, embedding_of(encoder)
    declared = Probe(encoder.onnx_, [output], where)
    graph = read_graph(encoder.onnx_, where, [output])
    refuse_quantised(graph)
    if len(graph.inputs) != 1 or has_attention(graph):
        return None
    sizes = _sizes(encoder.onnx_, narrow_places(graph), declared, prepared)
    layers = _chosen(sizes)
    if not layers:
        return None
    ends = [*layers, output]
    starts = [next(iter(graph.inputs)), *layers]
    stretches = [
        ImportedNetwork(stretch(graph, start, end)).requires_grad_(False)
        for start, end in zip(starts, ends, strict=True)
    ]
    return GradCam(stretches, layers, starts[0])


def has_attention(graph: Graph) -> bool:
    """Say whether a network attends: a softmax stands before its last matrix product."""
    operators = [node.operator for node in graph.nodes]
    return "Softmax" in operators and "Conv" in operators and operators.count("Softmax") > 1


def narrow_places(graph: Graph) -> list[str]:
    """Return the tensors through which everything must pass, in order.

    There, and only there, a network can be cut in two.
    """
    reached = set(graph.inputs)
    last: dict[str, int] = {}
    for at, node in enumerate(graph.nodes):
        for name in node.inputs:
            last[name] = at
    found: list[str] = []
    alive: set[str] = set(graph.inputs)
    for at, node in enumerate(graph.nodes):
        if not reached.intersection(node.inputs):
            continue
        reached.update(node.outputs)
        alive.update(node.outputs)
        alive = {name for name in alive if last.get(name, -1) > at}
        if len(alive) == 1 and len(node.outputs) == 1 and node.outputs[0] in alive:
            found.append(node.outputs[0])
    return found


def stretch(graph: Graph, start: str, end: str) -> Graph:
    """Return the part of a graph between two tensors through which everything passes."""
    wanted, kept = {end}, []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs) and start not in node.outputs:
            wanted.update(node.inputs)
            kept.append(node)
    nodes = tuple(kept[::-1])
    read = {name for node in nodes for name in node.inputs}
    return replace(
        graph,
        inputs={start: graph.inputs.get(start, np.dtype(np.float32))},
        outputs=(end,),
        nodes=nodes,
        initialisers={n: v for n, v in graph.initialisers.items() if n in read},
        constants={n: v for n, v in graph.constants.items() if n in read},
    )


def _sizes(
    content: bytes, places: Sequence[str], declared: Probe, prepared: Array
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of tensors by name; of those that the runtime still has."""
    known = [name for name in places if name in set(declared.known)]
    if not known:
        return {}
    try:
        probe = Probe(content, known, declared.where)
        told = probe.look({probe.inputs[0]: prepared})
    except EncoderError:
        return {}
    return {name: values.shape for name, values in told.items()}


def _chosen(sizes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return the last layer of each resolution, in the order of the network."""
    last: dict[tuple[int, ...], str] = {}
    for name, shape in sizes.items():
        if len(shape) == 4 and min(shape[2:]) >= _SMALLEST and max(shape[2:]) <= _LARGEST:
            last[shape[2:]] = name
    ordered = [name for name in sizes if name in last.values()]
    return ordered[-LAYERS:]
