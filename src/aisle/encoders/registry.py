"""Encoders by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from aisle import plugins
from aisle.encoders.encoder import Encoder
from aisle.errors import EncoderError, RecipeError

GROUP = "aisle.encoders"

ENCODERS = {
    "tfidf": "aisle.encoders.text.lexical:TfidfEncoder",
    "bag-of-words": "aisle.encoders.text.lexical:BagOfWordsEncoder",
    "hashing": "aisle.encoders.text.lexical:HashingEncoder",
    "word2vec": "aisle.encoders.text.word2vec:Word2VecEncoder",
    "text-network": "aisle.encoders.pretrained.encoder:PretrainedTextEncoder",
    "image-network": "aisle.encoders.pretrained.encoder:PretrainedImageEncoder",
    "tuned-text": "aisle.neural.tuning.encoders:TunedTextEncoder",
    "tuned-image": "aisle.neural.tuning.encoders:TunedImageEncoder",
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


def resolve_encoder(name: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the encoder that `name` stands for, and its parameters.

    Parameters
    ----------
    name
        An encoder, or the name or path of an encoder folder, which stands for the network in it
        (of a pair, for the half that reads images).
    params
        As they stand in a recipe.

    Raises
    ------
    RecipeError
        If there is neither.
    """
    if name in encoder_names():
        return name, dict(params)
    from aisle.encoders.pretrained.finding import find_folder

    try:
        towers = find_folder(name).description.towers
    except EncoderError as error:
        near = get_close_matches(name, encoder_names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RecipeError(
            f"there is no encoder {name!r}.{hint} Installed: {', '.join(encoder_names())}. A "
            f"plug-in brings one through the entry point group {GROUP!r}. Nor is it a pretrained "
            f"network: {error}"
        ) from error
    kind = "image-network" if "image" in towers else "text-network"
    return kind, {"network": name, **params}


def modality_of(name: str, params: Mapping[str, Any]) -> str:
    """Return what an encoder reads; that of a known network also where it is not at hand.

    Raises
    ------
    RecipeError
        If there is no such encoder.
    """
    try:
        kind, _ = resolve_encoder(name, params)
    except RecipeError:
        from aisle.encoders.pretrained.known import find_known

        known = find_known(name)
        if known is None:
            raise
        return "text" if known.modality == "text" else "image"
    return find_encoder(kind).modality


def make_encoder(name: str, params: dict[str, Any]) -> Encoder:
    """Build the encoder called `name`; raises RecipeError for a parameter it does not have."""
    encoder: Encoder = plugins.build(find_encoder(name), params, f"the encoder {name!r}")
    return encoder


def encoder_names() -> list[str]:
    """List the encoders that are installed, Aisle's own first."""
    return plugins.names(GROUP, ENCODERS)
