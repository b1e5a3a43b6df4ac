"""The float32 network of an encoder folder, which is what can be trained."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aisle.cache import cache_folder
from aisle.encoders.pretrained.finding import check_licence, find_folder
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    Network,
    Tower,
    fingerprint,
    open_folder,
)
from aisle.errors import EncoderError
from aisle.neural.importing import import_end, import_network

if TYPE_CHECKING:
    from aisle.neural.importing import ImportedNetwork

_EXPORTING = threading.Lock()
_CHECKPOINT = ("config.json", "model.safetensors")


@dataclass(frozen=True, eq=False)
class Source:
    """A network to be tuned.

    Parameters
    ----------
    description
        Of its folder, naming this network alone.
    content
        The ONNX file, float32.
    tokenizer
        The content of ``tokenizer.json``; None for a network of photographs.
    """

    description: EncoderDescription
    content: bytes
    tokenizer: bytes | None

    @property
    def fingerprint(self) -> str:
        """Tells the network from others."""
        told = self.description.model_dump_json()
        return fingerprint(self.content, self.tokenizer or b"", told)

    @property
    def output(self) -> str:
        """The tensor that is the embedding."""
        return self.description.networks[0].output

    def imported(self) -> ImportedNetwork:
        """Return the network as a module that can be trained; raises EncoderError."""
        return import_network(self.content, self.description.name, outputs=[self.output])

    def imported_end(self, layers: int) -> tuple[ImportedNetwork, str] | None:
        """Return its last layers, and the tensor they read; see `import_end`."""
        name = self.description.name
        return import_end(self.content, name, output=self.output, layers=layers)


def find_source(name: str, tower: Tower) -> Source:
    """Return the float32 network of an encoder folder.

    Where the folder holds only a faster network beside the model that it came from, as
    transformers and sentence-transformers write it, that model is exported once and kept in the
    user's cache.

    Parameters
    ----------
    name
        Of the folder, or its path.
    tower
        Whether texts or photographs are to be read.

    Raises
    ------
    EncoderError
        If there is no such folder, or nothing in it that can be trained.
    """
    folder = find_folder(name)
    check_licence(folder)
    network = _float32(folder, tower)
    if network is None:
        folder = _exported(folder)
        network = _float32(folder, tower)
    if network is None:
        raise EncoderError(f"{folder.path}: holds no float32 network that reads {tower}")
    other = "image" if tower == "text" else "text"
    description = folder.description.model_copy(
        update={"modality": tower, "networks": (network,), other: None, "zero_shot": None}
    )
    tokenizer = folder.read(TOKENIZER) if tower == "text" else None
    return Source(description, folder.read(network.file), tokenizer)


def _float32(folder: EncoderFolder, tower: Tower) -> Network | None:
    description = folder.description
    there = description.of_tower(tower) if tower in description.towers else ()
    if not there:
        raise EncoderError(
            f"{description.name}: reads {' and '.join(description.towers)}, not {tower}"
        )
    return next((network for network in there if network.precision == "float32"), None)


def _exported(folder: EncoderFolder) -> EncoderFolder:
    """Export the model that lies in a folder beside its quantised network, once."""
    if not all((folder.path / name).is_file() for name in _CHECKPOINT):
        kinds = ", ".join(network.precision for network in folder.description.networks)
        raise EncoderError(
            f"{folder.description.name}: only a float32 network can be tuned, and this folder has "
            f"{kinds}. Export the original model: aisle encoders export MODEL -o FOLDER"
        )
    digest = hashlib.blake2b(digest_size=8)
    with (folder.path / _CHECKPOINT[1]).open("rb") as weights:
        while block := weights.read(1 << 20):
            digest.update(block)
    how = folder.description.text
    limit = None if how is None else how.max_tokens
    digest.update(repr((1, limit)).encode())
    kept = cache_folder() / "exported" / f"{folder.description.name}-{digest.hexdigest()}"
    with _EXPORTING:  # the folds of a training ask for it at the same time
        return _opened(folder, kept, limit)


def _opened(folder: EncoderFolder, kept: Path, limit: int | None) -> EncoderFolder:
    """Open the exported folder, after exporting it where it is not there yet."""
    from aisle.neural.exporting import export

    try:
        return open_folder(kept)
    except EncoderError:
        export(
            folder.path,
            kept,
            name=folder.description.name,
            max_tokens=limit,
            licence=folder.description.licence,
            accept_licence=True,  # it was checked when the folder was found
        )
        return open_folder(kept)
