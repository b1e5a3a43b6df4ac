"""Types of operators and of numbers: those of ONNX and numpy, as the module computes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from aisle.neural.libraries import library

Tensor = Any
"""A torch.Tensor."""

Operator = Callable[..., Any]
"""Takes a node and its inputs, None for one left out; gives a tensor, or a tuple of them."""


def torch_type(kind: Any) -> Any:
    """Return the type of PyTorch for one of numpy, or for a number of ONNX.

    Training has to resolve small steps, so floats of any size are computed as float32.
    """
    if isinstance(kind, int):
        kind = library("onnx", "deep").helper.tensor_dtype_to_np_dtype(kind)
    if np.issubdtype(kind, np.bool_):
        return torch.bool
    # The floats of machine learning (bfloat16) are no kin of numpy's own.
    if not np.issubdtype(kind, np.integer):
        return torch.float32
    return getattr(torch, np.dtype(kind).name)
