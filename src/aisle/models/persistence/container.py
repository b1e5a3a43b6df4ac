"""The zip container: written the same way every time, and read only if it is exactly so."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO

from aisle.errors import BundleError

MAX_RATIO = 200
RATIO_FREE_BYTES = 1 << 20
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1
_NAME = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]*(/[A-Za-z0-9_\-][A-Za-z0-9_.\-]*)*")
_PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib")


def check_name(name: str, where: str) -> None:
    """Refuse a name that could lead out of a folder or is a pickle's.

    Raises
    ------
    BundleError
        If `name` is absolute, holds ``..`` or a character besides letters, digits and ``_-./``,
        or ends as pickles do.
    """
    if name.startswith("/") or "\\" in name or ".." in name or not _NAME.fullmatch(name):
        raise BundleError(
            f"{where}: the part name {name[:120]!r} is refused; a name is relative, without '..', "
            "of letters, digits, '_', '-' and '.'"
        )
    if name.lower().endswith(_PICKLE_SUFFIXES):
        raise BundleError(
            f"{where}: part {name!r} is named like a pickle, which could run code; a bundle never "
            "holds one"
        )


def check_content(name: str, content: bytes, where: str) -> None:
    """Refuse a part that begins as a pickle does.

    Nothing here would ever unpickle it; but a file that carries one was made to harm somebody.

    Raises
    ------
    BundleError
        If the content begins with pickle's protocol opcode and a further opcode.
    """
    if len(content) < 3 or content[0] != 0x80 or content[1] > 5 or _is_safetensors(content):
        return
    import pickletools

    if content[2:3].decode("latin-1") in {opcode.code for opcode in pickletools.opcodes}:
        raise BundleError(
            f"{where}: part {name!r} begins like a pickle, which could run code; a bundle never "
            "holds one"
        )


def _is_safetensors(content: bytes) -> bool:
    # The length of a safetensors header can begin with the same two bytes as a pickle.
    return content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= len(content) - 8


def write_zip(
    handle: BinaryIO,
    entries: Iterable[tuple[str, bytes]],
    *,
    comment: bytes = b"",
    store: bool = False,
) -> None:
    """Write a zip that depends on nothing but its entries.

    Safetensors and what deflate cannot make smaller, or makes suspiciously small, are stored.

    Parameters
    ----------
    handle
        A writable, seekable binary file.
    entries
        Name and content of each entry, in the order to write them.
    comment
        The archive comment.
    store
        Compress nothing: for a zip that is itself to be compressed.
    """
    with zipfile.ZipFile(handle, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, date_time=_FIRST_MOMENT)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_STORED if store else _compression(name, content)
            archive.writestr(info, content, compresslevel=6)
        archive.comment = comment


def _compression(name: str, content: bytes) -> int:
    if name.endswith((".safetensors", ".npy", ".onnx")) or not content:
        return zipfile.ZIP_STORED
    size = len(zlib.compress(content, 6))
    if size >= len(content) or _is_bomb(len(content), size // 2):
        return zipfile.ZIP_STORED
    return zipfile.ZIP_DEFLATED


def _is_bomb(size: int, compressed: int) -> bool:
    return size > RATIO_FREE_BYTES and size > MAX_RATIO * compressed


def check_entries(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """Return the entries of an open zip, by name, after checking its structure alone.

    Raises
    ------
    BundleError
        If a name stands twice or is unsafe; an entry is a folder, a link, encrypted, compressed
        in another way than deflate, or unpacks to far more than it takes; or the local headers do
        not follow each other exactly as the central directory says.
    """
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in entries:
            raise BundleError(f"{where}: part {info.filename!r} stands in the zip twice")
        _check_info(info, where)
        entries[info.filename] = info
    _check_layout(archive, where)
    return entries


def _check_info(info: zipfile.ZipInfo, where: str) -> None:
    name = info.filename
    if name != info.orig_filename:
        raise BundleError(f"{where}: the part name {info.orig_filename[:120]!r} is refused")
    check_name(name, where)
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or info.is_dir():
        raise BundleError(f"{where}: part {name!r} is a link or a folder, not a plain file")
    if info.flag_bits & _ENCRYPTED:
        raise BundleError(f"{where}: part {name!r} is encrypted; a bundle never is")
    if info.flag_bits or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{where}: part {name!r} is packed in a way that Aisle does not use")
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise BundleError(f"{where}: part {name!r} claims two different sizes")
    if _is_bomb(info.file_size, info.compress_size):
        raise BundleError(
            f"{where}: part {name!r} would unpack from {info.compress_size:,} to "
            f"{info.file_size:,} bytes, more than {MAX_RATIO} times; it looks like a zip bomb"
        )


def _check_layout(archive: zipfile.ZipFile, where: str) -> None:
    handle = archive.fp
    if handle is None:
        raise ValueError("the archive is closed")
    expected = 0
    for info in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        handle.seek(expected)
        header = handle.read(_LOCAL_HEADER.size)
        if info.header_offset != expected or len(header) < _LOCAL_HEADER.size:
            raise BundleError(f"{where}: part {info.filename!r} does not follow the one before it")
        found = _LOCAL_HEADER.unpack(header)
        signature, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = found
        sizes = (packed, size)
        zip64 = sizes == (0xFFFFFFFF, 0xFFFFFFFF)
        if (
            signature != b"PK\x03\x04"
            or (flags, method, crc) != (info.flag_bits, info.compress_type, info.CRC)
            or not (zip64 or sizes == (info.compress_size, info.file_size))
            or handle.read(name_bytes) != info.filename.encode("ascii")
        ):
            raise BundleError(
                f"{where}: part {info.filename!r} and the zip's directory do not agree"
            )
        expected += _LOCAL_HEADER.size + name_bytes + extra_bytes + info.compress_size
    if expected != archive.start_dir:
        raise BundleError(f"{where}: there are bytes between the parts and the zip's directory")


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    """Return one entry's content, reading no more than the size its header declares.

    Raises
    ------
    BundleError
        If it does not unpack to exactly the declared size and checksum.
    """
    try:
        with archive.open(info) as part:
            content = part.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BundleError(f"{where}: part {info.filename!r} cannot be read: {error}") from error
    if len(content) != info.file_size:
        raise BundleError(
            f"{where}: part {info.filename!r} has {len(content):,} bytes where the zip says "
            f"{info.file_size:,}"
        )
    return content
