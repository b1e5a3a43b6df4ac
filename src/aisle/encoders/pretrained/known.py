"""The pretrained encoders that are known by name: where they come from, and when to take which."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from aisle.encoders.pretrained.finding import plain_name
from aisle.encoders.pretrained.folder import Tower

Precision = Literal["float32", "float16", "bfloat16", "int8-dynamic", "int8-static"]
Kind = Literal["transformers", "sentence-transformers", "timm", "keras"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubNetwork(_Entry):
    """An ONNX file of a repository.

    Parameters
    ----------
    file
        Its path in the repository.
    precision
        As in an encoder folder.
    output
        The output that is the embedding; found out by its name where this is left out.
    tower
        In a pair, whether it reads texts or images.
    """

    file: str
    precision: Precision = "float32"
    output: str | None = None
    tower: Tower | None = None


class HubOnnx(_Entry):
    """ONNX files that can be taken as they are.

    Parameters
    ----------
    networks
        The files.
    repository
        Where they are, if not beside the original weights.
    prefix
        Put before every text.
    temperature
        For a pair: what cosines are multiplied by before the softmax.
    """

    networks: Annotated[tuple[HubNetwork, ...], Field(min_length=1)]
    repository: str | None = None
    prefix: str | None = None
    temperature: Annotated[float, Field(gt=0)] | None = None


class KnownEncoder(_Entry):
    """A pretrained encoder that can be pulled by its name.

    Parameters
    ----------
    name
        Of its encoder folder.
    aliases
        Other names it answers to.
    modality
        ``text``, ``image``, or ``image-text`` for a pair.
    repository
        On the Hugging Face hub; None for one that is not there.
    revision
        Branch, tag or commit.
    licence
        Of the weights.
    commercial
        False where the licence forbids commercial use.
    dimension
        Of the embedding.
    size
        What is downloaded, in megabytes.
    parameters
        In millions.
    kind
        What the exporter is told, where the network has to be exported.
    own_code
        Its repository needs Python code of its own, which is never run.
    advice
        When to take it.
    onnx
        ONNX files, if there are any that can be taken as they are.
    """

    name: str
    aliases: tuple[str, ...] = ()
    modality: Literal["text", "image", "image-text"]
    repository: str | None = None
    revision: str = "main"
    licence: str
    commercial: bool = True
    dimension: Annotated[int, Field(ge=1)]
    size: Annotated[float, Field(gt=0)]
    parameters: Annotated[float, Field(gt=0)]
    kind: Kind
    own_code: bool = False
    advice: str
    onnx: HubOnnx | None = None

    @property
    def needs_export(self) -> bool:
        """Say whether it can be had only by an export, for which PyTorch is needed."""
        return self.onnx is None


@cache
def known_encoders() -> tuple[KnownEncoder, ...]:
    """Return the encoders that are known by name: texts, then images, then pairs."""
    text = files(__package__).joinpath("known.yaml").read_text("utf-8")
    return TypeAdapter(tuple[KnownEncoder, ...]).validate_python(yaml.safe_load(text))


def find_known(name: str) -> KnownEncoder | None:
    """Return a known encoder by its name, an alias or its repository; None if there is none.

    Case and ``-`` or ``_`` do not matter.
    """
    return _by_name().get(plain_name(name))


def similar_known(name: str) -> str | None:
    """Return the known name that is spelled most like `name`, if any is."""
    near = get_close_matches(plain_name(name), list(_by_name()), n=1)
    return _by_name()[near[0]].name if near else None


@cache
def _by_name() -> dict[str, KnownEncoder]:
    found: dict[str, KnownEncoder] = {}
    for encoder in known_encoders():
        for name in (encoder.name, *encoder.aliases, encoder.repository):
            if name is not None:
                found[plain_name(name)] = encoder
    return found
