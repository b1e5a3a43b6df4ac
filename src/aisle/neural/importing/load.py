"""ONNX files become modules of PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aisle.neural.importing.graph import read_graph
from aisle.neural.importing.roles import refuse_quantised
from aisle.neural.libraries import library

if TYPE_CHECKING:
    from aisle.neural.importing.network import ImportedNetwork


def import_network(
    content: bytes, where: str, *, outputs: Sequence[str] | None = None
) -> ImportedNetwork:
    """Return a network in ONNX as a PyTorch module that computes the same and can be trained.

    Parameters
    ----------
    content
        An ONNX file with float weights; float16 is trained as float32.
    where
        The file's name, for messages.
    outputs
        Which outputs are wanted; all if left out. What the others need is left out of the module.

    Returns
    -------
    ImportedNetwork
        Takes the inputs of the file by name and returns its outputs by name.

    Raises
    ------
    EncoderError
        If it is no ONNX file, is quantised, has no such output, or has an operator that is not
        known; or PyTorch or onnx is not installed.

    Examples
    --------
    >>> network = import_network(content, "model.onnx", outputs=["embedding"])  # doctest: +SKIP
    >>> network(input=pixels)["embedding"].shape  # doctest: +SKIP
    torch.Size([32, 1280])
    """
    graph = read_graph(content, where, outputs)
    refuse_quantised(graph)
    library("torch", "deep")
    from aisle.neural.importing.network import ImportedNetwork

    return ImportedNetwork(graph)
