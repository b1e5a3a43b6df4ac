"""Images opened as far as their headers: what they are, and in words what is wrong with them."""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import threading
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Literal

from aisle.catalog.images.references import ImageReference
from aisle.catalog.problem import Problem
from aisle.errors import CatalogError

MAX_PIXELS = 178_956_970
"""Twice Pillow's default, where it refuses to open an image at all: half a gigabyte decoded."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO")
_HEAD_BYTES = 512
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)", re.IGNORECASE)
_DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    SyntaxError,
    RuntimeError,
    EOFError,
    AssertionError,
    struct.error,
)
_WARNINGS = threading.Lock()


@dataclass(frozen=True)
class ImageCheck:
    """What the header of one image says.

    Parameters
    ----------
    location
        The path or address; None for bytes without a name.
    state
        ``ok``; ``missing`` (no such file); ``broken`` (there, but no image that can be opened); or
        ``remote`` (an address, not fetched).
    error
        What is wrong, in words; None unless missing or broken.
    format
        Pillow's name of the format, such as ``JPEG``.
    width, height
        In pixels, before any rotation that the photograph's EXIF data ask for.
    size_bytes
        Of the file or the bytes.
    """

    location: str | None
    state: Literal["ok", "missing", "broken", "remote"]
    error: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


def check_images(
    images: Sequence[tuple[ImageReference, ...]],
    *,
    workers: int,
    max_pixels: int = MAX_PIXELS,
) -> tuple[tuple[ImageCheck, ...], ...]:
    """Open the header of every image, in threads, and decode no pixel.

    A file that several products share is opened once. Addresses are not fetched.

    Parameters
    ----------
    images
        The references of every product.
    workers
        Threads, at least 1.
    max_pixels
        The largest width times height to let through; Pillow's own limit holds besides.

    Returns
    -------
    tuple of tuples of ImageCheck
        One tuple a product, one check a reference, in the same order.

    Raises
    ------
    CatalogError
        If `workers` is less than 1.
    """
    if workers < 1:
        raise CatalogError(f"workers: expected a whole number of at least 1, found {workers}")
    distinct = list(dict.fromkeys(reference for product in images for reference in product))
    with _quiet_pillow(), ThreadPoolExecutor(workers) as pool:
        batches = [distinct[start : start + 64] for start in range(0, len(distinct), 64)]
        done = pool.map(lambda batch: [_check(one, max_pixels) for one in batch], batches)
        checks = [check for batch in done for check in batch]
    known = dict(zip(distinct, checks, strict=True))
    return tuple(tuple(known[reference] for reference in product) for product in images)


def image_problems(checks: Sequence[tuple[ImageCheck, ...]]) -> tuple[Problem, ...]:
    """Say which products have no image, a broken one, or one that was not fetched.

    Parameters
    ----------
    checks
        What `check_images` returned.

    Returns
    -------
    tuple of Problem
        Of the kinds ``missing-image`` (none named, or a file that does not exist),
        ``broken-image`` and ``remote-image``, each at most once; `rows` counts products.
    """
    without = [row for row, product in enumerate(checks) if not product]
    by_state: dict[str, list[int]] = {
        state: [row for row, product in enumerate(checks) if any(c.state == state for c in product)]
        for state in ("missing", "broken", "remote")
    }
    problems: list[Problem] = []
    missing = sorted({*without, *by_state["missing"]})
    if missing:
        message = (
            f"{len(missing)} of {len(checks)} products lack an image: {len(without)} name none"
        )
        if by_state["missing"]:
            message += f", {len(by_state['missing'])} name a file that does not exist "
            message += f"({_first(checks, by_state['missing'], 'missing')}); put the files there, "
            message += "or give the folder against which paths resolve"
        problems.append(Problem("missing-image", len(missing), message, tuple(missing[:10])))
    broken = by_state["broken"]
    if broken:
        causes = Counter(
            (check.error or "").partition(":")[0]
            for product in checks
            for check in product
            if check.state == "broken"
        )
        told = ", ".join(f"{count} x {cause}" for cause, count in causes.most_common(5))
        message = f"{len(broken)} of {len(checks)} products have an image that cannot be used: "
        message += f"{told} ({_first(checks, broken, 'broken')}); replace these files"
        problems.append(Problem("broken-image", len(broken), message, tuple(broken[:10])))
    remote = by_state["remote"]
    if remote:
        message = f"{len(remote)} of {len(checks)} products have an image at an address, which was "
        message += f"not fetched ({_first(checks, remote, 'remote')}); download the images first"
        problems.append(Problem("remote-image", len(remote), message, tuple(remote[:10])))
    return tuple(problems)


def _first(checks: Sequence[tuple[ImageCheck, ...]], rows: list[int], state: str) -> str:
    check = next(check for check in checks[rows[0]] if check.state == state)
    return f"row {rows[0]}: {check.location or 'bytes in the row'}"


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings in, and load its readers once.

    Warning filters belong to the whole process, so only one check at a time may change them, and
    its threads leave them alone.
    """
    from PIL import Image

    with _WARNINGS, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
        Image.init()
        yield


def _check(reference: ImageReference, max_pixels: int) -> ImageCheck:
    if reference.kind == "url":
        return ImageCheck(reference.location, "remote")
    if reference.kind == "path":
        return _check_file(reference.location or "", max_pixels)
    content = reference.content or b""
    if content:
        return _inspect(io.BytesIO(content), reference.location, len(content), max_pixels)
    error = "the base64 text cannot be read" if reference.location else "there are no bytes"
    return ImageCheck(reference.location, "broken", error, size_bytes=0)


def _check_file(location: str, max_pixels: int) -> ImageCheck:
    try:
        found = os.stat(location)  # noqa: PTH116 - a third of Path's time
        error = _unusable(found)
        if error is not None:
            return ImageCheck(location, "broken", error, size_bytes=found.st_size)
        with open(location, "rb") as file:  # noqa: PTH123
            return _inspect(file, location, found.st_size, max_pixels)
    except (FileNotFoundError, NotADirectoryError):
        return ImageCheck(location, "missing", "there is no such file")
    except PermissionError:
        return ImageCheck(location, "broken", "permission denied")
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        return ImageCheck(location, "broken", f"the file cannot be opened: {reason}")


def _unusable(found: os.stat_result) -> str | None:
    """Say why a path is not worth opening; opening a pipe would block for ever."""
    if stat.S_ISDIR(found.st_mode):
        return "it is a directory, not an image file"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    return "the file is empty (0 bytes)" if found.st_size == 0 else None


def _inspect(file: IO[bytes], location: str | None, size_bytes: int, max_pixels: int) -> ImageCheck:
    """Read the header of an open image."""
    from PIL import Image, UnidentifiedImageError

    head = file.read(_HEAD_BYTES)
    file.seek(0)
    error: str | None = None
    width = height = 0
    name: str | None = None
    try:
        with Image.open(file, formats=_FORMATS) as image:
            name, (width, height) = image.format, image.size
    except Image.DecompressionBombError:
        error = f"too many pixels: more than {min(max_pixels, MAX_PIXELS):,}"
    except (UnidentifiedImageError, *_DAMAGED):
        error = _what_it_is(head)
    if error is None and width * height > max_pixels:
        error = f"too many pixels: {width} x {height}, more than {max_pixels:,}"
    if error is None and min(width, height) < 1:
        error = f"no pixels: {width} x {height}"
    if error is not None:
        return ImageCheck(location, "broken", error, size_bytes=size_bytes)
    return ImageCheck(location, "ok", None, name, width, height, size_bytes)


def _what_it_is(head: bytes) -> str:
    """Say in words why bytes that start like this are no image that can be opened."""
    if _HTML.match(head):
        return "an HTML page, not an image (a download that failed, often)"
    if head.lstrip().startswith(b"<svg") or (head.lstrip()[:5] == b"<?xml" and b"<svg" in head):
        return "an SVG drawing, which is not supported: convert it to PNG"
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        return "an HEIC photograph, which is not supported: convert it to JPEG"
    names = [name for magic, name in _MAGIC if head.startswith(magic)]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        names.append("WebP")
    if head[4:8] == b"ftyp":
        names.append("AVIF")
    if names:
        return f"a truncated or damaged header: it starts like {names[0]}"
    return "an unknown format: no image that can be read"
