"""What a text network and an image network have in common, for the quantiser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from aisle.catalog.images import Pixels
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    Network,
    Tower,
)
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.neural.quantising.inputs import image_inputs, text_inputs
from aisle.neural.quantising.measuring import Runner
from aisle.neural.quantising.static import Feeds


class Side(Protocol):
    """One tower of an encoder folder, with inputs for it."""

    name: Tower

    def runner(self, network: Network, content: bytes, *, calibration: bool = False) -> Runner:
        """Return what runs a network on each of the inputs alone."""

    def feeds(self, content: bytes) -> Sequence[Feeds]:
        """Return the inputs for calibration, by the names that an ONNX file gives them."""

    @property
    def single_tokens(self) -> int | None:
        """The most tokens of a text that is run without padding; None if there is no such text."""


class TextSide:
    """The texts' tower; see `Side`.

    Parameters
    ----------
    folder
        An encoder folder.
    texts
        For calibration and measurement; without any, the sample catalogue's.
    """

    name: Tower = "text"

    def __init__(self, folder: EncoderFolder, texts: Sequence[str]) -> None:
        self._description = folder.description
        self._tokenizer = folder.read(TOKENIZER)
        self._inputs = text_inputs(texts)

    def runner(self, network: Network, content: bytes, *, calibration: bool = False) -> Runner:
        """Return what runs a network on each of the inputs alone."""
        alone = _alone(self._description, network)
        engine = TextNetwork.build(alone, content, self._tokenizer)
        texts = self._inputs.calibration if calibration else self._inputs.measured
        return lambda: np.concatenate([engine.encode([text]) for text in texts])

    def feeds(self, content: bytes) -> Sequence[Feeds]:
        """Return the inputs for calibration, by the names that an ONNX file gives them."""
        from tokenizers import Tokenizer

        how = self._description.text
        assert how is not None
        tokenizer = Tokenizer.from_buffer(self._tokenizer)
        tokenizer.enable_truncation(how.max_tokens)
        tokenizer.no_padding()
        if how.pad_to is not None and how.pad_token is not None:
            padding = tokenizer.token_to_id(how.pad_token)
            tokenizer.enable_padding(length=how.pad_to, pad_id=padding, pad_token=how.pad_token)
        names = _input_names(content)
        encoded = tokenizer.encode_batch([how.prefix + t for t in self._inputs.calibration])
        return [
            {
                name: np.array([values], dtype=np.int64)
                for name, values in (
                    ("input_ids", one.ids),
                    ("attention_mask", one.attention_mask),
                    ("token_type_ids", [0] * len(one.ids)),
                )
                if name in names
            }
            for one in encoded
        ]

    @property
    def single_tokens(self) -> int | None:
        """The most tokens of a text that is run without padding; None if there is no such text."""
        how = self._description.text
        return None if how is None or how.pad_to is not None else how.max_tokens


class ImageSide:
    """The photographs' tower; see `Side`.

    Parameters
    ----------
    folder
        An encoder folder.
    images
        For calibration and measurement; without any, drawn ones.
    """

    name: Tower = "image"
    single_tokens = None

    def __init__(self, folder: EncoderFolder, images: Sequence[Pixels]) -> None:
        self._description = folder.description
        source = folder.description.of_tower("image")[0]
        engine = ImageNetwork.build(_alone(self._description, source), folder.read(source.file))
        inputs = image_inputs(images, folder.description)
        self._calibration = [engine.prepared(pixels) for pixels in inputs.calibration]
        self._measured = [engine.prepared(pixels) for pixels in inputs.measured]

    def runner(self, network: Network, content: bytes, *, calibration: bool = False) -> Runner:
        """Return what runs a network on each of the inputs alone."""
        engine = ImageNetwork.build(_alone(self._description, network), content)
        prepared = self._calibration if calibration else self._measured
        return lambda: np.stack([engine.run(one) for one in prepared])

    def feeds(self, content: bytes) -> Sequence[Feeds]:
        """Return the inputs for calibration, by the names that an ONNX file gives them."""
        (name,) = _input_names(content)
        return [{name: one} for one in self._calibration]


def side(
    folder: EncoderFolder, tower: Tower, texts: Sequence[str], images: Sequence[Pixels]
) -> Side:
    """Return a tower of a folder with inputs for it; raises EncoderError if these are too few."""
    return TextSide(folder, texts) if tower == "text" else ImageSide(folder, images)


def _alone(description: EncoderDescription, network: Network) -> EncoderDescription:
    return description.model_copy(update={"networks": (network,)})


def _input_names(content: bytes) -> list[str]:
    import onnx

    graph = onnx.load_model_from_string(content).graph
    weights = {value.name for value in graph.initializer}
    return [value.name for value in graph.input if value.name not in weights]
