"""What stands in an image column, read into references: a path, an address, or the bytes."""

from __future__ import annotations

import ast
import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, unquote_to_bytes

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic"}
    | {".jp2", ".ppm", ".ico"}
)
"""Suffixes of image files, in lower case."""

_SUFFIX = re.compile(
    rf"(?:{'|'.join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))})"
    r"(?:[?#]\S{0,2000})?$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?|ftp|s3|gs|abfss?|hdfs|hf)://", re.IGNORECASE)
_BARE_HOST = re.compile(r"//[\w-]+(?:\.[\w-]+)+/")
_DATA_URI = re.compile(r"data:image/[\w.+-]{1,40}(?:;[\w=.-]{1,60}){0,4},", re.IGNORECASE)
_BASE64_STARTS = ("/9j/", "iVBOR", "R0lGOD", "UklGR", "Qk0", "Qk1", "Qk2", "Qk3", "SUkqA", "TU0AK")
_BASE64_BOXED = re.compile(r"AAAA[A-Za-z0-9+/]{2}Z0eXB")
# Possessive, since line breaks are in both parts: hostile text would take quadratic time.
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]++={0,2}+\s*+")
_SHORTEST_BASE64 = 40
_BETWEEN_ADDRESSES = re.compile(r"[|;,]\s*(?=[a-z][a-z0-9]{1,8}://)", re.IGNORECASE)
_ABSENT = frozenset({"", "nan", "none", "null", "n/a", "<na>"})
_LONGEST_PATH = 4096
_KEYS = ("path", "hi_res", "large", "url", "src", "image", "thumb")


@dataclass(frozen=True)
class ImageReference:
    """One image of a product, not opened yet.

    Parameters
    ----------
    kind
        ``path`` (a local file), ``url`` (somewhere else), or ``bytes`` (carried by the row).
    location
        The path, resolved against the catalogue's folder, or the address; None, or the name the
        row gave, for bytes.
    content
        The encoded image for bytes, empty if its base64 text could not be read; else None.
    """

    kind: Literal["path", "url", "bytes"]
    location: str | None
    content: bytes | None = None


def references(value: object, root: Path | None) -> tuple[ImageReference, ...]:
    """Read the value of an image column, whatever way it is written.

    A value is a path, a web address, bytes, base64 text (plain or a data URI), a Hugging Face
    struct ``{"bytes": ..., "path": ...}``, a list of these (also as JSON in a string), or several
    paths or addresses in one string between ``|``, ``;`` or ``,``. A string is parted only where
    every piece looks like an image or all are addresses, so an address may hold commas.

    Parameters
    ----------
    value
        One cell; None, NaN and empty strings hold no image.
    root
        The folder against which relative paths resolve; None leaves them relative.

    Returns
    -------
    tuple of ImageReference
        In the order found; empty where there is no image.
    """
    return tuple(_read(value, root, depth=0))


def looks_like_image_reference(text: str) -> bool:
    """Say whether a string names or holds an image, for the inference of a schema.

    True for an image suffix at the end of a path or an address (or of each piece of several), a
    data URI, and base64 that starts like an image. "logo.jpg poster frame with glass" is none.
    """
    text = text.strip()
    if _DATA_URI.match(text) or _is_base64(text):
        return True
    listed = _listed(text)
    if listed is not None:
        return bool(listed) and all(
            looks_like_image_reference(item) if isinstance(item, str) else isinstance(item, Mapping)
            for item in listed
        )
    return all(_names_image(piece) for piece in _pieces(text))


def _read(value: object, root: Path | None, depth: int) -> Iterator[ImageReference]:
    if isinstance(value, str):
        yield from _read_text(value.strip(), root, depth)
    elif isinstance(value, bytes | bytearray | memoryview):
        if len(value):
            yield ImageReference("bytes", None, bytes(value))
    elif isinstance(value, Path):
        yield _located(str(value), root)
    elif isinstance(value, Mapping):
        yield from _read_struct(value, root, depth)
    elif isinstance(value, Iterable) and depth < 4:
        for item in value:
            yield from _read(item, root, depth + 1)


def _read_struct(
    struct: Mapping[object, object], root: Path | None, depth: int
) -> Iterator[ImageReference]:
    """Read a Hugging Face image, or the record of one image in a list of sizes."""
    content = struct.get("bytes")
    if isinstance(content, bytes | bytearray | memoryview) and len(content):
        path = struct.get("path")
        yield ImageReference("bytes", str(path) if path else None, bytes(content))
        return
    found = next((struct[key] for key in _KEYS if struct.get(key)), None)
    if found is not None and depth < 4:
        yield from _read(found, root, depth + 1)


def _read_text(text: str, root: Path | None, depth: int) -> Iterator[ImageReference]:
    if text.lower() in _ABSENT:
        return
    data = _DATA_URI.match(text)
    if data or _is_base64(text):
        name = data.group() if data else text[:24]
        yield ImageReference("bytes", f"{name}...", _decoded(text, data))
        return
    listed = _listed(text) if depth < 4 else None
    if listed is not None:
        yield from _read(listed, root, depth + 1)
        return
    for piece in _pieces(text):
        yield _located(piece, root)


def _decoded(text: str, data: re.Match[str] | None) -> bytes:
    """Return the bytes of a data URI or of base64 text; empty if they cannot be read."""
    if data is not None:
        text = text[data.end() :]
        if ";base64," not in data.group().lower():
            return unquote_to_bytes(text)
        text = unquote(text)
    compact = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_base64(text: str) -> bool:
    return (
        len(text) >= _SHORTEST_BASE64
        and (text.startswith(_BASE64_STARTS) or _BASE64_BOXED.match(text) is not None)
        and _BASE64.fullmatch(text) is not None
    )


def _listed(text: str) -> list[object] | None:
    """Return what a JSON or Python list in a string holds; None where the string is no list."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        # Python's parser may end the whole process on very deep nesting.
        if text.count("[") > 100:
            return None
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return found if isinstance(found, list) else None


def _pieces(text: str) -> list[str]:
    """Part several paths or addresses in one string; one alone comes back whole."""
    if _ADDRESS.match(text):
        pieces = _BETWEEN_ADDRESSES.split(text)
        if len(pieces) > 1:
            return [piece.strip() for piece in pieces if piece.strip()]
    for separator in "|;,":
        if separator in text:
            pieces = [piece.strip() for piece in text.split(separator) if piece.strip()]
            if len(pieces) > 1 and all(_names_image(piece) for piece in pieces):
                return [part for piece in pieces for part in _pieces(piece)]
    return [text]


def _names_image(text: str) -> bool:
    return len(text) <= _LONGEST_PATH and "\n" not in text and _SUFFIX.search(text) is not None


def _located(text: str, root: Path | None) -> ImageReference:
    """Tell an address from a path, and resolve the path."""
    if _ADDRESS.match(text):
        return ImageReference("url", text)
    if _BARE_HOST.match(text):
        return ImageReference("url", f"https:{text}")
    if text.lower().startswith("file://"):
        text = unquote("/" + text[7:].partition("/")[2])
    path = Path(text if Path(text).is_absolute() else text.replace("\\", "/"))
    return ImageReference("path", str(path if root is None else root / path))
