"""Rows -> features: text, image, metadata, ready-made vectors."""

from aisle.encoders.encoder import DescribingEncoder, Encoder
from aisle.encoders.features import Features, concatenate
from aisle.encoders.registry import (
    ENCODERS,
    encoder_names,
    find_encoder,
    make_encoder,
    modality_of,
    resolve_encoder,
)

__all__ = [
    "ENCODERS",
    "DescribingEncoder",
    "Encoder",
    "Features",
    "concatenate",
    "encoder_names",
    "find_encoder",
    "make_encoder",
    "modality_of",
    "resolve_encoder",
]
