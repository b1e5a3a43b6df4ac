"""8-bit weights and activations, with scales that were found beforehand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from aisle.neural.quantising.libraries import library, quiet

Feeds = Mapping[str, npt.NDArray[Any]]

_CONVOLUTIONAL = ("Conv", "Gemm", "MatMul", "Add", "Relu", "Clip", "MaxPool", "Concat")
_TRANSFORMER = ("Conv", "Gemm", "MatMul")
"""A transformer's sums and normalisations have outliers that 8 bits would cut off or coarsen."""


_PARTS = 8
"""Into how many parts a network is divided to find the one that 8 bits spoil."""


def int8_static(
    content: bytes,
    output: str,
    calibration: Sequence[Feeds],
    agreement: Callable[[bytes], float],
    enough: float,
) -> bytes:
    """Return a network that computes in 8-bit integers between quantised and dequantised tensors.

    Weights are signed with a scale a channel, activations unsigned. What comes after the embedding
    stays in float32; and if the network does not agree as it should, so does an eighth of it: the
    last one that mends that, or else the one that does most.

    Parameters
    ----------
    content
        The float32 network, an ONNX file.
    output
        The embedding.
    calibration
        Inputs by name; the lowest and the highest value of each tensor, averaged over them, decide
        its scale: one unusual product does not coarsen all others.
    agreement
        Tells how far a quantised network agrees with the float32 one, on the calibration inputs.
    enough
        An agreement with which nothing need be left out.

    Raises
    ------
    EncoderError
        If the libraries are not installed.
    """
    onnx = library("onnx")
    shapes = library("onnxruntime.quantization.shape_inference")
    with tempfile.TemporaryDirectory() as place, quiet():
        given, prepared = Path(place) / "given.onnx", Path(place) / "prepared.onnx"
        given.write_bytes(content)
        # Weights that are computed from others must be constants before they can be quantised.
        # From a path: a model in memory would be taken apart into files that ONNX then refuses.
        shapes.quant_pre_process(given, prepared, skip_symbolic_shape=True)
        model = onnx.load_model(prepared)
    needed, beyond = _named_nodes(model.graph, output)
    best = _quantised(model, beyond, calibration)
    highest = agreement(best)
    if highest >= enough:
        return best
    # From the end: what computes on small maps of features costs least in float32.
    for part in reversed(range(_PARTS)):
        left_out = needed[part * len(needed) // _PARTS : (part + 1) * len(needed) // _PARTS]
        made = _quantised(model, [*beyond, *left_out], calibration)
        found = agreement(made)
        if found > highest:
            best, highest = made, found
        if highest >= enough:
            break
    return best


def _quantised(model: Any, left_out: Sequence[str], calibration: Sequence[Feeds]) -> bytes:
    """Quantise a network but for some of its nodes."""
    quantization = library("onnxruntime.quantization")
    copy = type(model)()
    copy.CopyFrom(model)
    with tempfile.TemporaryDirectory() as place, quiet():
        made = Path(place) / "made.onnx"
        quantization.quantize_static(
            copy,
            made,
            _reader(quantization, calibration),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=list(_kinds(model.graph)),
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=list(left_out),
            calibrate_method=quantization.CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True},
        )
        return made.read_bytes()


def _kinds(graph: Any) -> tuple[str, ...]:
    kinds = [node.op_type for node in graph.node]
    return _TRANSFORMER if kinds.count("MatMul") > kinds.count("Conv") else _CONVOLUTIONAL


def _named_nodes(graph: Any, output: str) -> tuple[list[str], list[str]]:
    """Name every node; return the names of those that the embedding needs, and of the others."""
    wanted = {output}
    needed, beyond = [], []
    for number, node in reversed(list(enumerate(graph.node))):
        node.name = node.name or f"aisle_{number}"
        if wanted.intersection(node.output):
            wanted.update(node.input)
            needed.append(node.name)
        else:
            beyond.append(node.name)
    return needed[::-1], beyond


def _reader(quantization: Any, calibration: Sequence[Feeds]) -> Any:
    """Return the inputs as ONNX Runtime's quantiser wants to read them."""

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[Feeds] = iter(calibration)

        def get_next(self) -> dict[str, Any] | None:
            found = next(self.left, None)
            return None if found is None else dict(found)

    return Reader()
