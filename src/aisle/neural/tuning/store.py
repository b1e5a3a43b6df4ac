"""Tuned networks kept on disk, so that a training that was killed tunes none of them twice."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from aisle.cache import cache_folder
from aisle.cache.settings import switched_off
from aisle.errors import AisleError
from aisle.files import write_bytes

logger = logging.getLogger(__name__)

Curves = dict[str, list[float]]

LIMIT = 8 * 10**9
"""Bytes that tuned networks may take; the longest unused go first."""

_NETWORK, _CURVES, _CHECKPOINT = "model.onnx", "curves.json", "training.pt"


class TunedStore:
    """The folder of one tuned network: its training on the way, and what came of it.

    Parameters
    ----------
    key
        Tells base network, rows, targets and settings from all others.
    """

    def __init__(self, key: str) -> None:
        self.home = None if switched_off() else cache_folder() / "tuned"
        self._folder = None if self.home is None else self.home / key

    @property
    def checkpoint(self) -> Path | None:
        """Where the training is kept between epochs; None where the cache is switched off."""
        return None if self._folder is None else self._folder / _CHECKPOINT

    def get(self) -> tuple[bytes, Curves] | None:
        """Return the tuned network and its curves, if they are kept."""
        if self._folder is None:
            return None
        try:
            # The curves are written last: with them, the network is whole.
            curves: Curves = json.loads((self._folder / _CURVES).read_text("utf-8"))
            content = (self._folder / _NETWORK).read_bytes()
            (self._folder / _CURVES).touch()
        except (OSError, ValueError):
            return None
        return content, curves

    def put(self, content: bytes, curves: Curves) -> None:
        """Keep a tuned network; a full disk costs the keeping and not the training."""
        if self._folder is None or self.home is None:
            return
        try:
            write_bytes(self._folder / _NETWORK, content)
            write_bytes(self._folder / _CURVES, json.dumps(curves).encode())
            _make_room(self.home, LIMIT)
        except AisleError as error:
            logger.warning("the tuned network is not kept: %s", error)


def _make_room(home: Path, limit: int) -> None:
    """Delete the longest unused networks until they take no more than `limit` bytes."""
    found = []
    for folder in home.iterdir():
        try:
            files = list(folder.iterdir())
            used = max((file.stat().st_mtime for file in files), default=0.0)
            found.append((used, folder, sum(file.stat().st_size for file in files)))
        except OSError:
            continue  # another process is at work there
    total = sum(size for *_, size in found)
    for _, folder, size in sorted(found)[:-1]:
        if total <= limit:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total -= size
