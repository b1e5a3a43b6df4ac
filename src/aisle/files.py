"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aisle.errors import AisleError


@contextmanager
def atomic_path(path: str | Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; it takes its place when the block ends.

    Whatever happens in the block (an error, an interrupt, a full disk, a kill), `path` is either
    the old file or the whole new one. On Linux nothing else is left behind either: the temporary
    file has no name until it is whole. Elsewhere a process that is killed outright leaves one
    ``.partial`` file beside `path`.

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
    draft: _Draft | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = _nameless(target) or _named(target)
        yield draft.path
        if durable:
            with draft.path.open("rb+") as written:
                os.fsync(written.fileno())
        draft.publish(target)
    except OSError as error:
        raise AisleError(
            f"{target}: could not be written ({error.strerror or error}); "
            "nothing was left half-written. Free some space or choose another folder"
        ) from error
    finally:
        if draft is not None:
            draft.discard()


@dataclass(frozen=True)
class _Draft:
    """A file on its way: its path, and the handle of one that has no name in any folder yet."""

    path: Path
    handle: int | None = None

    def publish(self, target: Path) -> None:
        """Put the file in the place of `target`."""
        if self.handle is None:
            self.path.replace(target)
            return
        # A link takes nobody's place, so the file gets a name beside `target` first.
        beside = target.parent / f".{target.name}.{os.getpid()}.{self.handle}.partial"
        beside.unlink(missing_ok=True)
        # Only with a descriptor does Python follow the link that stands for the nameless file.
        os.link(self.path, beside, src_dir_fd=self.handle, follow_symlinks=True)
        try:
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)

    def discard(self) -> None:
        """Forget the file; nothing is done to one that was published."""
        if self.handle is not None:
            os.close(self.handle)
            return
        with suppress(OSError):
            self.path.unlink()


def _nameless(target: Path) -> _Draft | None:
    """Open a file that no folder lists: however the process ends, it vanishes (Linux alone)."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path("/proc/self/fd").is_dir():
        return None
    try:
        handle = os.open(target.parent, flag | os.O_RDWR, 0o666)
    except OSError:
        return None  # this file system has no such files, or the folder tells why it cannot
    return _Draft(Path(f"/proc/self/fd/{handle}"), handle)


def _named(target: Path) -> _Draft:
    """Open a file with a name of its own beside `target`."""
    path = target.parent / f".{target.name}.{secrets.token_hex(8)}.partial"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    return _Draft(path)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` atomically; see `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, atomically; see `atomic_path`."""
    write_bytes(path, content.encode("utf-8"))
