"""Photographs kept on disk once they have been downloaded, a file an address."""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path

from aisle.catalog.images.files import opened
from aisle.catalog.images.unreadable import UnreadableImageError
from aisle.errors import AisleError
from aisle.files import atomic_path

_LOG = logging.getLogger(__name__)
_WRITING = threading.Lock()


class Downloads:
    """A folder of downloaded photographs, which several processes may use at once.

    Nothing that is wrong with the folder is an error: what cannot be read is not there, and what
    cannot be written is downloaded anew.

    Parameters
    ----------
    folder
        Made when it is first written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warned = False

    def read(self, address: str, limit_bytes: int) -> bytes | None:
        """Return what was written for an address; None if there is nothing of use."""
        try:
            with opened(str(self._path(address))) as (file, _):
                content = file.read(limit_bytes + 1)
        except UnreadableImageError:
            return None
        return content if len(content) <= limit_bytes else None

    def write(self, address: str, content: bytes) -> None:
        """Keep what was found at an address; others see all of it or nothing."""
        try:
            # One at a time, because atomic_path sets the umask, which belongs to the process.
            with _WRITING, atomic_path(self._path(address), durable=False) as temporary:
                temporary.write_bytes(content)
        except (AisleError, OSError) as error:
            if not self._warned:
                self._warned = True
                _LOG.warning("downloaded photographs are not kept: %s", error)

    def _path(self, address: str) -> Path:
        name = hashlib.sha256(address.encode("utf-8")).hexdigest()
        return self._folder / name[:2] / name
