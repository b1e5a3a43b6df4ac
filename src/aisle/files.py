"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aisle.errors import AisleError


@contextmanager
def atomic_path(path: str | Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; it takes its place when the block ends.

    Whatever happens in the block (an error, an interrupt, a full disk), `path` is either the old
    file or the whole new one, and no temporary file is left unless the process is killed outright.

    Parameters
    ----------
    path
        Where the file is to stand in the end. Missing parent folders are made.
    durable
        Wait until the content is on the disk; without, many small files are written sooner.

    Raises
    ------
    AisleError
        If the folder cannot be written to, `path` is a folder, or the disk is full.
    """
    target = Path(path)
    if target.is_dir():
        raise AisleError(f"{target}: a folder stands where a file is to be written; name a file")
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=".partial"
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        if durable:
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise AisleError(
            f"{target}: could not be written ({error.strerror or error}); "
            "nothing was left half-written. Free some space or choose another folder"
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` atomically; see `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, atomically; see `atomic_path`."""
    write_bytes(path, content.encode("utf-8"))
