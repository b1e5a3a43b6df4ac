"""A text network rewritten for texts that are run alone, without padding.

The attention mask of such a text is all ones and its token types are all zeros, so both inputs go,
and with them whatever they made the network compute. Nothing here knows an architecture: an
operand that follows from the number of tokens alone, and changes nothing at any number of tokens
that is tried, is taken out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

Array = npt.NDArray[Any]

FILLED = {"attention_mask": 1, "token_type_ids": 0}
"""The inputs that are known for a text alone, and what they are filled with."""

_IDS = "input_ids"
_LENGTHS = (1, 2, 9, 40)
_LONGEST = 1_024
"""Beyond this many tokens a mask of local attention could not be tried in reasonable memory."""

_SAME = 1e-5
"""As a share of the largest value: how far the rewritten network may be off."""

_VOCABULARY = 16
"""Every network knows that many tokens."""


def for_single_texts(model: Any, max_tokens: int) -> Any | None:
    """Rewrite a text network for texts that are run alone; it gives the same vectors.

    Parameters
    ----------
    model
        An ``onnx.ModelProto``, which is left as it is.
    max_tokens
        The longest text that will be run.

    Returns
    -------
    onnx.ModelProto or None
        None if the network cannot be rewritten, or does not give the same to 1e-5.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    names = {value.name for value in model.graph.input}
    if _IDS not in names or not names <= {_IDS, *FILLED} or max_tokens > _LONGEST:
        return None
    lengths = sorted({min(length, max_tokens) for length in (*_LENGTHS, max_tokens)})
    try:
        made = _rewritten(model, lengths)
        differs = _difference(model, made, lengths)
    except (runtime.Fail, runtime.InvalidArgument, runtime.InvalidGraph) as error:
        logger.info("the network stays as it is: %s", error)
        return None
    if not differs <= _SAME:
        logger.info("the network stays as it is: rewritten it would differ by %.2g", differs)
        return None
    return made


def _rewritten(model: Any, lengths: Sequence[int]) -> Any:
    made = type(model)()
    made.CopyFrom(model)
    _fill_inputs(made.graph)
    cuts = list(_neutral(made, lengths))
    _bypass(made.graph, cuts)
    _fold_into_tables(made, lengths)
    _fix_shapes(made, lengths)
    remove_unused(made.graph)
    return made


def _fill_inputs(graph: Any) -> None:
    """Compute the mask and the token types from the shape of the tokens."""
    from onnx import TensorProto, helper

    kept = [value for value in graph.input if value.name not in FILLED]
    filled = [value.name for value in graph.input if value.name in FILLED]
    shape = "aisle_shape"
    nodes = [helper.make_node("Shape", [_IDS], [shape])]
    for name in filled:
        value = helper.make_tensor("value", TensorProto.INT64, [1], [FILLED[name]])
        nodes.append(helper.make_node("ConstantOfShape", [shape], [name], value=value))
    nodes += graph.node
    replace_all(graph.input, kept)
    replace_all(graph.node, nodes)


@dataclass
class _Known:
    """The tensors that follow from the number of tokens alone.

    Parameters
    ----------
    constant
        Those that do not even depend on that.
    by_length
        The others.
    """

    constant: set[str] = field(default_factory=set)
    by_length: set[str] = field(default_factory=set)

    def __contains__(self, name: str) -> bool:
        return name in self.constant or name in self.by_length


def _known(graph: Any) -> _Known:
    known = _Known({value.name for value in graph.initializer})
    for node in graph.node:
        inputs = [name for name in node.input if name]
        if node.op_type in ("Shape", "Size"):
            known.by_length.update(node.output)
        elif node.op_type.startswith("Random") or _subgraphs(node):
            continue
        elif all(name in known.constant for name in inputs):
            known.constant.update(node.output)
        elif all(name in known for name in inputs):
            known.by_length.update(node.output)
    return known


@dataclass(frozen=True)
class _Cut:
    """An operation that changes nothing: whoever reads `output` may read `source`."""

    output: str
    source: str


_NEUTRAL = {"Add": 0.0, "Sub": 0.0, "Mul": 1.0, "Div": 1.0}


def _neutral(model: Any, lengths: Sequence[int]) -> Iterator[_Cut]:
    """Yield operations with an operand that changes nothing at any of the lengths."""
    known = _known(model.graph)
    found: list[tuple[_Cut, str, float]] = []
    for node in model.graph.node:
        if node.op_type in _NEUTRAL:
            first, second = node.input
            if first in known and second not in known and node.op_type in ("Add", "Mul"):
                first, second = second, first
            if first not in known and second in known.by_length:
                cut = _Cut(node.output[0], first)
                found.append((cut, second, _NEUTRAL[node.op_type]))
        elif node.op_type == "Where" and node.input[0] in known.by_length:
            found.append((_Cut(node.output[0], node.input[1]), node.input[0], 1.0))
    values = _values(model, [operand for _, operand, _ in found], lengths)
    for cut, operand, neutral in found:
        if all((value == neutral).all() for value in values[operand]):
            yield cut


def _bypass(graph: Any, cuts: Sequence[_Cut]) -> None:
    """Let the readers of a cut operation read what it was applied to."""
    sources = {cut.output: cut.source for cut in cuts}
    outputs = {value.name for value in graph.output}
    for node in graph.node:
        for position, name in enumerate(node.input):
            while name in sources and name not in outputs:
                name = sources[name]  # noqa: PLW2901 - follows a chain of cuts
            node.input[position] = name


def _fold_into_tables(model: Any, lengths: Sequence[int]) -> None:
    """Add a vector that every token gets, such as the token type's, to the table of embeddings."""
    from onnx import numpy_helper

    graph = model.graph
    known = _known(graph)
    makers = {name: node for node in graph.node for name in node.output}
    tables = {value.name: value for value in graph.initializer}
    readers = _readers(graph)
    found = []
    for node in graph.node:
        if node.op_type != "Add":
            continue
        for rows, added in (tuple(node.input), tuple(reversed(node.input))):
            lookup = makers.get(rows)
            if lookup is None or lookup.op_type != "Gather" or added not in known.by_length:
                continue
            table = lookup.input[0]
            if table in tables and readers[table] == 1 and readers[rows] == 1:
                found.append((_Cut(node.output[0], rows), tables[table], added))
    values = _values(model, [added for _, _, added in found], lengths)
    for cut, table, added in found:
        vectors = [value.reshape(-1, value.shape[-1]) for value in values[added]]
        vector = vectors[0][0]
        matrix = numpy_helper.to_array(table)
        if vector.shape == matrix.shape[1:] and all((v == vector).all() for v in vectors):
            table.CopyFrom(numpy_helper.from_array(matrix + vector, table.name))
            _bypass(graph, [cut])


def _fix_shapes(model: Any, lengths: Sequence[int]) -> None:
    """Write down the shapes of which the number of tokens decides one size alone."""
    from onnx import helper, numpy_helper

    known = _known(model.graph)
    nodes = [
        n for n in model.graph.node if n.op_type == "Reshape" and n.input[1] in known.by_length
    ]
    probe = type(model)()
    probe.CopyFrom(model)
    sizes = {node.output[0]: f"aisle_size_{at}" for at, node in enumerate(nodes)}
    probe.graph.node.extend(helper.make_node("Shape", [k], [v]) for k, v in sizes.items())
    values = _values(probe, list(sizes.values()), lengths)
    for node in nodes:
        shapes = np.stack(values[sizes[node.output[0]]])
        varies = (shapes != shapes[0]).any(axis=0)
        if varies.sum() > 1:
            continue
        fixed = np.where(varies, -1, shapes[0]).astype(np.int64)
        node.input[1] = sizes[node.output[0]]
        model.graph.initializer.append(numpy_helper.from_array(fixed, node.input[1]))


def remove_unused(graph: Any) -> None:
    """Remove nodes and weights that no output needs."""
    needed = {value.name for value in graph.output}
    nodes = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            nodes.append(node)
            needed.update(node.input)
            for inner in _subgraphs(node):
                needed.update(name for part in inner.node for name in part.input)
    replace_all(graph.node, nodes[::-1])
    replace_all(graph.initializer, [v for v in graph.initializer if v.name in needed])
    computed = {name for node in nodes for name in node.output}
    replace_all(graph.value_info, [v for v in graph.value_info if v.name in computed])


def _readers(graph: Any) -> dict[str, int]:
    """Count who reads each tensor; an output of the graph has a reader outside."""
    count: dict[str, int] = {value.name: 1 for value in graph.output}
    for node in graph.node:
        for name in node.input:
            count[name] = count.get(name, 0) + 1
    return count


def _subgraphs(node: Any) -> list[Any]:
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def replace_all(field_: Any, values: Sequence[Any]) -> None:
    """Put other values in the place of a protocol buffer's repeated ones."""
    copies = [type(value)() for value in values]
    for copy, value in zip(copies, values, strict=True):
        copy.CopyFrom(value)
    del field_[:]
    field_.extend(copies)


def _values(
    model: Any, tensors: Sequence[str], lengths: Sequence[int]
) -> Mapping[str, list[Array]]:
    """Return the values of tensors that follow from the number of tokens, one a length."""
    from onnx import ValueInfoProto

    if not tensors:
        return {}
    wanted = list(dict.fromkeys(tensors))
    probe = type(model)()
    probe.CopyFrom(model)
    replace_all(probe.graph.output, [ValueInfoProto(name=name) for name in wanted])
    remove_unused(probe.graph)
    runs = [_run(probe, wanted, length) for length in lengths]
    return {name: [run[at] for run in runs] for at, name in enumerate(wanted)}


def _difference(first: Any, second: Any, lengths: Sequence[int]) -> float:
    """Return how far two networks' outputs are apart, over the largest value."""
    names = [value.name for value in first.graph.output]
    worst = 0.0
    for length in lengths:
        for one, other in zip(_run(first, names, length), _run(second, names, length), strict=True):
            if one.shape != other.shape:
                return float("inf")
            largest = max(float(np.abs(one).max(initial=0)), 1e-12)
            worst = max(worst, float(np.abs(one - other).max(initial=0)) / largest)
    return worst


def _run(model: Any, outputs: Sequence[str], length: int) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    shape = (1, length)
    feeds = {name: np.full(shape, value, dtype=np.int64) for name, value in FILLED.items()}
    feeds[_IDS] = (np.arange(length, dtype=np.int64) % _VOCABULARY).reshape(shape)
    inputs = {value.name for value in session.get_inputs()}
    found: list[Array] = session.run(
        list(outputs), {name: feeds[name] for name in feeds if name in inputs}
    )
    return found
