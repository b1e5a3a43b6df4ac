"""PyTorch and Keras models become encoder folders, each checked against its original."""

from aisle.neural.exporting.export import Exported, export

__all__ = ["Exported", "export"]
