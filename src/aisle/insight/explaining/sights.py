"""A photograph as an expert sees it, and what the expert says when parts of it are blurred."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Role
from aisle.catalog.images import Pixels, decode
from aisle.encoders import Encoder, Features
from aisle.encoders.pretrained.encoder import PretrainedImageEncoder
from aisle.encoders.pretrained.folder import parse_description
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.deletion import Kept
from aisle.insight.explaining.question import Floats
from aisle.neural.tuning.encoders import TunedImageEncoder
from aisle.threads import cores, in_threads

CELLS = 14
"""Parts of a picture are blurred by the cells of a square grid of this many a side."""

_SIDE = 224
_BLUR = 8.0
"""The standard deviation of the blur: this part of the longer side."""


@dataclass(frozen=True, eq=False)
class Sight(ABC):
    """What an expert of photographs is shown.

    Parameters
    ----------
    asked
        The expert and its product.
    frame
        The photograph as it sees it, uint8 (height, width, 3).
    """

    asked: AskedExpert
    frame: Pixels

    @abstractmethod
    def evidence(self, frames: Sequence[Pixels]) -> Floats:
        """Return the evidence for other photographs of the same size, float64 (frames,)."""

    @cached_property
    def blurred(self) -> Pixels:
        """The photograph with nothing left to recognise."""
        import cv2

        sigma = max(self.frame.shape[:2]) / _BLUR
        made: Pixels = cv2.GaussianBlur(
            self.frame, (0, 0), sigmaX=sigma, borderType=cv2.BORDER_REPLICATE
        )
        return made

    def partly(self, kept: Kept) -> Pixels:
        """Return the photograph with the cells that are not kept blurred, bool (cells * cells,)."""
        side = round(len(kept) ** 0.5)
        height, width = self.frame.shape[:2]
        rows = np.arange(height) * side // height
        columns = np.arange(width) * side // width
        stays = kept.reshape(side, side)[np.ix_(rows, columns)]
        return np.where(stays[:, :, None], self.frame, self.blurred)

    def parted(self, variants: Sequence[Kept]) -> Floats:
        """Return the evidence with cells blurred, float64 (variants,)."""
        return self.evidence([self.partly(kept) for kept in variants])


@dataclass(frozen=True, eq=False)
class NetworkSight(Sight):
    """The photograph in the frame of the only network that the expert looks through.

    Parameters
    ----------
    name
        Of the encoder in the model.
    encoder
        Whose network it is.
    network
        The network.
    """

    name: str
    encoder: PretrainedImageEncoder
    network: ImageNetwork

    def evidence(self, frames: Sequence[Pixels]) -> Floats:
        """Run the network on each photograph."""
        vectors: list[npt.NDArray[np.float32]] = []
        in_threads(
            lambda frame: self.network.run(self.network.normalised(frame)),
            frames,
            cores(),
            lambda _, vector: vectors.append(vector),
        )
        return self.of_vectors(np.stack(vectors))

    def of_vectors(self, vectors: npt.NDArray[np.float32]) -> Floats:
        """Return the evidence for what the network may say, float32 (rows, dimension)."""
        present = np.ones(len(vectors), dtype=bool)
        features = self.encoder.transform_described(Features(vectors, present))
        return self.asked.replaced({self.name: features})


@dataclass(frozen=True, eq=False)
class CatalogSight(Sight):
    """The photograph as it lies in the catalogue, for encoders that cut and describe it themselves.

    Parameters
    ----------
    columns
        The image columns that the expert reads.
    """

    columns: Sequence[str]

    def evidence(self, frames: Sequence[Pixels]) -> Floats:
        """Put each photograph into the catalogue in the product's place."""
        made = self.asked.repeated(len(frames))
        table = made.table
        for column in self.columns:
            first = column == self.columns[0]
            values = [_encoded(frame) if first else None for frame in frames]
            at = table.column_names.index(column)
            table = table.set_column(at, column, pa.array(values, pa.binary()))
        return self.asked.of_catalog(replace(made, table=table))


def find_sight(asked: AskedExpert) -> Sight | None:
    """Return what an expert of photographs sees of its product; None where it sees nothing."""
    there = asked.product.table.column_names
    columns = [name for name in asked.product.schema.names(Role.IMAGE) if name in there]
    inner = {name: plain_encoder(encoder) for name, encoder in asked.encoders.items()}
    (name, encoder), *others = inner.items()
    if isinstance(encoder, PretrainedImageEncoder):
        read = columns if encoder.columns is None else list(encoder.columns)
        if not others:
            network = ImageNetwork.build(
                parse_description(encoder.description_, encoder.network),
                encoder.onnx_,
                layer=encoder.layer,
                fit=encoder.framing,
            )
            found = _photograph(asked, read, network.side)
            if found is None:
                return None
            return NetworkSight(asked, network.framed(found), name, encoder, network)
    found = _photograph(asked, columns, _SIDE)
    return None if found is None else CatalogSight(asked, _small(found), columns)


def plain_encoder(encoder: Encoder) -> Encoder:
    """Return the encoder inside of one that was tuned."""
    return encoder.inner_ if isinstance(encoder, TunedImageEncoder) else encoder


def _photograph(asked: AskedExpert, columns: Sequence[str], side: int) -> Pixels | None:
    (found,) = asked.product.map_contents(
        lambda content: decode(content, side=side), columns=columns
    )
    return found.value


def _small(pixels: Pixels) -> Pixels:
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.uint8)


def _encoded(pixels: Pixels) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", compress_level=1)
    return written.getvalue()
