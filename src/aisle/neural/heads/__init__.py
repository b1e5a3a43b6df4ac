"""Small networks as heads, trained with PyTorch or TensorFlow and run by ONNX Runtime."""

from aisle.neural.heads.mlp import MlpHead, MlpRegressorHead

__all__ = ["MlpHead", "MlpRegressorHead"]
