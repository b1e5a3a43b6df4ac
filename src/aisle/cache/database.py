"""One SQLite file that threads, processes and forks share, and whose loss never stops the work."""

from __future__ import annotations

import atexit
import logging
import math
import os
import re
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from aisle.cache.connection import is_damage, opened
from aisle.cache.network import network_of

T = TypeVar("T")

REST_SECONDS = 60.0
"""How long to do without the database after it failed."""

_ATTEMPTS = 3
# Python cannot tell what SQLite says of a damaged table whose name is no text any more.
_FAILURES = (sqlite3.Error, OSError, UnicodeDecodeError)
_NAME = re.compile(r"(\d{4,})\.sqlite")

logger = logging.getLogger(__name__)


class Database:
    """A database in a folder of its own, opened when it is needed.

    Files are numbered, and the highest number counts. What is damaged, foreign or cleared is
    followed by an empty file of the next number and then removed, so that a process that has the
    old one open never meets files of the same name; it notices, and goes on with the new one.

    A process has one connection, under one lock: a fork waits until nobody is at work and closes
    it, for SQLite's locks and its picture of the log do not survive a fork.

    Parameters
    ----------
    folder
        Nothing else may lie in it. It is made when something is first written.
    schema
        What makes the tables of an empty database.
    version
        Of the schema; a database of another version is replaced.
    """

    def __init__(self, folder: Path, schema: str, version: int) -> None:
        self.folder = folder
        self._schema = schema
        self._version = version
        self._connection: sqlite3.Connection | None = None
        self._number = 0
        self._file: tuple[int, int] | None = None
        self._process = 0
        self._resting_until = 0.0
        self._told = False
        with _LOCK:
            _DATABASES.add(self)

    def run(
        self, action: Callable[[sqlite3.Connection], T], otherwise: T, *, create: bool = False
    ) -> T:
        """Return what `action` answers, or `otherwise` where the database cannot be used.

        Parameters
        ----------
        action
            Is run again from its beginning if the database turns out to be damaged.
        otherwise
            The answer of an empty database.
        create
            Make the database if there is none; else that is an empty one.
        """
        with _LOCK:
            if time.monotonic() < self._resting_until:
                return otherwise
            try:
                return self._attempted(action, otherwise, create)
            except _FAILURES as error:
                self._rest(error)
                return otherwise

    def restart(self) -> int:
        """Go on with an empty database, in every process; return how many bytes that freed."""
        with _LOCK:
            before = self.bytes_on_disk()
            try:
                if self._newest():
                    self._open(self._newest() + 1)
            except _FAILURES as error:
                self._rest(error)
            return max(before - self.bytes_on_disk(), 0)

    def bytes_on_disk(self) -> int:
        """Return the size of all files, those of SQLite's log among them."""
        total = 0
        with suppress(OSError):
            for path in self.folder.iterdir():
                with suppress(OSError):
                    total += path.stat().st_size
        return total

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        with _LOCK:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()

    def _attempted(
        self, action: Callable[[sqlite3.Connection], T], otherwise: T, create: bool
    ) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                connection = self._current(create)
                return otherwise if connection is None else action(connection)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                if not is_damage(error) or attempt == _ATTEMPTS - 1:
                    raise
                self._set_aside(error)
                create = True
        return otherwise

    def _current(self, create: bool) -> sqlite3.Connection | None:
        """Return a connection to the file that counts; None if there is none yet."""
        if self._connection is not None:
            if self._process != os.getpid():
                # Forked by something that is not Python. To close it here would be worse yet.
                _ABANDONED.append(self._connection)
                self._connection, self._resting_until = None, math.inf
                raise OSError("this process was forked while the database was open")
            if _identity(self._path(self._number)) == self._file:
                return self._connection
            self.close()
        number = self._newest()
        if not number and not create:
            return None
        connection = self._open(number or 1)
        # Another process may have gone on to the next file meanwhile.
        while (newest := self._newest()) > self._number:
            connection = self._open(newest)
        return connection

    def _open(self, number: int) -> sqlite3.Connection:
        self.close()
        self._number = number
        if kind := network_of(self.folder):
            raise OSError(f"on a network file system ({kind}) processes cannot share it")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(number)
        connection = opened(path, self._schema, self._version)
        self._connection, self._file, self._process = connection, _identity(path), os.getpid()
        self._remove_before(number)
        return connection

    def _set_aside(self, error: Exception) -> None:
        """Go on with an empty file, unless another process was faster."""
        damaged = self._number
        self.close()
        if self._newest() > damaged:
            return
        logger.warning(
            "%s: the feature cache is damaged (%s) and starts afresh; "
            "features are computed again and nothing else is lost",
            self._path(damaged),
            error,
        )
        self._open(damaged + 1)

    def _remove_before(self, number: int) -> None:
        for older in self._numbers():
            if older < number:
                path = self._path(older)
                # The file itself goes last: a log without its file could be taken for another's.
                for suffix in ("-wal", "-shm", "-journal", ""):
                    with suppress(
                        OSError
                    ):  # Windows keeps what is open; the next start tries again
                        path.with_name(path.name + suffix).unlink()

    def _rest(self, error: Exception) -> None:
        self.close()
        self._resting_until = max(self._resting_until, time.monotonic() + REST_SECONDS)
        if not self._told:
            self._told = True
            logger.warning(
                "%s: features are not kept for now (%s), and work goes on without; free some "
                "space, or set AISLE_CACHE to a folder on a local disk that may be written to",
                self.folder,
                error,
            )

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:04d}.sqlite"

    def _newest(self) -> int:
        return max(self._numbers(), default=0)

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self.folder)  # noqa: PTH208
        except FileNotFoundError:
            return []
        return [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_LOCK = threading.RLock()
_DATABASES: weakref.WeakSet[Database] = weakref.WeakSet()
_ABANDONED: list[sqlite3.Connection] = []


def _close_all() -> None:
    for database in list(_DATABASES):
        database.close()


def _before_fork() -> None:
    _LOCK.acquire()
    _close_all()


def _after_fork_in_parent() -> None:
    _LOCK.release()


def _after_fork_in_child() -> None:
    global _LOCK  # noqa: PLW0603
    _LOCK = threading.RLock()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
