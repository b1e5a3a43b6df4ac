"""Ready-made word vectors, read from the files that people share.

Three forms are read, plain or with gzip: word2vec's text (a line with the number of words and their
dimension, then a line a word; fastText's ``.vec`` files are such), word2vec's binary form (the same
line, then each word, a space and its float32 numbers), and GloVe's text (no first line). Nothing is
ever unpickled, so that a file from a stranger cannot run code.
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from aisle.errors import RecipeError

logger = logging.getLogger(__name__)

_Vector = npt.NDArray[np.float32]
_Wants = Callable[[str], bool]

_GZIP = b"\x1f\x8b"
_REFUSED = {b"\x80": "a pickle", b"\x93NUMPY": "a NumPy array", b"PK\x03\x04": "a zip archive"}
_FORMS = (
    "expected word2vec's text or binary form, or GloVe's text, plain or with gzip. What gensim "
    "saved as its own is brought into that form by KeyedVectors.load(path)"
    ".save_word2vec_format('vectors.bin', binary=True), an archive by unpacking it"
)
_HEADER = re.compile(rb"(\d{1,12})[ \t](\d{1,7})[ \t]*\r?\n")
_TOKEN = re.compile(r"\w\w+")
_MAX_DIMENSION = 4096
_MAX_LINE_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 20


def read_vectors(
    path: str, words: Sequence[str], *, common: int, lowercase: bool
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Read the vectors of some words, and of the words that a file names first.

    Parameters
    ----------
    path
        A file in one of the three forms.
    words
        Words to look for.
    common
        How many of the file's first words to take whether looked for or not. Words of a single
        character, and what has a sign or a space in it, are none that texts are cut into: they are
        neither counted nor taken.
    lowercase
        Take the vector of "Samsung" for "samsung" where the file does not have "samsung" itself.

    Returns
    -------
    list of str
        The words found.
    numpy.ndarray
        Their vectors, float32 (words, dimension); none is zero.

    Raises
    ------
    RecipeError
        If the file cannot be opened, is of another form, or is damaged.
    """
    choice = _Choice(words, common, lowercase)
    try:
        with _opened(path) as stream:
            dimension, entries = _entries(stream, path, choice.wants)
            for written, vector in entries:
                choice.keep(written, vector)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecipeError(f"{path}: the word vectors cannot be read ({reason})") from error
    found = choice.found()
    logger.info("%s: vectors of %d words, dimension %d", path, len(found), dimension)
    if not found:
        logger.warning("%s: none of the texts' words has a vector in it", path)
        return [], np.zeros((0, dimension), dtype=np.float32)
    return list(found), np.stack(list(found.values()))


class _Choice:
    """The words that are kept of a file, spelled as texts spell them."""

    def __init__(self, words: Sequence[str], common: int, lowercase: bool) -> None:
        self._words = frozenset(words)
        self._common = common
        self._lowercase = lowercase
        self._exact: dict[str, _Vector] = {}
        self._folded: dict[str, _Vector] = {}

    def wants(self, written: str) -> bool:
        """Say whether a word's vector is to be kept; asked once a word, in the file's order."""
        word = written.lower() if self._lowercase else written
        if _TOKEN.fullmatch(word) is None or (self._common <= 0 and word not in self._words):
            return False
        self._common -= 1
        return word not in (self._exact if word == written else self._folded)

    def keep(self, written: str, vector: _Vector) -> None:
        """Keep a vector."""
        word = written.lower() if self._lowercase else written
        if vector.any():
            (self._exact if word == written else self._folded)[word] = vector

    def found(self) -> dict[str, _Vector]:
        """Return the vectors; a word as texts spell it goes before the same word in capitals."""
        return {**self._folded, **self._exact}


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, through gzip if its content asks for it; raises RecipeError if it is refused."""
    with ExitStack() as stack:
        stream: BinaryIO = stack.enter_context(Path(path).open("rb"))
        zipped = stream.read(2) == _GZIP
        stream.seek(0)
        if zipped:
            stream = cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=stream)))
        start = stream.read(8)
        for mark, what in _REFUSED.items():
            if start.startswith(mark):
                raise RecipeError(f"{path}: this is {what}, which is not opened; {_FORMS}")
        stream.seek(0)
        yield stream


def _entries(
    stream: BinaryIO, path: str, wants: _Wants
) -> tuple[int, Iterator[tuple[str, _Vector]]]:
    """Return the dimension, and the words that are wanted with their vectors."""
    first = stream.readline(_MAX_LINE_BYTES)
    header = _HEADER.fullmatch(first)
    if header is None:
        count, dimension, start = None, len(first.split()) - 1, 0
    else:
        count, dimension, start = int(header[1]), int(header[2]), stream.tell()
        first = stream.readline(_MAX_LINE_BYTES)
    stream.seek(start)
    text = _is_text(first, dimension)
    if not 1 <= dimension <= _MAX_DIMENSION or (count is None and not text):
        raise RecipeError(
            f"{path}: the first line is neither two whole numbers, of words and of their dimension "
            f"(at most {_MAX_DIMENSION}), nor a word and its numbers; {_FORMS}"
        )
    if text or count is None:
        return dimension, _text(stream, path, count, dimension, wants)
    return dimension, _binary(stream, path, count, dimension, wants)


def _is_text(line: bytes, dimension: int) -> bool:
    """Say whether a line is a word and its numbers, written out."""
    return line.count(b" ") >= dimension > 0 and _numbers(line.split()[-dimension:]) is not None


def _numbers(fields: Sequence[bytes]) -> _Vector | None:
    """Return fields as float32 (fields,), or None if one is no finite number."""
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(field) for field in fields], dtype=np.float32)
    except ValueError:
        return None
    return vector if np.isfinite(vector).all() else None


def _text(
    stream: BinaryIO, path: str, count: int | None, dimension: int, wants: _Wants
) -> Iterator[tuple[str, _Vector]]:
    """Go through lines, `count` of them if that is known; raises RecipeError at a damaged one."""
    number = start = 0 if count is None else 1
    while line := stream.readline(_MAX_LINE_BYTES):
        number += 1
        word, _, rest = line.partition(b" ")
        written = word.decode("utf-8", "replace")
        if not wants(written):
            continue
        fields = rest.split()
        vector = _numbers(fields[-dimension:])
        if vector is None or len(fields) < dimension:
            raise RecipeError(
                f"{path}, line {number}: expected {written!r} and {dimension} finite numbers, "
                f"found {len(fields)} fields after it: the file is damaged or cut off; fetch it "
                "again"
            )
        # GloVe's largest files hold a few words with spaces in them, which no text asks for.
        if len(fields) == dimension:
            yield written, vector
    if count is not None and number - start < count:
        raise RecipeError(
            f"{path}: the first line tells of {count} words, but only {number - start} follow: the "
            "file is cut off; fetch it again"
        )


def _binary(
    stream: BinaryIO, path: str, count: int, dimension: int, wants: _Wants
) -> Iterator[tuple[str, _Vector]]:
    """Go through `count` binary entries; raises RecipeError where they end too soon."""
    size = 4 * dimension
    read, at = b"", 0
    for number in range(1, count + 1):
        # The original program ends each entry with a line break, gensim does not.
        while (space := read.find(b" ", at)) < 0 or len(read) <= space + size:
            more = stream.read(_CHUNK_BYTES)
            if not more or (space < 0 and len(read) - at > _MAX_LINE_BYTES):
                raise RecipeError(
                    f"{path}: the file says that it holds {count} words, but word {number} is "
                    f"damaged or cut off; fetch it again. Otherwise: {_FORMS}"
                )
            read, at = read[at:] + more, 0
        written = read[at:space].lstrip(b"\n").decode("utf-8", "replace")
        at = space + 1 + size
        if wants(written):
            vector = np.frombuffer(read, "<f4", dimension, space + 1).astype(np.float32)
            if not np.isfinite(vector).all():
                raise RecipeError(
                    f"{path}: the vector of word {number}, {written!r}, holds a number that is not "
                    "finite; the file is damaged, or of another form"
                )
            yield written, vector
