"""Features that were computed once, kept for every command and process of the user."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.cache import rows
from aisle.cache.database import Database
from aisle.cache.folder import cache_folder
from aisle.cache.packing import packed
from aisle.cache.room import BATCH_ENTRIES, batch_bytes, remove
from aisle.cache.rows import EncoderInfo
from aisle.cache.settings import limit_from_environment, switched_off
from aisle.cache.writer import FeatureWriter
from aisle.errors import AisleError

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoreInfo:
    """What a store keeps.

    Parameters
    ----------
    path
        Its folder, which need not exist; None if the user has no place for one.
    bytes
        Size on disk, with all that the database needs for itself.
    limit_bytes
        What it may grow to.
    entries
        Number of vectors.
    encoders
        The largest first.
    switched_off
        Whether nothing is read or added at present, because the user wants it so.
    """

    path: Path | None
    bytes: int
    limit_bytes: int
    entries: int
    encoders: tuple[EncoderInfo, ...]
    switched_off: bool


class FeatureStore:
    """Vectors by the encoder that computed them and the content that it read.

    Threads, processes and forks may share one folder. A store never fails the work: on a full disk,
    with a damaged file, or in a folder that may not be written to, it says so once in the log and
    answers as an empty one. What was not used for the longest time makes room for what is new.

    Parameters
    ----------
    folder
        ``features`` in `aisle.cache.cache_folder` when left out.
    limit_bytes
        Of the file; `AISLE_CACHE_LIMIT` (such as ``20GB``), or 20 GB, when left out. While a
        process writes, a log of some megabytes comes on top. With 0, or `AISLE_FEATURE_CACHE` set
        to ``off``, nothing is kept or found.

    Raises
    ------
    AisleError
        If a variable of the environment cannot be understood, or the limit is below 0.
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int | None = None) -> None:
        limit = limit_from_environment() if limit_bytes is None else limit_bytes
        if limit < 0:
            raise AisleError(f"limit_bytes: expected a number of at least 0, found {limit}")
        self._limit_bytes = limit
        self._off = switched_off() or limit == 0
        self._names: dict[str, str] = {}
        place = _default_folder() if folder is None else Path(folder)
        self._database = (
            None if place is None else Database(place.absolute(), rows.SCHEMA, rows.VERSION)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # A connection cannot travel; the process that gets this opens the same files.
        folder = None if self._database is None else self._database.folder
        return _shared, (folder, self._limit_bytes, self._off)

    def register(self, fingerprint: str, name: str) -> None:
        """Name an encoder, for people who look at what is kept."""
        if self._off or self._names.get(fingerprint) == name:
            return
        self._names[fingerprint] = name
        self._run(lambda connection: rows.rename(connection, fingerprint, name), None)

    def get_many(self, fingerprint: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return those vectors that are known.

        Parameters
        ----------
        fingerprint
            Of the encoder.
        keys
            Any number, from `content_key`.

        Returns
        -------
        dict
            By key, float32 (dimension,), not to be written to. What is not known is not in it.
        """
        nothing: dict[bytes, NDArray[np.float32]] = {}
        if self._off or not keys:
            return nothing
        now = int(time.time())
        return self._run(lambda connection: rows.read(connection, fingerprint, keys, now), nothing)

    def get(self, fingerprint: str, key: bytes) -> NDArray[np.float32] | None:
        """Return one vector, float32 (dimension,), if it is known; see `get_many`."""
        return self.get_many(fingerprint, [key]).get(key)

    def put_many(self, fingerprint: str, items: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Keep vectors; those that are kept already stay as they are.

        Parameters
        ----------
        fingerprint
            Of the encoder.
        items
            By key, (dimension,).

        Raises
        ------
        ValueError
            If an array has not one dimension.
        """
        self._keep(
            fingerprint,
            ((key, packed(fingerprint, key, vector)) for key, vector in items.items()),
        )

    def put(self, fingerprint: str, key: bytes, vector: NDArray[np.float32]) -> None:
        """Keep one vector at once; for many, a `writer` is faster."""
        self.put_many(fingerprint, {key: vector})

    @contextmanager
    def writer(self, fingerprint: str, name: str | None = None) -> Iterator[FeatureWriter]:
        """Give a writer for vectors that come one by one, from any number of threads.

        However the block ends, what was put is kept.

        Parameters
        ----------
        fingerprint
            Of the encoder.
        name
            To register it by.
        """
        if name is not None:
            self.register(fingerprint, name)
        writer = FeatureWriter(
            fingerprint,
            lambda entries: self._keep(fingerprint, entries),
            batch_bytes(self._limit_bytes),
        )
        try:
            yield writer
        finally:
            writer.flush()

    def info(self) -> StoreInfo:
        """Return what is kept, of all encoders and of each."""
        nothing: list[EncoderInfo] = []
        encoders = self._run(rows.encoders, nothing)
        return StoreInfo(
            path=None if self._database is None else self._database.folder,
            bytes=0 if self._database is None else self._database.bytes_on_disk(),
            limit_bytes=self._limit_bytes,
            entries=sum(encoder.entries for encoder in encoders),
            encoders=tuple(encoders),
            switched_off=self._off,
        )

    def clear(self, fingerprint: str | None = None) -> int:
        """Forget an encoder's vectors, or all; return how many bytes that freed on disk."""
        if self._database is None:
            return 0
        if fingerprint is None:
            return self._database.restart()
        return self._run(lambda connection: remove(connection, fingerprint), 0)

    def close(self) -> None:
        """Close the files; the next use opens them again."""
        if self._database is not None:
            self._database.close()

    def _keep(self, fingerprint: str, entries: Iterable[tuple[bytes, bytes]]) -> None:
        if self._off:
            return
        encoder = (fingerprint, self._names.get(fingerprint, ""))
        for batch in _batches(entries, batch_bytes(self._limit_bytes)):
            self._insert(encoder, batch)

    def _insert(self, encoder: tuple[str, str], batch: list[tuple[bytes, bytes]]) -> None:
        def insert(connection: sqlite3.Connection) -> None:
            rows.insert(
                connection, encoder, batch, limit_bytes=self._limit_bytes, now=int(time.time())
            )

        self._run(insert, None, create=True)

    def _run(
        self, action: Callable[[sqlite3.Connection], T], otherwise: T, *, create: bool = False
    ) -> T:
        if self._database is None:
            return otherwise
        return self._database.run(action, otherwise, create=create)


def default_store() -> FeatureStore:
    """Return the store that everything in this process shares, as the environment wants it.

    Raises
    ------
    AisleError
        If a variable of the environment cannot be understood.
    """
    return _shared(_default_folder(), limit_from_environment(), switched_off())


@cache
def _shared(folder: Path | None, limit_bytes: int, off: bool) -> FeatureStore:
    return FeatureStore(folder, limit_bytes=0 if off else limit_bytes)


@cache
def _homeless(reason: str) -> None:
    logger.warning("features are not kept: %s", reason)


def _default_folder() -> Path | None:
    try:
        return cache_folder() / "features"
    except AisleError as error:
        _homeless(str(error))
        return None


def _batches(
    entries: Iterable[tuple[bytes, bytes]], most_bytes: int
) -> Iterator[list[tuple[bytes, bytes]]]:
    """Split into what one transaction writes."""
    batch: list[tuple[bytes, bytes]] = []
    size = 0
    for key, kept in entries:
        batch.append((key, kept))
        size += len(kept)
        if len(batch) == BATCH_ENTRIES or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
