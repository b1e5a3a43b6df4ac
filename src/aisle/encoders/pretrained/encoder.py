"""Pretrained networks as encoders of a catalogue."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Literal, Self, TypeVar

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.catalog.prices import mask_prices
from aisle.encoders.encoder import DescribingEncoder, columns_to_read
from aisle.encoders.features import Features
from aisle.encoders.image.projection import Projection, learn_projection
from aisle.encoders.pretrained.choosing import chosen_network
from aisle.encoders.pretrained.finding import check_licence, find_folder
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    Network,
    Tower,
    parse_description,
)
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.remembering import image_vectors, text_vectors
from aisle.encoders.pretrained.session import Floats
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import RecipeError
from aisle.progress import Progress, silent

Scale = Literal["auto", "root", "length", "none"]
SCALES: tuple[Scale, ...] = ("auto", "root", "length", "none")

N = TypeVar("N", TextNetwork, ImageNetwork)


class PretrainedEncoder(DescribingEncoder, Generic[N]):
    """A network of an encoder folder over one modality; the bundle carries the network.

    Parameters
    ----------
    network
        The name of an encoder folder, or its path.
    columns
        The columns to read; all of the catalogue's when left out.
    precision
        Which of the folder's networks; by default the best one that is there.
    layer
        A tensor of the network to take instead of its embedding.
    components
        Principal components to keep; all columns when left out.
    scale
        ``length`` brings every vector to length 1; ``root`` takes signed square roots before, which
        evens out the few large numbers among those of a rectified layer (as Arandjelovic and
        Zisserman, 2012, do for histograms); ``auto`` takes roots where no number is below 0;
        ``none`` leaves vectors as they are.
    weight
        What the scaled vectors are multiplied by: how loud they are beside other encoders of the
        same expert.

    Attributes
    ----------
    description_ : dict
        What ``encoder.json`` says of the network that was taken.
    onnx_ : bytes
        The network.
    rooted_ : bool
        Whether square roots are taken.
    projection_ : Projection or None
        The principal components.
    """

    tower: Tower

    def __init__(
        self,
        network: str,
        columns: Sequence[str] | None = None,
        *,
        precision: str | None = None,
        layer: str | None = None,
        components: int | None = None,
        scale: Scale = "auto",
        weight: float = 1.0,
    ) -> None:
        self.network = network
        self.columns = columns
        self.precision = precision
        self.layer = layer
        self.components = components
        self.scale = scale
        self.weight = weight

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; another network is looked for at the next `fit`."""
        super().set_params(**params)
        if not {"network", "precision", "layer", "framing"}.isdisjoint(params):
            for name in ("_network", "description_", "onnx_", "tokenizer_"):
                self.__dict__.pop(name, None)
        return self

    def fit_described(self, described: Features) -> Self:
        """Learn the scale and principal components, and take the network along."""
        if self.scale not in SCALES:
            raise RecipeError(f"scale: expected one of {', '.join(SCALES)}, found {self.scale!r}")
        rows = described.matrix[described.present]
        self.rooted_ = self.scale == "root" or (
            self.scale == "auto" and bool(len(rows)) and float(rows.min()) >= 0
        )
        self.projection_: Projection | None = None
        if self.components is not None:
            self.projection_ = learn_projection(self._scaled(rows), self.components)
        self._take_along()
        return self

    def transform_described(self, described: Features) -> Features:
        """Return dense features, float32 (rows, dimension); absent rows hold zeros."""
        features = self._scaled(described.matrix)
        if self.projection_ is not None:
            features = self.projection_.apply(features)
        features *= np.float32(self.weight)
        features[~described.present] = 0
        return Features(features, described.present, errors=described.errors)

    def _scaled(self, rows: Floats) -> Floats:
        made = np.sign(rows) * np.sqrt(np.abs(rows)) if self.rooted_ else rows.copy()
        if self.scale == "none":
            return made
        lengths = np.sqrt(np.square(made, dtype=np.float64).sum(axis=1, keepdims=True))
        scaled: Floats = (made / np.maximum(lengths, 1e-12)).astype(np.float32)
        return scaled

    @property
    def carries_network(self) -> bool:
        """Whether the encoder has all that it takes to run, and need not look for a folder."""
        needed = ["description_", "onnx_", *(["tokenizer_"] if self.tower == "text" else [])]
        return all(hasattr(self, name) for name in needed)

    def _take_along(self) -> None:
        if hasattr(self, "onnx_"):
            return
        folder = find_folder(self.network)
        check_licence(folder)
        network = self._chosen(folder)
        self.description_ = _alone(folder.description, network, self.tower)
        self.onnx_ = folder.read(network.file)
        if self.tower == "text":
            self.tokenizer_ = folder.read(TOKENIZER)

    def _chosen(self, folder: EncoderFolder) -> Network:
        return chosen_network(folder, self.tower, self.precision)

    def _running(self) -> N:
        """Return the network: that of the bundle, or that of the folder.

        It is taken along before it runs, so that copies for the folds share its bytes, and what is
        saved is what has run whatever becomes of the folder meanwhile.
        """
        running: N | None = getattr(self, "_network", None)
        if running is None:
            self._take_along()
            running = self._carried(parse_description(self.description_, self.network))
            self._network: N | None = running
        return running

    @abstractmethod
    def _carried(self, description: EncoderDescription) -> N:
        """Build the network from what the encoder carries."""


class PretrainedTextEncoder(PretrainedEncoder[TextNetwork]):
    """Texts through a pretrained network: a sentence encoder, BERT, the text half of a pair.

    Parameters
    ----------
    network, columns, precision, layer, components, scale, weight
        See `PretrainedEncoder`.
    mask_prices
        Take amounts of money out of the texts, where the target is a price.

    Attributes
    ----------
    tokenizer_ : bytes
        The content of ``tokenizer.json``.
    """

    modality = "text"
    tower = "text"

    def __init__(
        self,
        network: str = "all-minilm-l6-v2",
        columns: Sequence[str] | None = None,
        *,
        precision: str | None = None,
        layer: str | None = None,
        components: int | None = None,
        scale: Scale = "length",
        weight: float = 1.0,
        mask_prices: bool = False,
    ) -> None:
        super().__init__(
            network,
            columns,
            precision=precision,
            layer=layer,
            components=components,
            scale=scale,
            weight=weight,
        )
        self.mask_prices = mask_prices

    def describe(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        """Run the network on every product's text, float32 (rows, dimension).

        A product without a letter or a digit in its texts is absent.
        """
        texts = self.texts(catalog)
        present = np.array([bool(text) for text in texts], dtype=bool)
        network = self._running()
        matrix = np.zeros((len(texts), network.dimension), dtype=np.float32)
        kept = np.flatnonzero(present)
        matrix[kept] = text_vectors(network, [texts[row] for row in kept], self.network, progress)
        return Features(matrix, present)

    def texts(self, catalog: Catalog) -> list[str]:
        """Return what is read of every product; an empty text where there is nothing."""
        return [" ".join(text.split()) for text in self.lines(catalog)]

    def lines(self, catalog: Catalog) -> list[str]:
        """Return the same with a line a field, as the catalogue joins its columns."""
        columns = columns_to_read(catalog, self.columns, (Role.TEXT,))
        texts = catalog.texts(columns)
        masked = [mask_prices(text) if self.mask_prices else text for text in texts]
        return [text if any(map(str.isalnum, text)) else "" for text in masked]

    def _carried(self, description: EncoderDescription) -> TextNetwork:
        return TextNetwork.build(description, self.onnx_, self.tokenizer_, layer=self.layer)


class PretrainedImageEncoder(PretrainedEncoder[ImageNetwork]):
    """Photographs through a pretrained network: a classifier's trunk, the image half of a pair.

    Parameters
    ----------
    network, columns, precision, layer, components, scale, weight
        See `PretrainedEncoder`.
    framing
        ``pad``, ``crop`` or ``stretch`` instead of what the folder says.
    """

    modality = "image"
    tower = "image"

    def __init__(
        self,
        network: str = "mobilenet-edgetpu-100",
        columns: Sequence[str] | None = None,
        *,
        precision: str | None = None,
        layer: str | None = None,
        components: int | None = None,
        scale: Scale = "auto",
        weight: float = 1.0,
        framing: Literal["pad", "crop", "stretch"] | None = None,
    ) -> None:
        super().__init__(
            network,
            columns,
            precision=precision,
            layer=layer,
            components=components,
            scale=scale,
            weight=weight,
        )
        self.framing = framing

    def describe(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        """Run the network on every product's photograph, float32 (rows, dimension).

        A photograph that cannot be read is absent, and `errors` says why.
        """
        columns = columns_to_read(catalog, self.columns, (Role.IMAGE,))
        network = self._running()
        found = image_vectors(network, catalog, columns, self.network, progress)
        matrix = np.zeros((len(catalog), network.dimension), dtype=np.float32)
        for row, result in enumerate(found):
            if result.value is not None:
                matrix[row] = result.value
        present = np.array([result.value is not None for result in found], dtype=bool)
        errors = {row: r.error for row, r in enumerate(found) if r.error is not None}
        return Features(matrix, present, errors=errors)

    def _carried(self, description: EncoderDescription) -> ImageNetwork:
        return ImageNetwork.build(description, self.onnx_, layer=self.layer, fit=self.framing)


def _alone(description: EncoderDescription, network: Network, tower: Tower) -> dict[str, Any]:
    """Return the description of one network of a folder, as plain JSON."""
    other = "image" if tower == "text" else "text"
    alone = description.model_copy(
        update={"modality": tower, "networks": (network,), other: None, "zero_shot": None}
    )
    found: dict[str, Any] = json.loads(alone.model_dump_json(exclude_none=True))
    return found
