"""An encoder whose network is fine-tuned on the catalogue that it is fitted on."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from aisle.cache import nothing_kept
from aisle.catalog import Catalog, Task
from aisle.encoders.encoder import Encoder
from aisle.encoders.features import Features
from aisle.encoders.pretrained.encoder import (
    PretrainedImageEncoder,
    PretrainedTextEncoder,
    Scale,
)
from aisle.encoders.pretrained.folder import fingerprint
from aisle.errors import RecipeError, TrainingError
from aisle.neural.training import exclusive
from aisle.neural.training.job import Rows
from aisle.neural.tuning.settings import Modality, Tuning
from aisle.neural.tuning.source import Source, find_source
from aisle.neural.tuning.spared import note_spared
from aisle.neural.tuning.store import Curves, Kept, TunedStore
from aisle.neural.tuning.tune import Collate, linear_start, tune
from aisle.progress import Progress, silent
from aisle.threads import cores

if TYPE_CHECKING:
    from aisle.neural.importing import ImportedNetwork

_FORMAT = "3"
"""Changes with the way in which networks are tuned, so that older ones are not taken."""

FEWEST = 8
"""Rows that it takes to tune a network; with fewer it stays as it was."""

Targets = npt.NDArray[Any]
Vectors = npt.NDArray[np.float32]
P = TypeVar("P", PretrainedTextEncoder, PretrainedImageEncoder)


@dataclass(frozen=True, eq=False)
class Material(Generic[P]):
    """What a network is tuned on.

    Parameters
    ----------
    source
        The network.
    tuning
        How.
    catalog
        Rows that have a target and can be read.
    targets
        int64 or float32 (rows,).
    frozen
        The encoder with the network as it was.
    teacher
        Vectors that photographs are brought near to, float32 (rows, dimension), or None.
    """

    source: Source
    tuning: Tuning
    catalog: Catalog
    targets: Targets
    frozen: P
    teacher: Vectors | None


class TunedEncoder(Encoder, Generic[P]):
    """A pretrained network that learns the target before it encodes.

    Its features have seen the labels of the rows that it was fitted on. So it is an expert of its
    own, whose worth shows on out-of-fold rows; beside other encoders under one head, what they say
    would go unheard.

    Parameters
    ----------
    network
        The name of an encoder folder, or its path.
    columns
        The columns to read; all of the catalogue's when left out.
    tune
        ``last3``, ``whole``, ``lora``, or a mapping; see `Tuning`.
    components, scale, weight
        See `PretrainedEncoder`; principal components are taken after tuning.
    seed
        Of the training.

    Attributes
    ----------
    inner_ : PretrainedEncoder
        The encoder with the tuned network.
    curves_ : dict of str to list of float
        How the training went; empty where there were too few rows for one.
    """

    tower: ClassVar[Modality]
    inner_: P
    curves_: Curves

    passing: bool = False
    """Whether the encoder is soon given up, as a fold's is: nothing that its tuned network says is
    then kept in the feature cache."""

    def __init__(
        self,
        network: str,
        columns: Sequence[str] | None = None,
        *,
        tune: str | Mapping[str, Any] = "last3",
        components: int | None = None,
        scale: Scale = "auto",
        weight: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.network = network
        self.columns = columns
        self.tune = tune
        self.components = components
        self.scale = scale
        self.weight = weight
        self.seed = seed

    def fit(self, catalog: Catalog, *, progress: Progress = silent) -> Self:
        """Tune the network on the rows that have a target and something to read."""
        self._learn(catalog, progress)
        return self

    def fit_transform(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        """Fit, and return the features of the same rows, which are then encoded only once."""
        told = self._learn(catalog, progress)
        features: Features = self.inner_.transform_described(told)
        return features

    def transform(self, catalog: Catalog) -> Features:
        """Return what the tuned network says, float32 (rows, dimension)."""
        with self._keeping():
            found: Features = self.inner_.transform(catalog)
        return found

    def _learn(self, catalog: Catalog, progress: Progress) -> Features:
        """Tune the network, and return what it then says of the rows."""
        tuning = Tuning.of(self.tune, self.tower, self.seed, task=catalog.task)
        source = find_source(self.network, self.tower)
        frozen = self._carrying(source, source.content)
        # The new head reads vectors of length 1, whatever is made of them afterwards.
        frozen.components, frozen.weight = None, 1.0
        frozen.scale = "length" if self.scale == "none" else self.scale
        described = frozen.describe(catalog, progress=progress)
        if len(catalog) and not described.present.any():
            why = next(iter(described.errors.values()), "there is none")
            raise TrainingError(f"not one {self.modality} can be read to tune on ({why})")
        frozen.fit_described(described)
        rows = np.flatnonzero(described.present & catalog.has_target)
        targets = _targets(catalog, rows)
        tuned, curves = source.content, Curves()
        if len(rows) >= FEWEST and len(np.unique(targets)) > 1:
            features = frozen.transform_described(described).matrix[rows]
            some = catalog.take(rows)
            teacher = self._teacher(tuning, some)
            material = Material(source, tuning, some, targets, frozen, teacher)
            tuned, curves = self._tuned(material, features, progress)
        self.curves_ = curves
        self.inner_ = self._carrying(source, tuned)
        with self._keeping():
            told = self.inner_.describe(catalog)
        self.inner_.fit_described(told)
        return told

    def _keeping(self) -> AbstractContextManager[None]:
        return nothing_kept() if self.passing else nullcontext()

    def _tuned(
        self, material: Material[P], features: Vectors, progress: Progress
    ) -> tuple[bytes, Curves]:
        """Tune the network, or take it from a training before; `features` are the frozen one's."""
        source, catalog, teacher = material.source, material.catalog, material.teacher
        targets, rooted = material.targets, material.frozen.rooted_
        store = TunedStore(
            fingerprint(
                _made_with(),
                source.fingerprint,
                material.tuning.told(),
                self._told(material),
                f"{rooted} {targets.dtype}",
                targets.tobytes(),
            )
        )
        known = store.get()
        if known is not None:
            note_spared(store.key, known.seconds)
            return known.content, known.curves
        how = source.description.text
        start = linear_start(features, targets, catalog.task, rooted=rooted)
        # Folds are fitted side by side; each waits here before it takes memory or disk.
        with exclusive(material.tuning.training.seed):
            began = time.perf_counter()
            network, rows, collate = self._work(material)
            content, history = tune(
                network,
                source.content,
                rows,
                collate,
                start,
                tuning=material.tuning,
                output=source.output,
                task=catalog.task,
                where=source.description.name,
                pooling="mean" if how is None else how.pooling,
                teacher=0 if teacher is None else teacher.shape[1],
                checkpoint=store.checkpoint,
                progress=progress,
            )
            spent = time.perf_counter() - began
        # Epochs from a checkpoint were made before.
        seconds = max(spent, history.seconds)
        note_spared(store.key, seconds - spent)
        store.put(Kept(content, history.curves(), seconds))
        return content, history.curves()

    def _carrying(self, source: Source, content: bytes) -> P:
        """Return the encoder of a network that is given."""
        made = self._plain()
        network = source.description.networks[0]
        alone = network.model_copy(update={"seconds": None, "agreement": None})
        description = source.description.model_copy(update={"networks": (alone,)})
        made.description_ = json.loads(description.model_dump_json(exclude_none=True))
        made.onnx_ = content
        if source.tokenizer is not None:
            made.tokenizer_ = source.tokenizer
        return made

    def _teacher(self, tuning: Tuning, catalog: Catalog) -> Vectors | None:
        """Return the vectors that photographs are brought near to, (rows, dimension)."""
        if "image-text" not in tuning.objectives:
            return None
        found = PretrainedTextEncoder(tuning.teacher).describe(catalog)
        if not found.present.all():
            raise RecipeError(
                "tune: the objective image-text needs a text for every product, and "
                f"{int((~found.present).sum()):,} of {len(found):,} with a photograph have none"
            )
        vectors: Vectors = found.matrix
        return vectors

    @abstractmethod
    def _plain(self) -> P:
        """Return the encoder without a network."""

    @abstractmethod
    def _told(self, material: Material[P]) -> str:
        """Return what tells the contents of the rows from others."""

    @abstractmethod
    def _work(self, material: Material[P]) -> tuple[ImportedNetwork, Rows, Collate]:
        """Return the network to train, its training rows, and what makes batches of them."""


def _made_with() -> str:
    """Return what decides the numbers of a training besides its rows and settings."""
    libraries = [f"{name} {version(name)}" for name in ("torch", "scikit-learn", "onnx")]
    return " ".join([_FORMAT, *libraries, str(cores())])


def _targets(catalog: Catalog, rows: npt.NDArray[np.int64]) -> Targets:
    """Return codes of the classes that occur, int64, or prices on an even scale, float32."""
    if catalog.task is Task.CLASSIFY:
        _, codes = np.unique(catalog.labels[rows].astype(str), return_inverse=True)
        return np.asarray(codes, dtype=np.int64)
    values = catalog.values[rows]
    if (values > 0).all():
        values = np.log(values)
    spread = float(values.std())
    even: Targets = ((values - values.mean()) / (spread or 1.0)).astype(np.float32)
    return even
