"""A file as the readers see it: there, readable, and unpacked where it is gzip."""

from __future__ import annotations

import difflib
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from aisle.errors import CatalogError

GZIP_MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 4 << 20
_HEAD_BYTES = 64 << 10


@dataclass(frozen=True)
class FileSource:
    """One file that exists and can be opened as often as needed.

    Parameters
    ----------
    path
        The file.
    compressed
        Whether its content is gzip.
    suffix
        Lower-case suffix with its dot; that of ``catalog.csv.gz`` is ``.csv``.
    head
        Its first bytes after unpacking (at most 64 KiB), to tell the format by.
    """

    path: Path
    compressed: bool
    suffix: str
    head: bytes

    @classmethod
    def find(cls, path: Path) -> FileSource:
        """Look at the file at `path`.

        Raises
        ------
        CatalogError
            If there is no such file (near names in its folder are given), or it cannot be read.
        """
        if not path.exists():
            raise CatalogError(_missing(path))
        if not path.is_file():
            raise CatalogError(
                f"{path}: is neither a file nor a folder (a pipe or a device?); "
                "write its content to a file first"
            )
        with reading(path):
            with path.open("rb") as file:
                compressed = file.read(2) == GZIP_MAGIC
            suffix = path.suffix.lower()
            if suffix == ".gz":
                suffix = Path(path.stem).suffix.lower()
            with _open(path, compressed) as file:
                head = file.read(_HEAD_BYTES)
        return cls(path, compressed, suffix, head)

    def open(self) -> BinaryIO:
        """Open the file for reading from its beginning, unpacked."""
        return _open(self.path, self.compressed)

    def chunks(self) -> Iterator[bytes]:
        """Give the unpacked content in pieces of at most 4 MiB."""
        with self.open() as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def _open(path: Path, compressed: bool) -> BinaryIO:
    if compressed:
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


@contextmanager
def reading(path: Path, what: str = "file") -> Iterator[None]:
    """Turn what other libraries raise about the file at `path` into a `CatalogError`.

    Parameters
    ----------
    path
        The file being read.
    what
        What it is taken for, such as ``Parquet file``; used in the message.

    Raises
    ------
    CatalogError
        If the block raises an error of the operating system, of gzip, of Arrow or of decoding.
    """
    try:
        yield
    except PermissionError as error:
        raise CatalogError(
            f"{path}: may not be read (permission denied); change its permissions or copy it"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CatalogError(
            f"{path}: the gzip data is damaged or cut short ({error}); "
            "copy or download the file again"
        ) from error
    except (OSError, UnicodeError, pa.ArrowException) as error:
        detail = str(error).strip().splitlines() or [type(error).__name__]
        raise CatalogError(
            f"{path}: could not be read as a {what} ({detail[0].rstrip('. ')}); the file may be "
            "damaged, cut short or of another format. Copy it again, or name its format"
        ) from error


def _missing(path: Path) -> str:
    text = str(path)
    # Path() folds the two slashes of an address into one; one letter is a Windows drive.
    scheme, _, rest = text.partition(":/")
    if rest and len(scheme) > 1 and scheme.isalnum():
        return f"{scheme}://{rest}: addresses are not read; download the file and give its path"
    if any(sign in path.name for sign in "*?"):
        return f"{path}: patterns are not expanded; give a list of paths"
    folder = path.parent
    if not folder.is_dir():
        return f"{path}: there is no such file; its folder {folder} does not exist either"
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    hint = f"; near it there is {', '.join(near)}" if near else "; check the path"
    return f"{path}: there is no such file or folder{hint}"
