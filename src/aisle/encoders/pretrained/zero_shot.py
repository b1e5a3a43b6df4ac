"""Products against the names of categories, in the space of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.encoders.features import Features
from aisle.encoders.pretrained.encoder import (
    PretrainedEncoder,
    PretrainedImageEncoder,
    PretrainedTextEncoder,
)
from aisle.encoders.pretrained.finding import check_licence, find_folder
from aisle.encoders.pretrained.folder import DESCRIPTION, EncoderFolder, Tower, open_folder
from aisle.encoders.pretrained.prompts import NamedCategory, prompts
from aisle.encoders.pretrained.remembering import text_vectors
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import CatalogError, EncoderError
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]

TEMPERATURE = 20.0
"""What cosines are multiplied by where the encoder does not say: of 5 to 50 the best log loss for
photographs (through ConSE) of 1,050 products, and nearly so for their titles (15)."""

_ROLES = {"text": Role.TEXT, "image": Role.IMAGE}


@dataclass(frozen=True, eq=False)
class NameScores:
    """How well the categories' names fit products.

    Parameters
    ----------
    probabilities
        float64 (rows, categories); NaN where a product has nothing to judge by. They are softmaxes
        of cosines: nothing was ever learned about how often they are right.
    present
        Which products have each modality, bool (rows,).
    errors
        What could not be read, by row number.
    """

    probabilities: Floats
    present: Mapping[str, npt.NDArray[np.bool_]]
    errors: Mapping[int, str]


class NameMatcher:
    """Compares products with the names of categories; nothing is learned.

    A category is the mean of many sentences about it, as Radford et al. (2021) do for CLIP. Where
    both the text and the photograph of a product are compared, the logarithms of their
    probabilities are averaged.

    Parameters
    ----------
    encoder
        The name or path of an encoder folder: a pair; an image encoder that says with `zero_shot`
        which of its outputs lies in the space of a text encoder; or a text encoder.
    categories
        What to choose from.
    templates
        Sentences with ``{}`` where a category's name goes.
    modalities
        Of ``text`` and ``image``; by default all that the encoder can compare and the catalogue
        has columns of.
    columns
        By modality, the columns to read; all of the catalogue's when left out.

    Raises
    ------
    EncoderError
        If there is no such encoder, or it cannot be compared with names.

    References
    ----------
    Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision.
    Norouzi et al. (2014), Zero-Shot Learning by Convex Combination of Semantic Embeddings.
    """

    def __init__(
        self,
        encoder: str | Path,
        categories: Sequence[NamedCategory],
        *,
        templates: Sequence[str],
        modalities: Collection[str] | None = None,
        columns: Mapping[str, Sequence[str] | None] | None = None,
    ) -> None:
        self.name = str(encoder)
        self.categories = categories
        self.templates = templates
        self._folder = find_folder(encoder)
        self._texts = self._find_texts()
        self._columns = dict(columns or {})
        self._modalities = modalities
        self._encoders: dict[Tower, PretrainedEncoder[Any]] = {}
        for modality in modalities or ():
            if modality not in self.comparable:
                raise EncoderError(
                    f"{self.name}: compares {' and '.join(self.comparable)} with names of "
                    f"categories, not {modality!r}"
                )

    @property
    def comparable(self) -> tuple[Tower, ...]:
        """What of a product can be compared with names."""
        alone = self._folder.description.modality == "text"
        return ("text",) if alone else ("text", "image")

    def modalities_for(self, catalog: Catalog) -> tuple[Tower, ...]:
        """Return what of the products of a catalogue is compared.

        Raises
        ------
        CatalogError
            If the catalogue has no column of it.
        """
        asked = self.comparable if self._modalities is None else self._modalities
        here = tuple(m for m in self.comparable if m in asked and self._read(catalog, m))
        lacking = [m for m in asked if m not in here]
        if not here or (lacking and self._modalities is not None):
            raise CatalogError(
                f"the catalogue has no column of {' or '.join(lacking)}; name one with "
                f"{' or '.join(f'--{m} COLUMN' for m in lacking)}. Its columns are "
                f"{', '.join(column.name for column in catalog.schema)}"
            )
        return here

    @cached_property
    def names(self) -> npt.NDArray[np.float32]:
        """The vectors of the categories, float32 (categories, dimension), each of length 1."""
        name, folder = self._texts
        check_licence(folder)
        network = TextNetwork.load(folder)
        asked = [prompts(category, self.templates) for category in self.categories]
        vectors = _unit(text_vectors(network, [one for some in asked for one in some], name))
        ends = np.cumsum([len(some) for some in asked])[:-1]
        means = np.stack([part.mean(axis=0) for part in np.split(vectors, ends)])
        return _unit(means).astype(np.float32)

    def scores(self, catalog: Catalog, *, progress: Progress = silent) -> NameScores:
        """Compare every product with every category.

        Parameters
        ----------
        catalog
            The products.
        progress
            Told how many products are done.

        Raises
        ------
        CatalogError
            If the catalogue has no column to compare.
        EncoderError
            If vectors of products and of names are not of one length.
        """
        total = np.zeros((len(catalog), len(self.categories)))
        count = np.zeros(len(catalog))
        present: dict[str, npt.NDArray[np.bool_]] = {}
        errors: dict[int, str] = {}
        for modality in self.modalities_for(catalog):
            found = self._encoder(modality).describe(catalog, progress=progress)
            total[found.present] += self._fit(found, modality)
            count += found.present
            present[modality] = found.present
            errors |= found.errors
        means = np.full_like(total, np.nan)
        some = count > 0
        means[some] = _log_softmax(total[some] / count[some, None])
        return NameScores(np.exp(means), present, errors)

    def _fit(self, found: Features, modality: Tower) -> Floats:
        """Return log-probabilities of the products that are present, (present, categories)."""
        names = self.names
        if found.dimension != names.shape[1]:
            raise EncoderError(
                f"{self.name}: its vectors of {modality}s have {found.dimension} numbers, those of "
                f"names ({self._texts[0]}) {names.shape[1]}; they do not lie in one space"
            )
        told = self._folder.description.temperature if modality == "image" else None
        cosines = _unit(found.matrix[found.present]) @ names.T.astype(np.float64)
        return _log_softmax(cosines * (told or TEMPERATURE))

    def _encoder(self, modality: Tower) -> PretrainedEncoder[Any]:
        made = self._encoders.get(modality)
        if made is None:
            columns = self._columns.get(modality)
            if modality == "text":
                made = PretrainedTextEncoder(self._texts[0], columns)
            else:
                told = self._folder.description.zero_shot
                layer = None if told is None else told.output
                made = PretrainedImageEncoder(self.name, columns, layer=layer)
            self._encoders[modality] = made
        return made

    def _read(self, catalog: Catalog, modality: Tower) -> bool:
        return bool(self._columns.get(modality) or catalog.schema.names(_ROLES[modality]))

    def _find_texts(self) -> tuple[str, EncoderFolder]:
        """Return the encoder of names: this one, or the one that it says, and what it is called."""
        folder, told = self._folder, self._folder.description.zero_shot
        if "text" in folder.description.towers:
            return self.name, folder
        if told is None or told.text_encoder is None:
            raise EncoderError(
                f"{self.name}: reads photographs alone, and none of its outputs can be compared "
                "with names of categories; take a pair, such as siglip2-base or clip-vit-b32 "
                "('aisle encoders list' shows them)"
            )
        # Encoders that belong together often lie side by side, wherever that is.
        beside = folder.path.parent / told.text_encoder
        if (beside / DESCRIPTION).is_file():
            return str(beside), open_folder(beside)
        try:
            return told.text_encoder, find_folder(told.text_encoder)
        except EncoderError as error:
            raise EncoderError(f"{self.name} needs a second encoder: {error}") from error


def _unit(rows: npt.NDArray[Any]) -> Floats:
    """Bring every row to length 1, float64."""
    wide = rows.astype(np.float64)
    lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    made: Floats = wide / np.maximum(lengths, 1e-12)
    return made


def _log_softmax(scores: Floats) -> Floats:
    away = scores - scores.max(axis=1, keepdims=True, initial=-np.inf)
    made: Floats = away - np.log(np.exp(away).sum(axis=1, keepdims=True))
    return made
