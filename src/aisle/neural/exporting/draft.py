"""What every exporter makes: networks beside their originals, and how to feed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.folder import ImageInput, TextInput, Tower

EMBEDDING, LOGITS = "embedding", "logits"

Arrays = Mapping[str, npt.NDArray[Any]]
"""Inputs or outputs of a network, by name."""

Original = Callable[[Arrays], Arrays]
"""Runs the model that was exported."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Options:
    """What a user may ask of an export.

    Parameters
    ----------
    output
        The pooling of tokens (``mean``, ``cls``, ``max``, ``last``), of an image network
        (``pooled``, ``cls``, ``mean``, ``classifier``), or a layer of a Keras model.
    max_tokens
        Cut texts there.
    fit
        How photographs get into their frame; by default as the model's own preprocessing does it.
    normalised
        Whether texts' vectors have length 1; by default as the model says, and yes if it does not.
    prefix
        Put before every text; by default what the model's configuration says.
    """

    output: str | None = None
    max_tokens: int | None = None
    fit: Literal["pad", "crop", "stretch"] | None = None
    normalised: bool | None = None
    prefix: str | None = None


@dataclass(frozen=True)
class Case:
    """Inputs on which a network is compared with its original.

    Parameters
    ----------
    inputs
        For the network.
    originals
        For the original, if it is to see them differently: the answers are put one under another.
    """

    inputs: Arrays
    originals: tuple[Arrays, ...] = ()


@dataclass(frozen=True)
class Traced:
    """One network on its way into a folder.

    Parameters
    ----------
    file
        Its name there.
    content
        The ONNX file.
    original
        What it was made from.
    cases
        What to compare them on.
    parameters
        How many weights the original has.
    tower
        For one of a pair.
    """

    file: str
    content: bytes
    original: Original
    cases: tuple[Case, ...]
    parameters: int
    tower: Tower | None = None


@dataclass(frozen=True)
class Draft:
    """An encoder folder before it is checked and written.

    Parameters
    ----------
    networks
        One, or two for a pair.
    dimension
        Of the embedding.
    text, image
        What they read.
    tokenizer
        The content of ``tokenizer.json``.
    temperature
        For a pair.
    licence
        Where the exporter knows it better than a model card.
    notes
        What a user should know.
    extra
        Further entries of the description.
    """

    networks: tuple[Traced, ...]
    dimension: int
    text: TextInput | None = None
    image: ImageInput | None = None
    tokenizer: bytes | None = None
    temperature: float | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def modality(self) -> Literal["text", "image", "image-text"]:
        """What the networks read."""
        if self.text is not None and self.image is not None:
            return "image-text"
        return "text" if self.text is not None else "image"
