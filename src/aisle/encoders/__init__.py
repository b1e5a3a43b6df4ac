"""Rows -> features: text, metadata, ready-made vectors."""

from aisle.encoders.encoder import Encoder
from aisle.encoders.features import Features, concatenate
from aisle.encoders.registry import ENCODERS, encoder_names, find_encoder, make_encoder

__all__ = [
    "ENCODERS",
    "Encoder",
    "Features",
    "concatenate",
    "encoder_names",
    "find_encoder",
    "make_encoder",
]
