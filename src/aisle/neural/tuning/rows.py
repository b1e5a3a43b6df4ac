"""Training rows of texts and photographs, augmented anew in every epoch."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.cache import content_key
from aisle.catalog import Catalog
from aisle.catalog.images import UnreadableImageError, decode
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.neural.augmenting import ImageAugmentation, TextAugmentation
from aisle.neural.training import Batch
from aisle.neural.tuning.trunk import Trunk
from aisle.progress import Progress, silent

Targets = npt.NDArray[Any]
Vectors = npt.NDArray[np.float32]


class _Augmented:
    """Rows whose augmentation follows from seed, epoch and row alone."""

    def __init__(self, targets: Targets, seed: int) -> None:
        self.targets = targets
        self._seed, self._epoch = seed, 0

    def __len__(self) -> int:
        return len(self.targets)

    def set_epoch(self, epoch: int) -> None:
        """Begin a round over the rows."""
        self._epoch = epoch

    def dice(self, row: int) -> np.random.Generator:
        """Return the random numbers of a row in this epoch."""
        return np.random.default_rng([self._seed, self._epoch, row])


class TextRows(_Augmented):
    """Texts as numbers of tokens.

    Parameters
    ----------
    network
        Whose tokenizer cuts the texts.
    texts
        One a row, with a line a field.
    targets
        int64 or float32 (rows,).
    augmentation
        Changes every text, in every epoch anew.
    seed
        Of the augmentation.
    max_tokens
        Cut texts there, before the last token, which ends them.
    """

    def __init__(
        self,
        network: TextNetwork,
        texts: Sequence[str],
        targets: Targets,
        augmentation: TextAugmentation,
        *,
        seed: int,
        max_tokens: int | None = None,
    ) -> None:
        super().__init__(targets, seed)
        self._network, self._texts, self._augmentation = network, texts, augmentation
        self._most = max_tokens

    def __getitem__(self, row: int) -> tuple[npt.NDArray[np.int64], Any, None]:
        text = " ".join(self._augmentation(self._texts[row], self.dice(row)).split())
        tokens = self._network.tokens([text])[0]["input_ids"][0]
        if self._most is not None and len(tokens) > self._most:
            tokens = np.append(tokens[: self._most - 1], tokens[-1])
        return tokens, self.targets[row], None


def text_batch(items: list[Any], inputs: Sequence[str]) -> Batch:
    """Make a batch of texts, padded to the longest.

    Parameters
    ----------
    items
        Tokens, target and nothing.
    inputs
        The names of the network's inputs.
    """
    import torch

    longest = max(1, *(len(tokens) for tokens, *_ in items))
    ids = torch.zeros((len(items), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, (tokens, *_) in enumerate(items):
        ids[row, : len(tokens)] = torch.from_numpy(tokens)
        mask[row, : len(tokens)] = 1
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}
    return Batch({name: known[name] for name in inputs}, _targets(items), None)


class ImageRows(_Augmented):
    """Photographs in the network's frame.

    Decoded once and kept in a temporary file, from which the system reads what it has room for: a
    large catalogue takes no more memory than a small one.

    Parameters
    ----------
    network
        How photographs are framed and normalised.
    catalog
        The products.
    columns
        The image columns; all if left out.
    targets
        int64 or float32 (rows of `catalog`,).
    augmentation
        Changes every photograph, in every epoch anew.
    seed
        Of the augmentation.
    trunk
        Runs the part of the network that stays as it is; rows are then what it makes of them.
    views
        How many differently augmented views of a photograph there are, one an epoch in turn; 0 for
        a new one in every epoch.
    teacher
        What a text encoder says of the products, float32 (rows of `catalog`, its dimension).
    progress
        Told how many photographs are read.

    Attributes
    ----------
    kept
        The rows of `catalog` whose photograph could be read, int64.
    """

    def __init__(
        self,
        network: ImageNetwork,
        catalog: Catalog,
        columns: Sequence[str] | None,
        targets: Targets,
        *,
        augmentation: ImageAugmentation,
        seed: int,
        trunk: Trunk | None = None,
        views: int = 0,
        teacher: Vectors | None = None,
        progress: Progress = silent,
    ) -> None:
        self._network, self._augmentation = network, augmentation
        self._trunk, self._views = trunk, views
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._count, self._lock = 0, threading.Lock()
        found = catalog.map_contents(
            self._kept, columns=columns, progress=progress, what="reading photographs"
        )
        self._file.flush()
        self.kept = np.flatnonzero([result.value is not None for result in found])
        super().__init__(targets[self.kept], seed)
        self._known = [result.value for result in found if result.value is not None]
        self._teacher = None if teacher is None else teacher[self.kept]
        shape = (max(1, self._count), *network.how.size, 3)
        self._frames: Any = (
            np.memmap(self._file, dtype=np.uint8, mode="r", shape=shape)
            if self._count
            else np.zeros(shape, dtype=np.uint8)
        )
        self._file.close()  # what is mapped stays

    def __getitem__(self, row: int) -> tuple[Vectors, Any, Vectors | None]:
        teacher = None if self._teacher is None else self._teacher[row]
        return self._view(row), self.targets[row], teacher

    def _view(self, row: int) -> Vectors:
        """Return what the trained part reads of a photograph in this epoch."""
        place, key = self._known[row]
        view = self._epoch % self._views if self._views else self._epoch
        if self._trunk is None or not self._views:
            return self._reading(place, key, view)
        told = f"{self._augmentation} {self._seed} {view}"
        return self._trunk.remembered(told, key, lambda: self._reading(place, key, view))

    def _reading(self, place: int, key: bytes, view: int) -> Vectors:
        # By the photograph and not by the row, so that all folds see the same views.
        dice = np.random.default_rng([self._seed, view, int.from_bytes(key, "little")])
        frame = self._augmentation(
            np.array(self._frames[place]), dice, self._network.how.background
        )
        prepared = self._network.normalised(frame)
        return prepared[0] if self._trunk is None else self._trunk.run(prepared)

    def _kept(self, content: bytes) -> tuple[int, bytes]:
        """Write a photograph to the file; returns its place there, and its key."""
        if not content:
            raise UnreadableImageError("there are no bytes")
        frame = self._network.framed(decode(content, side=self._network.side))
        with self._lock:
            self._file.write(np.ascontiguousarray(frame).tobytes())
            self._count += 1
            return self._count - 1, content_key(content)


def image_batch(items: list[Any], inputs: Sequence[str]) -> Batch:
    """Make a batch of photographs.

    Parameters
    ----------
    items
        Pixels, target, and the teacher's vector or nothing.
    inputs
        The name of the network's input.
    """
    import torch

    pixels = torch.from_numpy(np.stack([pixels for pixels, *_ in items]))
    if pixels.ndim == 4:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
    given = {inputs[0]: pixels}
    if items[0][2] is not None:
        given["teacher"] = torch.from_numpy(np.stack([teacher for *_, teacher in items]))
    return Batch(given, _targets(items), None)


def _targets(items: list[Any]) -> Any:
    import torch

    return torch.from_numpy(np.array([target for _, target, _ in items]))
