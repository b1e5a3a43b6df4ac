"""Pillow kept quiet and within limits."""

from __future__ import annotations

import ctypes
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING

from aisle.catalog.images.formats import (
    DAMAGED,
    FORMATS,
    HEAD_BYTES,
    MAX_BYTES,
    MAX_PIXELS,
    size_problem,
    webp_size,
    what_it_is,
)
from aisle.catalog.images.png import essentials
from aisle.catalog.images.unreadable import UnreadableImageError

if TYPE_CHECKING:
    from PIL import Image


_LARGEST_TILE = 2**24
_TIFF_LOGGER = logging.getLogger("PIL.TiffImagePlugin")


class _Quiet:
    """Keeps in what Pillow and its libtiff say, while at least one thread is inside.

    All of this belongs to the whole process, so the first thread in changes it and the last one out
    puts it back; `warnings.catch_warnings` would put back the wrong filters when threads overlap.
    One filter of warnings is added, which names Pillow alone; the one logger through which Pillow
    complains is muted; and libtiff, which writes to the process's standard error, loses its handler
    of errors, as Pillow itself takes away that of warnings.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filter: object = None
        self._handler: object = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._inside += 1
            if self._filter not in warnings.filters:
                warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
                self._filter = warnings.filters[0]
            if self._inside == 1:
                _TIFF_LOGGER.addFilter(_nothing)
                self._handler = _set_libtiff_errors(None)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    warnings.filters = [f for f in warnings.filters if f is not self._filter]
                    _TIFF_LOGGER.removeFilter(_nothing)
                    _set_libtiff_errors(self._handler)


def _nothing(_: logging.LogRecord) -> bool:
    return False


@cache
def _libtiff_errors() -> Callable[[object], object] | None:
    """Return libtiff's ``TIFFSetErrorHandler``; None where it is linked in without its names."""
    spec = find_spec("PIL._imaging")
    try:
        setter = ctypes.CDLL(spec.origin if spec else None).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return None
    setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
    return setter


def _set_libtiff_errors(handler: object) -> object:
    setter = _libtiff_errors()
    return setter(handler) if setter is not None else None


quiet = _Quiet()
"""Used as ``with quiet(): ...`` around whatever Pillow does."""


@contextmanager
def opened_image(file: IO[bytes], max_pixels: int) -> Iterator[Image.Image]:
    """Open an image as far as its header, and refuse it there if it is too large.

    Parameters
    ----------
    file
        At its start, and seekable.
    max_pixels
        The largest width times height to let through.

    Returns
    -------
    PIL.Image.Image
        Not decoded yet; Pillow stays quiet until it is closed on the way out.

    Raises
    ------
    UnreadableImageError
        If Pillow cannot open it, or its size is out of bounds.
    """
    from PIL import Image

    head = file.read(HEAD_BYTES)
    file.seek(0)
    claimed = webp_size(head)
    problem = size_problem(*claimed, max_pixels) if claimed else None
    if problem is not None:
        raise UnreadableImageError(problem)
    with quiet():
        try:
            image = _open(file)
        except Image.DecompressionBombError as failure:
            most = min(max_pixels, MAX_PIXELS)
            raise UnreadableImageError(f"too many pixels: more than {most:,}") from failure
        except DAMAGED as failure:
            raise UnreadableImageError(_why(file, head)) from failure
        with image:
            problem = size_problem(*image.size, max_pixels) or _tile_problem(image)
            if problem is not None:
                raise UnreadableImageError(problem)
            yield image


def _tile_problem(image: Image.Image) -> str | None:
    """Say whether the tiles of a TIFF take far more memory than its pixels; None if not."""
    tags = getattr(image, "tag_v2", {})
    width, height = tags.get(322, 1), tags.get(323, 1)
    if not (isinstance(width, int) and isinstance(height, int)):
        return "a truncated or damaged header: its tiles have no size"
    return size_problem(width, height, max(_LARGEST_TILE, image.width * image.height))


def _open(file: IO[bytes]) -> Image.Image:
    """Open an image, a PNG that Pillow stumbles over without its comments and colour profile."""
    from PIL import Image

    try:
        return Image.open(file, formats=FORMATS)
    except DAMAGED:
        file.seek(0)
        content = file.read(MAX_BYTES)
        bare = essentials(content)
        if len(bare) == len(content):
            raise
        return Image.open(io.BytesIO(bare), formats=FORMATS)


def _why(file: IO[bytes], head: bytes) -> str:
    """Say why an image cannot be opened; a WebP file tells how long it ought to be."""
    if webp_size(head) is not None:
        told, found = int.from_bytes(head[4:8], "little") + 8, file.seek(0, io.SEEK_END)
        if found < told:
            return f"truncated: {found:,} of {told:,} bytes"
    return what_it_is(head)
