"""A content's key, and how a vector is kept as bytes."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_KEY_BYTES = 16
_CHECK_BYTES = 4


def content_key(data: bytes | str) -> bytes:
    """Return the 16 bytes by which a content is known; a text counts as its UTF-8."""
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=_KEY_BYTES).digest()


def packed(fingerprint: str, key: bytes, vector: NDArray[np.float32]) -> bytes:
    """Return a vector as it is kept: little-endian float32, and a checksum of all it belongs to.

    Raises
    ------
    ValueError
        If the array has not one dimension.
    """
    if np.ndim(vector) != 1:
        raise ValueError(f"vector: expected one dimension, found shape {np.shape(vector)}")
    numbers = np.ascontiguousarray(vector, "<f4").tobytes()
    return numbers + _check(fingerprint, key, memoryview(numbers))


def unpacked(fingerprint: str, key: bytes, kept: object) -> NDArray[np.float32] | None:
    """Return a vector, which may not be written to; None if it is not what was kept."""
    if not isinstance(kept, bytes) or len(kept) % 4 or len(kept) < _CHECK_BYTES:
        return None
    numbers = memoryview(kept)[:-_CHECK_BYTES]
    if kept[-_CHECK_BYTES:] != _check(fingerprint, key, numbers):
        return None
    return np.frombuffer(numbers, "<f4").astype(np.float32, copy=False)


def _check(fingerprint: str, key: bytes, numbers: memoryview) -> bytes:
    # A row whose key was damaged shall not pass for another's either.
    check = zlib.crc32(key, zlib.crc32(fingerprint.encode("utf-8", "surrogatepass")))
    return zlib.crc32(numbers, check).to_bytes(_CHECK_BYTES, "little")
