"""The part of a network that stays as it is, run by the engine and not by PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from aisle.cache import default_store
from aisle.encoders.pretrained.folder import fingerprint
from aisle.encoders.pretrained.session import Session, shared_session

Vectors = npt.NDArray[np.float32]


class Trunk:
    """The beginning of an image network, up to the layers that are tuned.

    What it makes of a view of a photograph is kept in the feature cache: all folds of a training
    share it, and so does the next training with other settings of what comes after.

    Parameters
    ----------
    content
        The whole network, an ONNX file.
    boundary
        The tensor that the tuned layers read.
    told
        How photographs are prepared, as text.
    name
        Of the encoder, for people who look at the cache.
    """

    def __init__(self, content: bytes, boundary: str, told: str, name: str) -> None:
        self._session: Session = shared_session(content, boundary, name)
        self._fingerprint = fingerprint(content, boundary, told)
        self._name = name

    def run(self, prepared: Vectors) -> Vectors:
        """Return what the tuned layers read, float32 (channels, height, width) or flat.

        Parameters
        ----------
        prepared
            The network's input for one photograph, float32 (1, ...).
        """
        return self._session.run_one({self._session.inputs[0]: prepared})

    def remembered(self, view: str, key: bytes, run: Callable[[], Vectors]) -> Vectors:
        """Return what was made of a view of a photograph before, or make it and keep it."""
        store, of = default_store(), fingerprint(self._fingerprint, view)
        shape = self._session.shape[1:]
        if any(size is None for size in shape):
            return run()  # without its shape, a vector from the cache says nothing
        kept = store.get(of, key)
        if kept is not None:
            return kept.reshape([size or 1 for size in shape])
        found = run()
        with store.writer(of, f"{self._name}, views") as writer:
            writer.put(key, np.ascontiguousarray(found).reshape(-1))
        return found
