"""Networks in ONNX become PyTorch modules that can be trained, and are written back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisle.neural.importing.cutting import import_end
from aisle.neural.importing.depth import blocks, layer_order
from aisle.neural.importing.load import import_network
from aisle.neural.importing.write import export_network

if TYPE_CHECKING:
    from aisle.neural.importing.network import ImportedNetwork

__all__ = [
    "ImportedNetwork",
    "blocks",
    "export_network",
    "import_end",
    "import_network",
    "layer_order",
]


def __getattr__(name: str) -> Any:
    """Import the class of the modules when it is asked for, and PyTorch with it."""
    if name == "ImportedNetwork":
        from aisle.neural.importing.network import ImportedNetwork

        return ImportedNetwork
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
