"""Pretrained networks in encoder folders, all run by ONNX Runtime."""
