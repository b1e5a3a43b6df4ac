"""Running every network of an encoder folder once, before anybody relies on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.folder import EncoderFolder, Network, Tower
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.session import Floats
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError

_TEXT = "cotton shirt, long sleeves, size M"


def check_runs(folder: EncoderFolder) -> None:
    """Run every network of a folder once.

    Raises
    ------
    EncoderError
        If one does not load or run, or gives no vectors of the dimension that is described.
    """
    description = folder.description
    for tower in description.towers:
        for network in description.of_tower(tower):
            where = f"{description.name} ({network.file})"
            found = _vector(folder, tower, network)
            if not np.isfinite(found).all():
                raise EncoderError(f"{where}: gives numbers that are not finite")
            if len(found) != description.dimension:
                raise EncoderError(
                    f"{where}: gives vectors of length {len(found)}, expected "
                    f"{description.dimension} as its encoder.json says"
                )


def _vector(folder: EncoderFolder, tower: Tower, network: Network) -> Floats:
    """Return the vector of one text or photograph, float32 (dimension,)."""
    if tower == "text":
        found: Floats = TextNetwork.load(folder, precision=network.precision).encode([_TEXT])[0]
        return found
    return ImageNetwork.load(folder, precision=network.precision).encode(_checkered())


def _checkered() -> npt.NDArray[np.uint8]:
    """Return a photograph that is not of one colour, uint8 (96, 128, 3)."""
    rows, columns = np.indices((96, 128)) // 16
    grey = ((rows + columns) % 2 * 200 + 20).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
