"""Encoders by name."""

from __future__ import annotations

import inspect
from typing import Any

from aisle import plugins
from aisle.encoders.encoder import Encoder
from aisle.errors import RecipeError

GROUP = "aisle.encoders"

ENCODERS = {
    "tfidf": "aisle.encoders.text.lexical:TfidfEncoder",
    "bag-of-words": "aisle.encoders.text.lexical:BagOfWordsEncoder",
    "hashing": "aisle.encoders.text.lexical:HashingEncoder",
    "descriptors": "aisle.encoders.image.descriptors:DescriptorEncoder",
    "colour": "aisle.encoders.image.single:ColourEncoder",
    "hog": "aisle.encoders.image.single:HogEncoder",
    "lbp": "aisle.encoders.image.single:LbpEncoder",
    "glcm": "aisle.encoders.image.single:GlcmEncoder",
    "gabor": "aisle.encoders.image.single:GaborEncoder",
    "sift": "aisle.encoders.image.single:SiftEncoder",
    "metadata": "aisle.encoders.metadata:MetadataEncoder",
    "vector": "aisle.encoders.vectors:VectorEncoder",
}


def find_encoder(name: str) -> type[Encoder]:
    """Return the encoder class called `name`.

    Raises
    ------
    RecipeError
        If there is none, or a plug-in's class does not fulfil the contract of an encoder.
    """
    found = plugins.find(name, group=GROUP, own=ENCODERS, kind="encoder")
    if not issubclass(found, Encoder):
        raise RecipeError(f"the encoder {name!r} ({found.__name__}) does not derive from Encoder")
    if inspect.isabstract(found):
        lacking = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
        raise RecipeError(f"the encoder {name!r} ({found.__name__}) does not define {lacking}")
    if not isinstance(getattr(found, "modality", None), str):
        raise RecipeError(
            f"the encoder {name!r} ({found.__name__}) does not name its modality: "
            "write, for example, modality = 'text' in the class"
        )
    return found


def make_encoder(name: str, params: dict[str, Any]) -> Encoder:
    """Build the encoder called `name`; raises RecipeError for a parameter it does not have."""
    encoder: Encoder = plugins.build(find_encoder(name), params, f"the encoder {name!r}")
    return encoder


def encoder_names() -> list[str]:
    """List the encoders that are installed, Aisle's own first."""
    return plugins.names(GROUP, ENCODERS)
