"""Which encoding a text file has, and its content as UTF-8 whatever it was."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisle.catalog.problem import Problem
from aisle.catalog.readers.source import FileSource
from aisle.errors import CatalogError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# The UTF-32 marks come first: the little-endian one begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Latin text in another encoding almost never forms valid UTF-8 by chance.
_VALID_FOR_EACH_INVALID = 10


@dataclass(frozen=True)
class Encoding:
    """How bytes become text: a codec, and what happens to bytes that it cannot decode."""

    codec: str
    errors: str = "strict"
    problem: Problem | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the user should know about the choice: nothing, or one problem."""
        return () if self.problem is None else (self.problem,)


@dataclass(frozen=True)
class _Undecodable:
    """The first bytes that a codec refuses; `line` is 1-based."""

    offset: int
    line: int
    reason: str


def choose_encoding(source: FileSource, asked: str | None = None) -> Encoding:
    """Find the encoding of a text file, or check the one asked for.

    A byte order mark decides; then strict UTF-8 over the whole file; then UTF-16 by its zero
    bytes; then Windows-1252, and Latin-1 where bytes stand that Windows-1252 does not define. A
    file that is UTF-8 but for a few bytes stays UTF-8, with those bytes replaced.

    Parameters
    ----------
    source
        The file.
    asked
        The encoding that the user names; None to detect it.

    Returns
    -------
    Encoding
        With a problem of the kind ``encoding`` where the file is not plain UTF-8.

    Raises
    ------
    CatalogError
        If `asked` is no encoding, or the file does not decode with it.
    """
    if asked is not None:
        return _checked(source, asked)
    for mark, codec in _MARKS:
        if source.head.startswith(mark):
            return _marked(source, codec)
    wide = _wide_without_mark(source.head)
    if wide is not None and _first_undecodable(source, wide) is None:
        return Encoding(wide, problem=_told(source, wide))
    broken = _first_undecodable(source, "utf-8")
    if broken is None:
        return Encoding("utf-8")
    if _is_mostly_utf8(source):
        return _with_replacement(source, "utf-8", broken)
    codec = "cp1252" if _first_undecodable(source, "cp1252") is None else "latin-1"
    return Encoding(codec, problem=_told(source, codec, broken))


def utf8_chunks(source: FileSource, encoding: Encoding) -> Iterator[bytes]:
    """Give the file's content in pieces of UTF-8, without a byte order mark."""
    if encoding.codec == "utf-8" and encoding.errors == "strict":
        first = True
        for chunk in source.chunks():
            yield chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
            first = False
        return
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    begun = False
    for chunk in source.chunks():
        text = decoder.decode(chunk)
        if text and not begun:
            text = text.removeprefix("\ufeff")
            begun = True
        yield text.encode("utf-8")
    yield decoder.decode(b"", True).encode("utf-8")


class ByteStream(io.RawIOBase):
    """Pieces of bytes as a file that can be read once, from the beginning."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say that the stream can be read."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return the next `size` bytes, fewer only at the end; Arrow takes a read for a block."""
        left = sys.maxsize if size is None or size < 0 else size
        parts: list[memoryview] = []
        while left and self._fill():
            parts.append(self._rest[:left])
            self._rest = self._rest[left:]
            left -= len(parts[-1])
        return b"".join(parts)

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Put the next bytes into `buffer`; return how many, 0 at the end."""
        room = memoryview(buffer).cast("B")
        content = self.read(len(room))
        room[: len(content)] = content
        return len(content)

    def _fill(self) -> bool:
        """Take the next piece if the last is used up; return False at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._rest = memoryview(piece)
        return True


def _checked(source: FileSource, asked: str) -> Encoding:
    try:
        codec = codecs.lookup(asked).name
        # Python would decode no bytes at all with a codec that is not for text.
        b"a".decode(codec, "ignore")
        codecs.getincrementaldecoder(codec)
    except (LookupError, ValueError):
        raise CatalogError(
            f"{source.path}: {asked!r} is not a text encoding; "
            "use a name such as utf-8, utf-16, cp1252 or latin-1"
        ) from None
    if codec == "utf-8-sig":
        codec = "utf-8"
    broken = _first_undecodable(source, codec)
    if broken is None:
        return Encoding(codec)
    place = "" if codec.startswith(("utf-16", "utf-32")) else f", line {broken.line}"
    raise CatalogError(
        f"{source.path}: is not {asked}: byte {broken.offset}{place} cannot be decoded "
        f"({broken.reason}); leave the encoding out to have it detected, or give another"
    )


def _first_undecodable(source: FileSource, codec: str) -> _Undecodable | None:
    decoder = codecs.getincrementaldecoder(codec)()
    done = lines = 0
    for chunk in source.chunks():
        try:
            decoder.decode(chunk)
        except UnicodeError as error:
            return _located(error, chunk, done, lines)
        done += len(chunk)
        lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", True)
    except UnicodeError as error:
        return _located(error, b"", done, lines)
    return None


def _located(error: UnicodeError, chunk: bytes, done: int, lines: int) -> _Undecodable:
    if not isinstance(error, UnicodeDecodeError):
        return _Undecodable(done, lines + 1, str(error))
    # The decoder may have held back the beginning of a character from the chunk before.
    start = error.start - (len(error.object) - len(chunk))
    newlines = chunk.count(b"\n", 0, max(start, 0))
    return _Undecodable(done + start, lines + newlines + 1, error.reason)


def _marked(source: FileSource, codec: str) -> Encoding:
    broken = _first_undecodable(source, codec)
    if broken is not None:
        return _with_replacement(source, codec, broken)
    return Encoding(codec, problem=None if codec == "utf-8" else _told(source, codec))


def _wide_without_mark(head: bytes) -> str | None:
    """Tell UTF-16 without a mark by where its zero bytes stand: every other place."""
    pairs = len(head) // 2
    if pairs == 0:
        return None
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if max(even, odd) < 0.4 or min(even, odd) > 0.1:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_mostly_utf8(source: FileSource) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    valid = invalid = 0
    for chunk in source.chunks():
        text = decoder.decode(chunk)
        replaced = text.count("\ufffd")
        invalid += replaced
        valid += len(text) - len(text.encode("ascii", "ignore")) - replaced
    return valid >= _VALID_FOR_EACH_INVALID * max(invalid, 1)


def _with_replacement(source: FileSource, codec: str, broken: _Undecodable) -> Encoding:
    message = (
        f"{source.path}: is {codec} but for some bytes, the first at byte {broken.offset} "
        f"(line {broken.line}); each was replaced by \ufffd. Write the file again as UTF-8"
    )
    return Encoding(codec, "replace", Problem("encoding", 0, message))


def _told(source: FileSource, codec: str, broken: _Undecodable | None = None) -> Problem:
    why = "" if broken is None else f" (line {broken.line} is not UTF-8)"
    return Problem(
        "encoding",
        0,
        f"{source.path}: was read as {codec}, not UTF-8{why}; "
        "if accents or signs look wrong, give its encoding",
    )
