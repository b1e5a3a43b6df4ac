"""Photographs through a pretrained network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import prod
from typing import Self

import numpy as np

from aisle.catalog.images import Pixels
from aisle.encoders.pretrained.choosing import chosen_network
from aisle.encoders.pretrained.folder import (
    EncoderDescription,
    EncoderFolder,
    ImageInput,
    fingerprint,
)
from aisle.encoders.pretrained.session import Floats, shared_session
from aisle.errors import EncoderError

_PREPARATION = "1"
"""Changes with the way in which pixels are prepared, so that older cached vectors are not taken."""


class ImageNetwork:
    """Turns photographs into vectors, each photograph alone.

    Called from several threads, each of which decodes, prepares and runs its own photograph: so
    decoding and inference overlap, and all cores are busy with one thread each.

    Parameters
    ----------
    content
        The ONNX file.
    how
        How a photograph becomes the network's input.
    output
        The tensor to take; maps of features are laid out in one row.
    where
        What messages call the network.
    """

    def __init__(self, content: bytes, how: ImageInput, output: str, where: str) -> None:
        self.how = how
        self.fingerprint = fingerprint(content, how.model_dump_json(), output, _PREPARATION)
        self._session = shared_session(content, output, where)
        self._where = where
        std = np.array(how.std, dtype=np.float32)
        self._scale = 1 / std
        self._shift = -np.array(how.mean, dtype=np.float32) / std

    @classmethod
    def load(
        cls,
        folder: EncoderFolder,
        *,
        precision: str | None = None,
        layer: str | None = None,
        fit: str | None = None,
    ) -> Self:
        """Load the images' network of an encoder folder.

        Parameters
        ----------
        folder
            The folder.
        precision
            Such as ``float32``; by default the best one that is there.
        layer
            A tensor of the network to take instead of its embedding, such as VGG16's last pool.
        fit
            ``pad``, ``crop`` or ``stretch`` instead of what the folder says.

        Raises
        ------
        EncoderError
            If the folder has no such network, or it cannot be loaded.
        """
        network = chosen_network(folder, "image", precision)
        alone = folder.description.model_copy(update={"networks": (network,)})
        return cls.build(alone, folder.read(network.file), layer=layer, fit=fit)

    @classmethod
    def build(
        cls,
        description: EncoderDescription,
        content: bytes,
        *,
        layer: str | None = None,
        fit: str | None = None,
    ) -> Self:
        """Build the network of a description that names one alone; raises EncoderError."""
        network, how = description.networks[0], description.image
        if how is None:
            raise EncoderError(f"{description.name}: reads no images")
        if fit is not None:
            if fit not in _FIT:
                raise EncoderError(f"fit: expected one of {', '.join(_FIT)}, found {fit!r}")
            how = how.model_copy(update={"fit": fit})
        where = f"{description.name} ({network.file})"
        return cls(content, how, layer or network.output, where)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the network itself: it has learned nothing that a copy could change."""
        return self

    @property
    def side(self) -> int:
        """What the longer side of a decoded photograph should at least be, in pixels."""
        longer = max(self.how.size)
        # A crop or a stretch enlarges the shorter side, so that more of it has to be read.
        return longer if self.how.fit == "pad" else 2 * round(longer / self.how.crop)

    @cached_property
    def dimension(self) -> int:
        """The length of the vectors."""
        sizes = self._session.shape[1:]
        if sizes and None not in sizes:
            found = prod(size for size in sizes if size is not None)
        else:
            found = len(self._flat(self.prepared(np.full((8, 8, 3), 255, dtype=np.uint8))))
        return self._session.checked_dimension(found)

    def encode(self, pixels: Pixels) -> Floats:
        """Return the vector of one photograph, float32 (dimension,).

        Parameters
        ----------
        pixels
            uint8 (height, width, 3), RGB.

        Raises
        ------
        EncoderError
            If the network refuses its input.
        """
        return self.run(self.prepared(pixels))

    def prepared(self, pixels: Pixels) -> Floats:
        """Return the network's input, float32 (1, 3, height, width) or (1, height, width, 3)."""
        return self.normalised(self.framed(pixels))

    def framed(self, pixels: Pixels) -> Pixels:
        """Return a photograph in the network's frame, uint8 (height, width, 3), RGB."""
        return _FIT[self.how.fit](pixels, self.how)

    def normalised(self, frame: Pixels) -> Floats:
        """Return the network's input for a photograph that is in its frame."""
        inside = frame
        if self.how.colour == "BGR":
            inside = inside[:, :, ::-1]
        if self.how.layout == "NHWC":
            made = inside * self._scale + self._shift
            return np.ascontiguousarray(made[None], dtype=np.float32)
        made = np.empty((1, 3, *self.how.size), dtype=np.float32)
        for channel in range(3):
            np.multiply(inside[:, :, channel], self._scale[channel], out=made[0, channel])
            made[0, channel] += self._shift[channel]
        return made

    def run(self, prepared: Floats) -> Floats:
        """Run the network on one prepared photograph, float32 (dimension,)."""
        found = self._flat(prepared)
        if len(found) != self.dimension:
            raise EncoderError(
                f"{self._where}: expected {self.dimension} numbers a photograph, found {len(found)}"
            )
        return found

    def _flat(self, prepared: Floats) -> Floats:
        names = self._session.inputs
        if len(names) != 1:
            raise EncoderError(
                f"{self._where}: an image network has one input, this one has {', '.join(names)}"
            )
        found: Floats = self._session.run_one({names[0]: prepared}).reshape(-1)
        return found


def _padded(pixels: Pixels, how: ImageInput) -> Pixels:
    """Shrink or enlarge the whole photograph into the frame; the rest gets the background."""
    height, width = how.size
    ratio = min(height / pixels.shape[0], width / pixels.shape[1])
    inside = _resized(pixels, _scaled(pixels, ratio, how.size), how)
    if inside.shape[:2] == (height, width):
        return inside
    frame = np.empty((height, width, 3), dtype=np.uint8)
    frame[...] = how.background
    top, left = (height - inside.shape[0]) // 2, (width - inside.shape[1]) // 2
    frame[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return frame


def _cropped(pixels: Pixels, how: ImageInput) -> Pixels:
    """Take the middle of the photograph, as classifiers of ImageNet are tested."""
    height, width = how.size
    ratio = max(height / pixels.shape[0], width / pixels.shape[1])
    # Cut first: what falls outside of the frame need not be resized.
    rows = min(pixels.shape[0], max(1, round(how.crop * height / ratio)))
    columns = min(pixels.shape[1], max(1, round(how.crop * width / ratio)))
    top, left = (pixels.shape[0] - rows) // 2, (pixels.shape[1] - columns) // 2
    return _resized(pixels[top : top + rows, left : left + columns], (height, width), how)


def _stretched(pixels: Pixels, how: ImageInput) -> Pixels:
    return _resized(pixels, how.size, how)


_FIT: dict[str, Callable[[Pixels, ImageInput], Pixels]] = {
    "pad": _padded,
    "crop": _cropped,
    "stretch": _stretched,
}


def _scaled(pixels: Pixels, ratio: float, most: tuple[int, int]) -> tuple[int, int]:
    height = min(max(1, round(pixels.shape[0] * ratio)), most[0])
    return height, min(max(1, round(pixels.shape[1] * ratio)), most[1])


def _resized(pixels: Pixels, size: tuple[int, int], how: ImageInput) -> Pixels:
    """Resize to (height, width); shrinking averages over areas, so that nothing flickers."""
    import cv2

    if pixels.shape[:2] == size:
        return pixels
    methods = {
        "bilinear": cv2.INTER_LINEAR,
        "bicubic": cv2.INTER_CUBIC,
        "lanczos": cv2.INTER_LANCZOS4,
        "area": cv2.INTER_AREA,
        "nearest": cv2.INTER_NEAREST,
    }
    shrinks = pixels.shape[0] > size[0] or pixels.shape[1] > size[1]
    method = cv2.INTER_AREA if shrinks else methods[how.interpolation]
    made: Pixels = cv2.resize(pixels, (size[1], size[0]), interpolation=method)
    return made
