"""A model on disk: one zip that is the same for the same model, and safe to read from anybody.

The last bytes of the file are the SHA-256 of all before them, so a damaged copy is recognised as
such. That is no defence against malice, for anybody can compute it anew; what is in the file is
therefore checked as if a stranger had made it: the zip's structure, then the manifest, then every
part against the manifest, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aisle.errors import BundleError
from aisle.files import atomic_path
from aisle.models.persistence import Dumped, Json
from aisle.models.persistence.container import (
    check_content,
    check_entries,
    check_name,
    read_entry,
    write_zip,
)
from aisle.models.persistence.tree import from_json, to_json

FORMAT_VERSION = 2
KINDS = ("classifier", "regressor")
MAX_MANIFEST_BYTES = 64 << 20

_MANIFEST = "manifest.json"
_TREE = "tree.json"
_PARTS = "parts/"
_EXTRA = "extra/"
_RESERVED = frozenset({"format_version", "libraries", "parts"})
_LIBRARIES = (
    "aisle",
    "numpy",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "onnxruntime",
    "tokenizers",
    "skops",
    "safetensors",
)
_SEAL = b"aisle-sha256:"
_DIGEST_BYTES = 64
# The record that ends a zip: signature, counts and offsets (free), length of comment, comment.
_END = b"PK\x05\x06" + bytes(16) + (len(_SEAL) + _DIGEST_BYTES).to_bytes(2, "little") + _SEAL
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Bundle:
    """What a bundle holds.

    Parameters
    ----------
    manifest
        What the writer said of the model, with `format_version`, `libraries` (name to version)
        and `parts` (name, sha256 and size in bytes of each).
    dumped
        The model taken apart, for `aisle.models.persistence.restore`.
    extra
        Further files by name, such as ``card.md``.
    """

    manifest: Mapping[str, Any]
    dumped: Dumped
    extra: Mapping[str, bytes]


@dataclass(frozen=True, eq=False)
class _Opened:
    """A zip whose structure has been checked, and its manifest."""

    path: Path
    archive: zipfile.ZipFile
    entries: dict[str, zipfile.ZipInfo]
    manifest: dict[str, Any]


def write_bundle(
    path: str | Path, *, manifest: Mapping[str, Json], dumped: Dumped, extra: Mapping[str, bytes]
) -> None:
    """Write a bundle atomically; the same contents give the same bytes.

    Parameters
    ----------
    path
        Where to write; by custom it ends in ``.aisle``.
    manifest
        JSON about the model: its `kind` (``classifier`` or ``regressor``), schema, recipe,
        metrics. The format version, library versions and list of parts are added here.
    dumped
        The model taken apart by `aisle.models.persistence.dump`.
    extra
        Further files by name, such as ``card.md``.

    Raises
    ------
    ValueError
        If the manifest has no valid `kind`, a reserved key, or a number that JSON cannot say.
    BundleError
        If a part has an unsafe name or looks like a pickle.
    AisleError
        If the file cannot be written.
    """
    if manifest.get("kind") not in KINDS or not _RESERVED.isdisjoint(manifest):
        raise ValueError(
            f"manifest: kind is one of {', '.join(KINDS)} (found {manifest.get('kind')!r}); the "
            f"keys {', '.join(sorted(_RESERVED))} are filled in by write_bundle"
        )
    parts = {_TREE: to_json(dumped.tree)}
    parts |= {_PARTS + name: content for name, content in dumped.parts.items()}
    parts |= {_EXTRA + name: content for name, content in extra.items()}
    listed: list[Json] = []
    for name in sorted(parts):
        check_name(name, str(path))
        check_content(name, parts[name], str(path))
        digest = hashlib.sha256(parts[name]).hexdigest()
        listed.append({"name": name, "sha256": digest, "size": len(parts[name])})
    head = to_json(
        {
            **manifest,
            "format_version": FORMAT_VERSION,
            "libraries": _library_versions(),
            "parts": listed,
        }
    )
    if len(head) > MAX_MANIFEST_BYTES:
        raise ValueError(f"manifest: {len(head):,} bytes, more than {MAX_MANIFEST_BYTES:,}")
    entries = [(_MANIFEST, head), *((name, parts[name]) for name in sorted(parts))]
    with atomic_path(path) as temporary, temporary.open("wb+") as handle:
        write_zip(handle, entries, comment=_SEAL + b"0" * _DIGEST_BYTES)
        _seal(handle)


def _library_versions() -> dict[str, Json]:
    versions: dict[str, Json] = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def _seal(handle: BinaryIO) -> None:
    """Overwrite the digits at the end of the file with the digest of all before them."""
    size = handle.seek(0, 2)
    digest = _digest(handle, size - _DIGEST_BYTES)
    handle.seek(size - _DIGEST_BYTES)
    handle.write(digest)


def _digest(handle: BinaryIO, size: int) -> bytes:
    handle.seek(0)
    digest = hashlib.sha256()
    while size > 0:
        block = handle.read(min(size, _BLOCK_BYTES))
        if not block:
            break
        digest.update(block)
        size -= len(block)
    return digest.hexdigest().encode("ascii")


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle, refusing anything that `write_bundle` would not have written.

    Parameters
    ----------
    path
        A ``.aisle`` file, from anybody.

    Returns
    -------
    Its manifest, the model taken apart, and its further files; every part has been compared with
    its SHA-256. Nothing is constructed yet.

    Raises
    ------
    BundleError
        If the file is missing, no bundle, damaged, made by a newer Aisle, or made to do harm.
    """
    path = Path(path)
    try:
        with path.open("rb") as handle:
            _check_seal(handle, path)
            with zipfile.ZipFile(handle) as archive:
                return _read_archive(archive, path)
    except OSError as error:
        raise BundleError(
            f"{path}: cannot be read ({error.strerror or error}); expected a bundle, the .aisle "
            "file that 'aisle train' writes"
        ) from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise BundleError(f"{path}: the zip's directory cannot be read: {error}") from error


def _check_seal(handle: BinaryIO, path: Path) -> None:
    if handle.read(4) != b"PK\x03\x04":
        raise BundleError(
            f"{path}: is not a bundle (it does not begin as a zip does); expected the .aisle file "
            "that 'aisle train' writes"
        )
    size = handle.seek(0, 2)
    handle.seek(max(size - len(_END) - _DIGEST_BYTES, 0))
    found = handle.read()
    directory_end = found[: len(_END)]
    if not (directory_end.startswith(_END[:4]) and directory_end.endswith(_END[-2 - len(_SEAL) :])):
        raise BundleError(
            f"{path}: its end is missing: the file was cut short, or is a zip that Aisle did not "
            "write. Copy it again"
        )
    if _digest(handle, size - _DIGEST_BYTES) != found[-_DIGEST_BYTES:]:
        raise BundleError(f"{path}: damaged: its bytes changed after it was written. Copy it again")


def _read_archive(archive: zipfile.ZipFile, path: Path) -> Bundle:
    where = str(path)
    entries = check_entries(archive, where)
    info = entries.pop(_MANIFEST, None)
    if info is None:
        raise BundleError(f"{path}: is a zip without {_MANIFEST}, so not a bundle")
    if info.file_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path}: {_MANIFEST} claims {info.file_size:,} bytes; that is too many")
    manifest = from_json(read_entry(archive, info, where), _MANIFEST)
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version < 1:
        raise BundleError(f"{path}: {_MANIFEST} does not say a format version; not a bundle")
    if version > FORMAT_VERSION:
        raise BundleError(
            f"{path}: made by a newer Aisle (bundle format {version}; this one reads up to "
            f"{FORMAT_VERSION}); upgrade with pip install --upgrade aisle"
        )
    return _READERS[version](_Opened(path, archive, entries, manifest))


def _read_parts(opened: _Opened) -> Bundle:
    path, manifest = opened.path, opened.manifest
    if manifest.get("kind") not in KINDS:
        raise BundleError(
            f"{path}: {_MANIFEST} says kind {manifest.get('kind')!r:.80}; expected one of "
            f"{', '.join(KINDS)}"
        )
    listed = _listed_parts(manifest, path)
    for name in opened.entries:
        if name not in listed:
            raise BundleError(f"{path}: part {name!r} is in the zip but not in {_MANIFEST}")
    for name, (_, size) in listed.items():
        info = opened.entries.get(name)
        if info is None:
            raise BundleError(f"{path}: part {name!r} is in {_MANIFEST} but missing from the zip")
        if info.file_size != size:
            raise BundleError(
                f"{path}: part {name!r} has {info.file_size:,} bytes where {_MANIFEST} says "
                f"{size:,}"
            )
    contents = {}
    for name, (digest, _) in listed.items():
        content = read_entry(opened.archive, opened.entries[name], str(path))
        if hashlib.sha256(content).hexdigest() != digest:
            raise BundleError(f"{path}: part {name!r} does not have the SHA-256 in {_MANIFEST}")
        check_content(name, content, str(path))
        contents[name] = content
    tree = from_json(contents.pop(_TREE), _TREE)
    return Bundle(manifest, Dumped(tree, _under(_PARTS, contents)), _under(_EXTRA, contents))


def _listed_parts(manifest: dict[str, Any], path: Path) -> dict[str, tuple[str, int]]:
    """Return the SHA-256 and the size in bytes of every listed part."""
    rows = manifest.get("parts")
    listed: dict[str, tuple[str, int]] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or set(row) != {"name", "sha256", "size"}:
            raise BundleError(f"{path}: {_MANIFEST}: parts: {row!r:.80} does not describe a part")
        name, digest, size = row["name"], row["sha256"], row["size"]
        if not isinstance(name, str) or not isinstance(digest, str) or type(size) is not int:
            raise BundleError(f"{path}: {_MANIFEST}: parts: {row!r:.80} does not describe a part")
        if name in listed:
            raise BundleError(f"{path}: {_MANIFEST} lists part {name!r:.120} twice")
        check_name(name, str(path))
        if name != _TREE and not name.startswith((_PARTS, _EXTRA)):
            raise BundleError(f"{path}: part {name!r} has no place in a bundle")
        listed[name] = (digest, size)
    if _TREE not in listed:
        raise BundleError(f"{path}: {_MANIFEST} does not list {_TREE}")
    return listed


def _under(folder: str, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name.removeprefix(folder): content
        for name, content in contents.items()
        if name.startswith(folder)
    }


_READERS: dict[int, Callable[[_Opened], Bundle]] = {1: _read_parts, 2: _read_parts}
"""The same zip; what the parts hold differs, see `aisle.models.formats`."""
