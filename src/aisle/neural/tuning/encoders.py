"""Encoders of texts and of photographs whose network learns the target first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from aisle.cache import content_key
from aisle.encoders.pretrained.encoder import (
    PretrainedImageEncoder,
    PretrainedTextEncoder,
    Scale,
)
from aisle.encoders.pretrained.folder import fingerprint
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.neural.augmenting import ImageAugmentation, TextAugmentation
from aisle.neural.training.job import Rows
from aisle.neural.tuning.rows import ImageRows, TextRows, image_batch, text_batch
from aisle.neural.tuning.trunk import Trunk
from aisle.neural.tuning.tune import Collate
from aisle.neural.tuning.tuned_encoder import FEWEST, Material, TunedEncoder

if TYPE_CHECKING:
    from aisle.neural.importing import ImportedNetwork

__all__ = ["FEWEST", "TunedEncoder", "TunedImageEncoder", "TunedTextEncoder"]


class TunedTextEncoder(TunedEncoder[PretrainedTextEncoder]):
    """A text network that learns the target.

    Parameters
    ----------
    network, columns, tune, components, scale, weight, seed
        See `TunedEncoder`.
    mask_prices
        Take amounts of money out of the texts, where the target is a price.
    """

    modality = "text"
    tower = "text"

    def __init__(
        self,
        network: str = "all-minilm-l6-v2",
        columns: Sequence[str] | None = None,
        *,
        tune: str | Mapping[str, Any] = "last3",
        components: int | None = None,
        scale: Scale = "length",
        weight: float = 1.0,
        seed: int = 0,
        mask_prices: bool = False,
    ) -> None:
        super().__init__(
            network,
            columns,
            tune=tune,
            components=components,
            scale=scale,
            weight=weight,
            seed=seed,
        )
        self.mask_prices = mask_prices

    def _plain(self) -> PretrainedTextEncoder:
        return PretrainedTextEncoder(
            self.network,
            self.columns,
            components=self.components,
            scale=self.scale,
            weight=self.weight,
            mask_prices=self.mask_prices,
        )

    def _told(self, material: Material[PretrainedTextEncoder]) -> str:
        return fingerprint(*material.frozen.lines(material.catalog))

    def _work(
        self, material: Material[PretrainedTextEncoder]
    ) -> tuple[ImportedNetwork, Rows, Collate]:
        source, tuning = material.source, material.tuning
        network = TextNetwork.build(source.description, source.content, source.tokenizer or b"")
        change = TextAugmentation.from_settings(tuning.augment)
        texts = material.frozen.lines(material.catalog)
        rows = TextRows(
            network,
            texts,
            material.targets,
            change,
            seed=tuning.training.seed,
            max_tokens=tuning.max_tokens,
        )
        return source.imported(), rows, text_batch


class TunedImageEncoder(TunedEncoder[PretrainedImageEncoder]):
    """An image network that learns the target.

    Parameters
    ----------
    network, columns, tune, components, scale, weight, seed
        See `TunedEncoder`.
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
        tune: str | Mapping[str, Any] = "last3",
        components: int | None = None,
        scale: Scale = "auto",
        weight: float = 1.0,
        seed: int = 0,
        framing: Literal["pad", "crop", "stretch"] | None = None,
    ) -> None:
        super().__init__(
            network,
            columns,
            tune=tune,
            components=components,
            scale=scale,
            weight=weight,
            seed=seed,
        )
        self.framing = framing

    def _plain(self) -> PretrainedImageEncoder:
        return PretrainedImageEncoder(
            self.network,
            self.columns,
            components=self.components,
            scale=self.scale,
            weight=self.weight,
            framing=self.framing,
        )

    def _told(self, material: Material[PretrainedImageEncoder]) -> str:
        found = material.catalog.map_contents(content_key, columns=self.columns)
        vectors = b"" if material.teacher is None else material.teacher.tobytes()
        told = [result.value or b"" for result in found]
        return fingerprint(str(self.framing), vectors, *told)

    def _work(
        self, material: Material[PretrainedImageEncoder]
    ) -> tuple[ImportedNetwork, Rows, Collate]:
        source, tuning = material.source, material.tuning
        network = ImageNetwork.build(source.description, source.content, fit=self.framing)
        end = None if tuning.layers is None else source.imported_end(tuning.layers)
        trunk = None
        if end is not None:
            told = network.how.model_dump_json()
            trunk = Trunk(source.content, end[1], told, source.description.name)
        rows = ImageRows(
            network,
            material.catalog,
            self.columns,
            material.targets,
            augmentation=ImageAugmentation.from_settings(tuning.augment),
            seed=tuning.training.seed,
            trunk=trunk,
            views=tuning.views,
            teacher=material.teacher,
        )
        return source.imported() if end is None else end[0], rows, image_batch
