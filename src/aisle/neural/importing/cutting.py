"""The end of a network that is trained, cut from the beginning that stays as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aisle.neural.importing.depth import blocks
from aisle.neural.importing.graph import Graph, Node, read_graph
from aisle.neural.importing.load import import_network

if TYPE_CHECKING:
    from aisle.neural.importing.network import ImportedNetwork


def import_end(
    content: bytes, where: str, *, output: str, layers: int
) -> tuple[ImportedNetwork, str] | None:
    """Return the last layers of a network as a module of their own, and what they read.

    What comes before stays as it is, so that a faster engine can run it, once for all folds.

    Parameters
    ----------
    content
        An ONNX file with float weights.
    where
        The file's name, for messages.
    output
        What the end is to compute.
    layers
        How many layers, as `blocks` counts them, can be trained.

    Returns
    -------
    tuple of ImportedNetwork and str, or None
        The module, which takes one tensor of the file, and that tensor's name. Where those layers
        read several tensors, it begins at the first layer before them that reads one; None where
        there is none, or the beginning is nothing.

    Raises
    ------
    EncoderError
        As `import_network`.
    """
    whole = import_network(content, where, outputs=[output])
    parts = blocks(whole)
    graph = read_graph(content, where, [output])
    for begin in range(len(parts) - layers, 0, -1):
        end = [whole.initialisers[name] for part in parts[begin:] for name in part]
        found = cut(graph, end)
        if found is not None:
            from aisle.neural.importing.network import ImportedNetwork

            part, boundary = found
            return ImportedNetwork(part), boundary
    return None


def cut(graph: Graph, trained: Collection[str]) -> tuple[Graph, str] | None:
    """Return the part of a graph that depends on some initialisers, and the tensor it reads.

    None where it reads several tensors that depend on the inputs, or an input itself.
    """
    moving = _reached(graph.nodes, set(trained))
    given = _reached(graph.nodes, set(graph.inputs))
    end = [node for node in graph.nodes if moving.intersection(node.outputs)]
    crossing = list(
        dict.fromkeys(
            name for node in end for name in node.inputs if name in given and name not in moving
        )
    )
    if len(crossing) != 1 or crossing[0] in graph.inputs:
        return None
    nodes = [
        node
        for node in graph.nodes
        if moving.intersection(node.outputs) or not given.intersection(node.outputs)
    ]
    read = {name for node in nodes for name in node.inputs}
    part = replace(
        graph,
        inputs={crossing[0]: np.dtype(np.float32)},
        nodes=tuple(nodes),
        initialisers={name: value for name, value in graph.initialisers.items() if name in read},
    )
    return part, crossing[0]


def _reached(nodes: Collection[Node], values: set[str]) -> set[str]:
    """Return the values, and all that is computed from them."""
    for node in nodes:
        if values.intersection(node.inputs):
            values.update(name for name in node.outputs if name)
    return values
