"""The operators of ONNX, each one function of a node and its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aisle.neural.importing.operators.activations import ACTIVATIONS
from aisle.neural.importing.operators.arithmetic import ARITHMETIC
from aisle.neural.importing.operators.convolutions import CONVOLUTIONS
from aisle.neural.importing.operators.indexing import INDEXING
from aisle.neural.importing.operators.normalising import NORMALISING
from aisle.neural.importing.operators.reducing import REDUCING
from aisle.neural.importing.operators.resizing import RESIZING
from aisle.neural.importing.operators.shapes import SHAPES
from aisle.neural.importing.operators.types import Operator

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        **ACTIVATIONS,
        **ARITHMETIC,
        **CONVOLUTIONS,
        **INDEXING,
        **NORMALISING,
        **REDUCING,
        **RESIZING,
        **SHAPES,
    }
)

__all__ = ["OPERATORS", "Operator"]
