"""Connections to SQLite that several processes share."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAGE_BYTES = 16384
BUSY_SECONDS = 5.0
"""How long to wait for another process that writes."""

_APPLICATION = 0x41_69_73_6C  # "Aisl"
_LOG_BYTES = 8 * 2**20
# No row that Aisle writes breaks a constraint while the tables and their indices agree.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})


class _ForeignError(sqlite3.DatabaseError):
    """A file that SQLite can read, but that this version of Aisle did not write."""


def opened(path: Path, schema: str, version: int) -> sqlite3.Connection:
    """Open a database, or make one; threads may share the connection, one at a time.

    Parameters
    ----------
    path
        In a folder that is there.
    schema
        What makes the tables of an empty database.
    version
        Of the schema.

    Raises
    ------
    sqlite3.Error
        If it cannot be used; `is_damage` says whether another file would do.
    OSError
        If it lies where processes cannot share it.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        # A damaged text must not raise what a damaged number does not.
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        # These two count for an empty file alone.
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _make_tables(connection, schema, version)
        _keep_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_BYTES // PAGE_BYTES}")
        connection.execute(f"PRAGMA cache_size = {-_LOG_BYTES // 1024}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all that the block does, or nothing of it; others wait until it is done."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.rollback()
        raise


def _make_tables(connection: sqlite3.Connection, schema: str, version: int) -> None:
    """Make the tables of an empty database; refuse one with other tables."""
    empty = "SELECT count(*) = 0 FROM sqlite_master"
    if _number(connection, empty):
        with transaction(connection):
            if _number(connection, empty):  # else another process did, meanwhile
                for statement in schema.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {version}")
    application = _number(connection, "PRAGMA application_id")
    found = _number(connection, "PRAGMA user_version")
    if (application, found) != (_APPLICATION, version):
        raise _ForeignError(f"it has format {found}; expected {version}")


def _keep_log(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log, with which nobody who reads waits for one who writes."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            # Two who turn it on at once: SQLite refuses one without waiting.
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise OSError("its file system has no memory that processes could share")


def is_damage(error: Exception) -> bool:
    """Say whether the file is at fault, and not the disk or who else uses it."""
    return isinstance(error, _ForeignError | UnicodeDecodeError) or _code(error) in _DAMAGED


def _code(error: Exception) -> int:
    # Errors that Python itself raises have none; the upper bits tell details.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _number(connection: sqlite3.Connection, question: str) -> int:
    return int(connection.execute(question).fetchone()[0])
