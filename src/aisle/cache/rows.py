"""The tables of the feature cache: vectors in batches, of which the longest unused go first.

A batch is a range of ids, filled within a short time. What was used when, and how many bytes there
are, is known of batches alone: reading a thousand vectors notes the use of a few of them, and one
of them is dropped without a look at any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from aisle.cache.connection import BUSY_SECONDS, PAGE_BYTES, transaction
from aisle.cache.packing import unpacked
from aisle.cache.room import BATCH_ENTRIES, batch_bytes, made_room, shrink

VERSION = 1
SCHEMA = """
CREATE TABLE encoders (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, name TEXT NOT NULL
);
CREATE TABLE batches (
    id INTEGER PRIMARY KEY, encoder INTEGER NOT NULL,
    entries INTEGER NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX batches_used ON batches (used);
CREATE INDEX batches_encoder ON batches (encoder);
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY, encoder INTEGER NOT NULL, key BLOB NOT NULL, vector BLOB NOT NULL
);
CREATE UNIQUE INDEX vectors_key ON vectors (encoder, key)
"""
# Ids let new vectors lie side by side. Measured with 1,280 numbers a vector against a table in the
# order of keys, which scatters them: an eighth of the time to write, a fifth to read, a third of
# the size.

_ROW_BYTES = 80  # a key, twice, and what SQLite keeps of a row
_KEYS_A_QUESTION = 500
_USE_SECONDS = 3600


@dataclass(frozen=True)
class EncoderInfo:
    """What is kept of one encoder.

    Parameters
    ----------
    name
        As it was registered; empty if it was not.
    fingerprint
        What tells it from every other encoder.
    entries
        Number of vectors.
    bytes
        Size of the vectors.
    last_used
        Exact to the hour.
    """

    name: str
    fingerprint: str
    entries: int
    bytes: int
    last_used: datetime


def read(
    connection: sqlite3.Connection, fingerprint: str, keys: Sequence[bytes], now: int
) -> dict[bytes, NDArray[np.float32]]:
    """Return those vectors that are kept, and note that they were used."""
    found: dict[bytes, NDArray[np.float32]] = {}
    batches: set[int] = set()
    damaged: list[int] = []
    wanted = list(dict.fromkeys(keys))
    for part in _parts(wanted):
        rows = connection.execute(
            "SELECT id, key, vector FROM vectors "
            "WHERE encoder = (SELECT id FROM encoders WHERE fingerprint = ?) "
            f"AND key IN ({_marks(part)})",
            (fingerprint, *part),
        ).fetchall()
        for row, key, kept in rows:
            vector = unpacked(fingerprint, key, kept)
            if vector is None:
                damaged.append(row)
            else:
                found[key] = vector
                batches.add(row // BATCH_ENTRIES)
    _note(connection, sorted(batches), damaged, now)
    return found


def insert(
    connection: sqlite3.Connection,
    encoder: tuple[str, str],
    vectors: Sequence[tuple[bytes, bytes]],
    *,
    limit_bytes: int,
    now: int,
) -> None:
    """Keep packed vectors by key; what is there already stays, and what does not fit is left out.

    Parameters
    ----------
    encoder
        Its fingerprint, and its name for people.
    vectors
        Key and packed vector; about a batch, of which one transaction is made.
    limit_bytes
        As large as the database may be; the longest unused batches make room.
    """
    coming = sum(len(vector) + _ROW_BYTES for _, vector in vectors) + PAGE_BYTES
    if coming > limit_bytes // 2:
        return  # all the rest would have to go for it
    with transaction(connection):
        if made_room(connection, coming, limit_bytes):
            number = _encoder(connection, *encoder)
            _fill(connection, number, vectors, batch_bytes(limit_bytes), now)
    shrink(connection, limit_bytes)


def encoders(connection: sqlite3.Connection) -> list[EncoderInfo]:
    """Return what is kept of each encoder, the largest first."""
    found = connection.execute(
        "SELECT name, fingerprint, sum(entries), sum(bytes), max(used) "
        "FROM batches JOIN encoders ON encoders.id = encoder "
        "GROUP BY encoders.id ORDER BY sum(bytes) DESC, fingerprint"
    ).fetchall()
    return [
        EncoderInfo(name, fingerprint, entries, size, datetime.fromtimestamp(used, UTC))
        for name, fingerprint, entries, size, used in found
        if entries
    ]


def rename(connection: sqlite3.Connection, fingerprint: str, name: str) -> None:
    """Name an encoder of which something is kept."""
    connection.execute(
        "UPDATE encoders SET name = ? WHERE fingerprint = ? AND name != ?",
        (name, fingerprint, name),
    )


def _note(connection: sqlite3.Connection, batches: list[int], damaged: list[int], now: int) -> None:
    """Write down which batches were used, if it was not done lately, and forget damaged rows."""
    unnoted = [
        batch
        for part in _parts(batches)
        for (batch,) in connection.execute(
            f"SELECT id FROM batches WHERE used < ? AND id IN ({_marks(part)})",
            (now - _USE_SECONDS, *part),
        )
    ]
    if not unnoted and not damaged:
        return
    # Whoever reads need not wait until that can be written, and can do without.
    connection.execute("PRAGMA busy_timeout = 50")
    try:
        with suppress(sqlite3.OperationalError), transaction(connection):
            connection.executemany(
                "UPDATE batches SET used = ? WHERE id = ?", ((now, batch) for batch in unnoted)
            )
            for row in damaged:
                _forget(connection, row)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def _forget(connection: sqlite3.Connection, row: int) -> None:
    size = connection.execute("SELECT length(vector) FROM vectors WHERE id = ?", (row,)).fetchone()
    if size is not None:
        connection.execute("DELETE FROM vectors WHERE id = ?", (row,))
        connection.execute(
            "UPDATE batches SET entries = entries - 1, bytes = max(bytes - ?, 0) WHERE id = ?",
            (size[0], row // BATCH_ENTRIES),
        )


def _fill(
    connection: sqlite3.Connection,
    encoder: int,
    vectors: Sequence[tuple[bytes, bytes]],
    most_bytes: int,
    now: int,
) -> None:
    """Put vectors into the encoder's newest batch while it has room, then into new ones."""
    batch, slot, size = _newest_batch(connection, encoder)
    cursor = connection.cursor()
    added: dict[int, list[int]] = {}
    for key, vector in vectors:
        if slot == BATCH_ENTRIES or size >= most_bytes:
            batch, slot, size = _new_batch(connection, encoder, now), 0, 0
        cursor.execute(
            "INSERT INTO vectors VALUES (?, ?, ?, ?) ON CONFLICT (encoder, key) DO NOTHING",
            (batch * BATCH_ENTRIES + slot, encoder, key, vector),
        )
        if cursor.rowcount == 1:
            added.setdefault(batch, []).append(len(vector))
            slot, size = slot + 1, size + len(vector)
    for batch, sizes in added.items():
        connection.execute(
            "UPDATE batches SET entries = entries + ?, bytes = bytes + ?, used = ? WHERE id = ?",
            (len(sizes), sum(sizes), now, batch),
        )


def _newest_batch(connection: sqlite3.Connection, encoder: int) -> tuple[int, int, int]:
    """Return the encoder's newest batch, its first free slot and its bytes."""
    found = connection.execute(
        "SELECT id, bytes FROM batches WHERE encoder = ? ORDER BY id DESC LIMIT 1", (encoder,)
    ).fetchone()
    if found is None:
        return 0, BATCH_ENTRIES, 0
    batch, size = found
    first = batch * BATCH_ENTRIES
    last = connection.execute(
        "SELECT max(id) FROM vectors WHERE id BETWEEN ? AND ?", (first, first + BATCH_ENTRIES - 1)
    ).fetchone()[0]
    return batch, 0 if last is None else last - first + 1, size


def _new_batch(connection: sqlite3.Connection, encoder: int, now: int) -> int:
    return _inserted(
        connection,
        "INSERT INTO batches (encoder, entries, bytes, used) VALUES (?, 0, 0, ?)",
        (encoder, now),
    )


def _encoder(connection: sqlite3.Connection, fingerprint: str, name: str) -> int:
    found = connection.execute(
        "SELECT id FROM encoders WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if found is not None:
        return int(found[0])
    return _inserted(
        connection, "INSERT INTO encoders (fingerprint, name) VALUES (?, ?)", (fingerprint, name)
    )


def _inserted(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> int:
    """Insert a row and return its id."""
    return int(connection.execute(statement, values).lastrowid or 0)


def _parts(items: Sequence[bytes] | Sequence[int]) -> Iterator[Sequence[bytes] | Sequence[int]]:
    for start in range(0, len(items), _KEYS_A_QUESTION):
        yield items[start : start + _KEYS_A_QUESTION]


def _marks(items: Collection[object]) -> str:
    return ",".join("?" * len(items))
