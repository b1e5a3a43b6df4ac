"""Encoders by name."""

from __future__ import annotations

from typing import Any

from aisle import plugins
from aisle.encoders.encoder import Encoder
from aisle.errors import RecipeError

GROUP = "aisle.encoders"

ENCODERS = {
    "tfidf": "aisle.encoders.text.lexical:TfidfEncoder",
    "bag-of-words": "aisle.encoders.text.lexical:BagOfWordsEncoder",
    "hashing": "aisle.encoders.text.lexical:HashingEncoder",
    "metadata": "aisle.encoders.metadata:MetadataEncoder",
    "vector": "aisle.encoders.vectors:VectorEncoder",
}


def find_encoder(name: str) -> type[Encoder]:
    """Return the encoder class called `name`; raises RecipeError if there is none."""
    found = plugins.find(name, group=GROUP, own=ENCODERS, kind="encoder")
    if not issubclass(found, Encoder):
        raise RecipeError(f"the encoder {name!r} ({found.__name__}) does not derive from Encoder")
    return found


def make_encoder(name: str, params: dict[str, Any]) -> Encoder:
    """Build the encoder called `name`; raises RecipeError for a parameter it does not have."""
    kind = find_encoder(name)
    known = kind.parameter_names()
    for given in params:
        if given not in known:
            raise RecipeError(
                f"the encoder {name!r} has no parameter {given!r}; it has {', '.join(known)}"
            )
    return kind(**params)


def encoder_names() -> list[str]:
    """List the encoders that are installed, Aisle's own first."""
    return plugins.names(GROUP, ENCODERS)
