"""Trained modules become ONNX files again."""

from __future__ import annotations

from typing import Any

import numpy as np

from aisle.errors import EncoderError
from aisle.neural.importing.graph import read_model
from aisle.neural.libraries import library


def export_network(module: Any, content: bytes) -> bytes:
    """Write a trained network as the ONNX file that it came from, with its weights of now.

    Parameters
    ----------
    module
        From `import_network`, trained.
    content
        The file that it was imported from. Its graph, its names and what the module left out stay
        as they are, and every weight keeps its type: one of float16 is rounded.

    Returns
    -------
    bytes
        An ONNX file, the same bytes for the same weights.

    Raises
    ------
    EncoderError
        If `content` is another network, or a weight is not finite in the file's type.
    """
    onnx = library("onnx", "deep")
    model = read_model(content, module.where)
    there = {one.name: one for one in model.graph.initializer}
    for parameter, name in module.initialisers.items():
        values = getattr(module, parameter).detach().float().cpu().contiguous().numpy()
        before = there.get(name)
        if before is None or tuple(before.dims) != values.shape:
            found = "nothing" if before is None else f"one of {tuple(before.dims)}"
            raise EncoderError(
                f"{module.where}: is not the file that the network came from: expected a weight "
                f"{name!r} of {values.shape}, found {found}. Give the file that was imported"
            )
        kind = onnx.helper.tensor_dtype_to_np_dtype(before.data_type)
        with np.errstate(over="ignore"):
            rounded = values.astype(kind)
        if not np.isfinite(rounded.astype(np.float32)).all():
            raise EncoderError(
                f"{module.where}: the weight {name!r} is not finite as {np.dtype(kind).name} after "
                "the training, so the network was not written; train with a smaller learning rate"
            )
        for field in ("float_data", "double_data", "int32_data"):
            before.ClearField(field)
        written = onnx.numpy_helper.from_array(np.ascontiguousarray(rounded))
        before.raw_data = written.raw_data
    data: bytes = model.SerializeToString(deterministic=True)
    return data
