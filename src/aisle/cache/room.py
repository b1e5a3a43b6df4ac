"""How vectors that were not used for long make room, and how room is given back to the disk."""

from __future__ import annotations

import sqlite3

from aisle.cache.connection import PAGE_BYTES, transaction

BATCH_ENTRIES = 512
"""The most vectors of a batch, and as many ids."""

_BATCH_BYTES = 4 * 2**20
_BATCHES_AT_ONCE = 32
_PAGES_AT_ONCE = 1024


def batch_bytes(limit_bytes: int) -> int:
    """Return how large a batch grows: a small cache shall not lose all at once."""
    return min(_BATCH_BYTES, limit_bytes // 16)


def made_room(connection: sqlite3.Connection, coming: int, limit_bytes: int) -> bool:
    """Drop the longest unused batches until `coming` bytes fit; say whether they do."""
    for _ in range(_BATCHES_AT_ONCE):
        pages, free = _pages(connection)
        if (pages - free) * PAGE_BYTES + coming <= limit_bytes:
            return True
        oldest = connection.execute("SELECT id FROM batches ORDER BY used, id LIMIT 1").fetchone()
        if oldest is None:
            return False
        _drop(connection, oldest[0])
    # The limit was lowered by much. What takes free pages alone does not make the file grow.
    _, free = _pages(connection)
    return coming <= free * PAGE_BYTES


def remove(connection: sqlite3.Connection, fingerprint: str) -> int:
    """Forget an encoder; return how many bytes the file shrank by."""
    before, _ = _pages(connection)
    done = False
    while not done:
        with transaction(connection):
            batches = connection.execute(
                "SELECT batches.id FROM batches JOIN encoders ON encoders.id = encoder "
                "WHERE fingerprint = ? LIMIT ?",
                (fingerprint, _BATCHES_AT_ONCE),
            ).fetchall()
            for (batch,) in batches:
                _drop(connection, batch)
            if done := not batches:
                connection.execute("DELETE FROM encoders WHERE fingerprint = ?", (fingerprint,))
    _, free = _pages(connection)
    for _ in range(0, free, _PAGES_AT_ONCE):
        _give_back(connection, _PAGES_AT_ONCE)
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    after, _ = _pages(connection)
    return max(before - after, 0) * PAGE_BYTES


def shrink(connection: sqlite3.Connection, limit_bytes: int) -> None:
    """Give some free pages of a file that is too large back to the disk."""
    pages, _ = _pages(connection)
    if (excess := pages - limit_bytes // PAGE_BYTES) > 0:
        _give_back(connection, min(excess, _PAGES_AT_ONCE))


def _give_back(connection: sqlite3.Connection, pages: int) -> None:
    # Python's `execute` would stop after the first page.
    connection.executescript(f"PRAGMA incremental_vacuum({pages})")


def _drop(connection: sqlite3.Connection, batch: int) -> None:
    first = batch * BATCH_ENTRIES
    connection.execute(
        "DELETE FROM vectors WHERE id BETWEEN ? AND ?", (first, first + BATCH_ENTRIES - 1)
    )
    connection.execute("DELETE FROM batches WHERE id = ?", (batch,))


def _pages(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return how many pages the file has, and how many of them are free."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return pages, free
