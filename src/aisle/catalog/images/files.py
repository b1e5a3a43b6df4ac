"""Image files opened and read, whatever lies at their path."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from aisle.catalog.images.formats import MAX_BYTES
from aisle.catalog.images.references import ImageReference
from aisle.catalog.images.unreadable import MissingImageError, UnreadableImageError


@contextmanager
def opened(path: str) -> Iterator[tuple[IO[bytes], int]]:
    """Open a file for reading, unless it is empty, too large, or no regular file.

    Parameters
    ----------
    path
        Where it is; symbolic links are followed.

    Returns
    -------
    tuple
        The open file and its size in bytes.

    Raises
    ------
    MissingImageError
        If there is no such file.
    UnreadableImageError
        If it is there and cannot be read.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of Path's time
        problem = _problem(found)
        if problem is not None:
            raise UnreadableImageError(problem)
        with open(path, "rb") as file:  # noqa: PTH123
            yield file, found.st_size
    except (FileNotFoundError, NotADirectoryError) as failure:
        raise MissingImageError("there is no such file") from failure
    except PermissionError as failure:
        raise UnreadableImageError("permission denied") from failure
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        raise UnreadableImageError(f"the file cannot be opened: {reason}") from failure


def read_file(path: str) -> bytes:
    """Return the content of a file that `opened` opens."""
    with opened(path) as (file, size):
        content = file.read(min(size, MAX_BYTES) + 1)
    if not content:
        raise UnreadableImageError("the file is empty (0 bytes)")
    return content


def carried(reference: ImageReference) -> bytes:
    """Return the bytes that a reference carries; an `UnreadableImageError` if there are none."""
    if reference.content:
        return reference.content
    named = reference.location is not None
    what = "the base64 text cannot be read" if named else "there are no bytes"
    raise UnreadableImageError(what)


def _problem(found: os.stat_result) -> str | None:
    """Say why a path is not worth opening; opening a pipe would block for ever."""
    if stat.S_ISDIR(found.st_mode):
        return "it is a directory, not an image file"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    if found.st_size > MAX_BYTES:
        return f"the file is too large: {found.st_size:,} bytes, more than {MAX_BYTES:,}"
    return "the file is empty (0 bytes)" if found.st_size == 0 else None
