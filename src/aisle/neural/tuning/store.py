"""Tuned networks kept on disk, so that a training that was killed tunes none of them twice."""

from __future__ import annotations

import json
import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisle.cache import cache_folder
from aisle.cache.settings import switched_off
from aisle.errors import AisleError
from aisle.files import write_bytes

logger = logging.getLogger(__name__)

Curves = dict[str, list[float]]

LIMIT = 8 * 10**9
"""Bytes that tuned networks may take; the longest unused go first."""

_NETWORK, _CURVES, _CHECKPOINT = "model.onnx", "curves.json", "training.pt"


@dataclass(frozen=True, eq=False)
class Kept:
    """A tuned network.

    Parameters
    ----------
    content
        An ONNX file.
    curves
        How the training went.
    seconds
        How long it took; 0 where an older version kept the network, which did not note it.
    """

    content: bytes
    curves: Curves
    seconds: float


class TunedStore:
    """The folder of one tuned network: its training on the way, and what came of it.

    Parameters
    ----------
    key
        Tells base network, rows, targets and settings from all others.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.home = None if switched_off() else cache_folder() / "tuned"
        self._folder = None if self.home is None else self.home / key

    @property
    def checkpoint(self) -> Path | None:
        """Where the training is kept between epochs; None where the cache is switched off."""
        return None if self._folder is None else self._folder / _CHECKPOINT

    def get(self) -> Kept | None:
        """Return the tuned network, if it is kept."""
        if self._folder is None:
            return None
        try:
            # The curves are written last: with them, the network is whole.
            told = json.loads((self._folder / _CURVES).read_text("utf-8"))
            content = (self._folder / _NETWORK).read_bytes()
            kept = _restored(content, told)
        except (OSError, ValueError, TypeError, LookupError):
            return None
        with suppress(OSError):  # a cache that may only be read is a cache all the same
            (self._folder / _CURVES).touch()
            # Left there by a kill in the moment after the network was kept.
            (self._folder / _CHECKPOINT).unlink(missing_ok=True)
        return kept

    def put(self, kept: Kept) -> None:
        """Keep a tuned network, and forget the training that it came from.

        A full disk costs the keeping and not the training, whose checkpoint then stays.
        """
        if self._folder is None or self.home is None:
            return
        told = {"curves": kept.curves, "seconds": kept.seconds}
        try:
            write_bytes(self._folder / _NETWORK, kept.content)
            write_bytes(self._folder / _CURVES, json.dumps(told).encode())
        except AisleError as error:
            logger.warning("the tuned network is not kept: %s", error)
            return
        try:
            (self._folder / _CHECKPOINT).unlink(missing_ok=True)
            _make_room(self.home, LIMIT)
        except OSError as error:
            logger.warning("%s: older tuned networks make no room: %s", self.home, error)


def _restored(content: bytes, told: Any) -> Kept:
    """Return what was kept; before its seconds were noted, the curves stood alone."""
    if not isinstance(told, dict):
        raise TypeError("no entries")
    if "curves" not in told:
        return Kept(content, dict(told), 0.0)
    return Kept(content, dict(told["curves"]), float(told["seconds"]))


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
