"""What stands in an image column of a request, read into bytes: nothing of this machine's files."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aisle.catalog.images import ImageReference, UnreadableImageError, references
from aisle.catalog.images.files import carried
from aisle.catalog.images.formats import HEAD_BYTES, MAX_PIXELS, webp_size
from aisle.catalog.images.jpeg import read_header
from aisle.catalog.images.pillow import opened_image
from aisle.catalog.images.reading import Fetch

_LONGEST_REFERENCE = 4_000
"""Characters of an address, or of a list of them; only base64 text may be longer."""

_INLINE = re.compile(r"\s*data:image/[\w.+-]{1,40}(?:;[\w=.-]{1,60}){0,4},", re.IGNORECASE)
# Without a way back, so that a long text that is none is refused in linear time.
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]++={0,2}+\s*+")
_LONGEST_NAME = 80
_DEEPEST = 4
_MOST_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Photograph:
    """One encoded photograph: its bytes, what it is called in messages, the pixels it claims."""

    content: bytes
    name: str | None
    pixels: int = 0


@dataclass(frozen=True)
class ReadPhotographs:
    """The photographs of a product, and in words what became of the others."""

    photographs: tuple[Photograph, ...]
    remarks: tuple[str, ...]


class PhotographReader:
    """Reads image columns of requests, which come from strangers.

    Base64 text and data URIs are taken; addresses are fetched only with `fetch`; paths are refused
    whatever they name.

    Parameters
    ----------
    most
        Photographs of one product.
    max_pixels
        Width times height of a photograph, by its header.
    fetch
        Gets what lies at an address; None refuses addresses.
    """

    def __init__(self, *, most: int, max_pixels: int, fetch: Fetch | None) -> None:
        self._most = most
        self._max_pixels = max_pixels
        self._fetch = fetch

    def read(self, value: object) -> ReadPhotographs:
        """Read one value of an image column: a text, a list of texts, or a file's bytes."""
        found = _references(value)
        kept: list[Photograph] = []
        remarks: list[str] = []
        for reference in found[: self._most]:
            try:
                kept.append(self._photograph(reference))
            except UnreadableImageError as failure:
                remarks.append(f"{_name(reference)}: {failure}")
        if not found and len(shown := str(value)) > _LONGEST_REFERENCE:
            remarks.append(f"{shown[:24]!r}...: no photograph, though it is long")
        if len(found) > self._most:
            remarks.append(f"{len(found)} photographs, of which {self._most} are read")
        return ReadPhotographs(tuple(kept), tuple(remarks))

    def needs_fetching(self, value: object) -> bool:
        """Say whether reading this value may wait for another server."""
        if self._fetch is None:
            return False
        return isinstance(value, str | list | dict) and "//" in str(value)[:_LONGEST_REFERENCE]

    def _photograph(self, reference: ImageReference) -> Photograph:
        if reference.kind == "path":
            raise UnreadableImageError(
                "a path, and this server reads no files of its machine: send the photograph as "
                "base64 text, or as a file of a multipart request"
            )
        content = self._fetched(reference) if reference.kind == "url" else carried(reference)
        claimed = _claimed_pixels(content)
        if claimed is not None and claimed > self._max_pixels:
            raise UnreadableImageError(
                f"too many pixels: {claimed:,}, more than {self._max_pixels:,}"
            )
        return Photograph(content, reference.location, claimed or 0)

    def _fetched(self, reference: ImageReference) -> bytes:
        if self._fetch is None:
            raise UnreadableImageError(
                "an address, and this server fetches none: send the photograph itself as base64 "
                "text, or start the server with --allow-urls"
            )
        return self._fetch(reference.location or "")


def _references(value: object) -> tuple[ImageReference, ...]:
    """Return what a value names; lists and records are taken apart here, each text is plain.

    Of a list that is too long to be one of photographs, no more than its beginning is looked at.
    """
    found: list[ImageReference] = []
    waiting = [(value, 0)]
    looked = 0
    while waiting and looked < _MOST_LOOKED_AT and len(found) < _MOST_LOOKED_AT:
        one, depth = waiting.pop()
        looked += 1
        if isinstance(one, str):
            found += references(_plain(one), None)
        elif isinstance(one, bytes):
            found += references(one, None)
        elif isinstance(one, Mapping) and len(one) <= _MOST_LOOKED_AT and depth < _DEEPEST:
            kept = {key: _plain(text) for key, text in one.items() if isinstance(text, str)}
            found += references(kept, None)
        elif isinstance(one, Sequence) and depth < _DEEPEST:
            waiting += [(inner, depth + 1) for inner in reversed(one[:_MOST_LOOKED_AT])]
    return tuple(found)


def _plain(text: str) -> str:
    """Return a text in which no run of white space is left to try patterns on.

    One that is too long for anything but base64, and is none, becomes empty: looking for lists
    and addresses in it would take time and memory.
    """
    if _INLINE.match(text) is not None:
        return text
    if _BASE64.fullmatch(text) is not None:
        return "".join(text.split()) if len(text) > _LONGEST_REFERENCE else text.strip()
    return "" if len(text) > _LONGEST_REFERENCE else " ".join(text.split())


def _claimed_pixels(content: bytes) -> int | None:
    """Return width times height by the header; None where it is for the decoder to say why not."""
    header = read_header(content)
    if header is not None:
        return header.width * header.height
    canvas = webp_size(content[:HEAD_BYTES])
    if canvas is not None:
        return canvas[0] * canvas[1]
    try:
        with opened_image(io.BytesIO(content), MAX_PIXELS) as image:
            return image.width * image.height
    except UnreadableImageError:
        return None


def _name(reference: ImageReference) -> str:
    name = reference.location or "bytes in the row"
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
