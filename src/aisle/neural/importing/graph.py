"""What stands in an ONNX file, in plain Python and numpy; nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.errors import EncoderError
from aisle.neural.libraries import library

Array = NDArray[Any]

_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True)
class Node:
    """One step of a network.

    Parameters
    ----------
    operator
        As ONNX calls it; outside of ONNX's own operators with the domain before it.
    name
        As the file calls it, or its first output.
    inputs
        Names of values; empty where an optional one is left out.
    outputs
        Names of values.
    opset
        The version of ONNX's operators that the file is written in.
    attributes
        Numbers, texts, tuples of them, and arrays, by name.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    opset: int
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or `default` where the file leaves it out."""
        return self.attributes.get(name, default)


@dataclass(frozen=True)
class Graph:
    """A network: its nodes in the order in which they run, and its numbers.

    Parameters
    ----------
    where
        The file, for messages.
    inputs
        What has to be given, and of which type.
    outputs
        What comes out.
    nodes
        Those that the outputs need.
    initialisers
        Numbers by name, as large as the file has them; those that the nodes read.
    constants
        Numbers of the nodes of kind Constant.
    """

    where: str
    inputs: Mapping[str, np.dtype[Any]]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    initialisers: Mapping[str, Array]
    constants: Mapping[str, Array]


def read_model(content: bytes, where: str) -> Any:
    """Return an onnx.ModelProto.

    Raises
    ------
    EncoderError
        If `content` is no ONNX file, or holds its weights in another file.
    """
    onnx = library("onnx", "deep")
    DecodeError = library("google.protobuf.message", "deep").DecodeError
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise EncoderError(
            f"{where}: is not an ONNX file ({error}); give the content of a .onnx file"
        ) from error
    if not model.graph.node:
        raise EncoderError(f"{where}: holds no network; give the content of a .onnx file")
    beside = [one.name for one in model.graph.initializer if one.data_location]
    if beside:
        raise EncoderError(
            f"{where}: keeps {len(beside)} weights in a file beside it (such as {beside[0]!r}); "
            "write the network as one file"
        )
    return model


def read_graph(content: bytes, where: str, outputs: Sequence[str] | None = None) -> Graph:
    """Read the part of an ONNX file that computes some outputs.

    Parameters
    ----------
    content
        The file.
    where
        Its name, for messages.
    outputs
        Which outputs are wanted; all if left out.

    Raises
    ------
    EncoderError
        If it is no ONNX file, or has no such output.
    """
    onnx = library("onnx", "deep")
    model = read_model(content, where)
    graph = model.graph
    there = tuple(one.name for one in graph.output)
    wanted = there if outputs is None else tuple(outputs)
    for name in wanted:
        if name not in there:
            raise EncoderError(f"{where}: has no output {name!r}; there are {', '.join(there)}")
    opset = next((o.version for o in model.opset_import if o.domain in _DOMAINS), 1)
    nodes = _needed([_node(onnx, node, opset) for node in graph.node], wanted)
    read = {name for node in nodes for name in node.inputs} | set(wanted)
    weights = {one.name for one in graph.initializer}
    return Graph(
        where=where,
        inputs={
            one.name: onnx.helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type)
            for one in graph.input
            if one.name not in weights and one.name in read
        },
        outputs=wanted,
        nodes=tuple(node for node in nodes if node.operator != "Constant"),
        initialisers={
            one.name: onnx.numpy_helper.to_array(one)
            for one in graph.initializer
            if one.name in read
        },
        constants={
            node.outputs[0]: _constant(node, where) for node in nodes if node.operator == "Constant"
        },
    )


def _node(onnx: Any, node: Any, opset: int) -> Node:
    attributes = {one.name: _attribute(onnx, one) for one in node.attribute}
    outputs = tuple(node.output)
    return Node(
        operator=node.op_type if node.domain in _DOMAINS else f"{node.domain}.{node.op_type}",
        name=node.name or next((name for name in outputs if name), node.op_type),
        inputs=tuple(node.input),
        outputs=outputs,
        opset=opset,
        attributes=attributes,
    )


def _attribute(onnx: Any, attribute: Any) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if attribute.type == onnx.AttributeProto.TENSOR:
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, bytes):
        return value.decode()
    if attribute.type in (onnx.AttributeProto.INTS, onnx.AttributeProto.FLOATS):
        return tuple(value)
    return value


def _needed(nodes: list[Node], outputs: Sequence[str]) -> list[Node]:
    """Return the nodes that some outputs depend on; the file has them in order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return kept[::-1]


def _constant(node: Node, where: str) -> Array:
    for name, kind in (("value_float", np.float32), ("value_int", np.int64)):
        for given in (node.get(name), node.get(f"{name}s")):
            if given is not None:
                return np.asarray(given, dtype=kind)
    value = node.get("value")
    if value is None:
        raise EncoderError(
            f"{where}: node {node.name!r} is a constant of a kind that cannot be trained "
            f"({', '.join(node.attributes)}); expected numbers. Export the network anew"
        )
    return np.asarray(value)
