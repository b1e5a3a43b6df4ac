"""Networks that fuse modalities: trained with PyTorch, run by ONNX Runtime."""

from aisle.neural.fusing.design import METHODS, Design, Method
from aisle.neural.fusing.network import FusionNetwork, make_network

__all__ = ["METHODS", "Design", "FusionNetwork", "Method", "make_network"]
