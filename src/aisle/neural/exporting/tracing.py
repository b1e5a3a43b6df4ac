"""PyTorch networks written as ONNX."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from aisle.errors import EncoderError
from aisle.neural.exporting.draft import Arrays, Original
from aisle.neural.libraries import library

OPSET = 17
LARGEST = 2**31 - 1
"""Bytes of one ONNX file; the format cannot hold more without further files beside it."""

Call = Callable[..., Sequence[Any]]
"""From tensors to tensors, in the order of the names of the outputs."""

logger = logging.getLogger(__name__)


def trace(
    network: Any,
    call: Call,
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
    dynamic: Mapping[str, Mapping[int, str]],
    *,
    fused_attention: bool = False,
) -> bytes:
    """Write what `call` computes as an ONNX file.

    Parameters
    ----------
    network
        The PyTorch module that holds the weights.
    call
        Takes the inputs in order; gives the outputs in order.
    inputs
        Examples, by name.
    outputs
        Their names.
    dynamic
        The dimensions that may vary: their names by number, by input or output.
    fused_attention
        Leave attention as the network computes it, instead of step by step.

    Raises
    ------
    EncoderError
        If PyTorch cannot express the network in ONNX.
    """
    torch = library("torch", "deep")
    library("onnx", "deep")
    size = sum(t.numel() * t.element_size() for t in network.parameters())
    if size > LARGEST:
        raise EncoderError(
            f"the network has {size / 1e9:.1f} GB of weights; one ONNX file holds up to 2 GB. "
            "Export a smaller model"
        )

    class Called(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *tensors: Any) -> Any:
            return tuple(call(*tensors))

    buffer = io.BytesIO()
    # The exporter gives a module back in the mode that it had.
    called = Called().eval()
    with _quiet(), torch.no_grad(), _step_by_step(network, not fused_attention):
        try:
            torch.onnx.export(
                called,
                tuple(inputs.values()),
                buffer,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: dict(axes) for name, axes in dynamic.items()},
                opset_version=OPSET,
                dynamo=False,
            )
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            first = str(error).strip().splitlines()[:1]
            raise EncoderError(
                f"{type(network).__name__}: PyTorch cannot write it as ONNX "
                f"({type(error).__name__}: {' '.join(first)}); nothing was written"
            ) from error
    return buffer.getvalue()


def original(call: Call, names: Sequence[str], outputs: Sequence[str]) -> Original:
    """Return a function that runs `call` on arrays, with the inputs in the order of `names`."""
    torch = library("torch", "deep")

    def run(arrays: Arrays) -> Arrays:
        with torch.no_grad():
            found = call(*(torch.from_numpy(np.ascontiguousarray(arrays[n])) for n in names))
        return {name: value.numpy() for name, value in zip(outputs, found, strict=True)}

    return run


def count_parameters(network: Any) -> int:
    """Return how many weights a module has."""
    return sum(int(tensor.numel()) for tensor in network.parameters())


@contextmanager
def _step_by_step(network: Any, wanted: bool) -> Iterator[None]:
    """Have attention computed by plain operators, which every runtime has and can fuse."""
    config = getattr(network, "config", None)
    before = getattr(config, "_attn_implementation", None)
    if not wanted or before in (None, "eager") or not hasattr(network, "set_attn_implementation"):
        yield
        return
    network.set_attn_implementation("eager")
    try:
        yield
    finally:
        network.set_attn_implementation(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's warnings, about shapes that were checked, from the user."""
    told = logging.getLogger("transformers")
    level = told.level
    told.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        told.setLevel(level)
