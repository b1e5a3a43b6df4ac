"""JPEG photographs: headers read here, pixels decoded by libjpeg-turbo.

That is the one inside Pillow, without what `Image.open` spends on a small photograph, or the one
inside simplejpeg where that is installed, which is up to a quarter faster. OpenCV has one too, but
lets libjpeg write its warnings to the standard error of the process, and there is no other way to
learn of them or to silence them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import cast

import numpy as np
from numpy.typing import NDArray

from aisle.catalog.images.colours import rgb
from aisle.catalog.images.formats import DAMAGED, decoding_problem, size_problem
from aisle.catalog.images.orientation import exif_orientation
from aisle.catalog.images.unreadable import UnreadableImageError

MAX_SCANS = 100
"""Of a progressive JPEG; encoders write about ten, and every scan costs a pass over all pixels."""

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
_APP1 = 0xE1
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB})
_SCALABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
_MODES = {1: ("RGB", "RGB"), 3: ("RGB", "RGB"), 4: ("CMYK", "CMYK;I")}
_LAST_ROWS = 18
"""Pixels: of a block, and of the smoothing between its colours and those of the block above."""
_CLEAR = 64
"""Pixels; below that a size tells not which of libjpeg's scales, eighths, gives it."""
_FILLERS = (bytes(range(1, 128)), bytes(range(254, 127, -1)))


@dataclass(frozen=True)
class JpegHeader:
    """What stands before the first scan.

    Parameters
    ----------
    width, height
        In pixels, before the rotation that `orientation` asks for.
    channels
        1 (grey), 3 (colour) or 4 (CMYK, YCCK).
    bits
        Of a channel.
    process
        The marker of the frame, such as 0xC2 for progressive.
    orientation
        1 to 8, from the EXIF data.
    one_scan
        Whether the first scan holds all channels.
    body
        Offset of the first scan.
    """

    width: int
    height: int
    channels: int
    bits: int
    process: int
    orientation: int
    one_scan: bool
    body: int


def read_header(content: bytes) -> JpegHeader | None:
    """Read the header of a JPEG; None where it is cut short or not in order.

    The pixels' decoder trusts these sizes, so nothing passes that libjpeg might read otherwise:
    segments follow one another without a gap, there is one frame, and a scan behind it.
    """
    if not content.startswith(_START):
        return None
    frame: tuple[int, int, int, int, int] | None = None
    orientation = 1
    at = 2
    end = len(content)
    while at + 4 <= end and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = content[at + 2] << 8 | content[at + 3]
        stop = at + 2 + length
        if marker in _WITHOUT_LENGTH or length < 2 or stop > end:
            return None
        if marker in _FRAMES:
            if frame is not None or length < 8:
                return None
            c = content[at + 4 : at + 10]
            frame = (marker, c[0], c[1] << 8 | c[2], c[3] << 8 | c[4], c[5])
        elif marker == _APP1 and orientation == 1:
            orientation = exif_orientation(content[at + 4 : stop])
        elif marker == 0xDA:
            if frame is None:
                return None
            process, bits, height, width, channels = frame
            one_scan = length >= 3 and content[at + 4] == channels
            return JpegHeader(width, height, channels, bits, process, orientation, one_scan, at)
        at = stop
    return None


def decode_jpeg(
    content: bytes, header: JpegHeader, *, side: int | None, max_pixels: int
) -> NDArray[np.uint8]:
    """Decode a JPEG, at a reduced scale if its longer side stays at least `side` pixels.

    Parameters
    ----------
    content
        The whole file.
    header
        What `read_header` found in it.
    side
        Pixels; None decodes at full scale.
    max_pixels
        The largest width times height to let through.

    Returns
    -------
    uint8 (height, width, 3)
        As stored, before the rotation that the EXIF data ask for.

    Raises
    ------
    UnreadableImageError
        If it is out of bounds, cannot be decoded, or its pixels end early.
    """
    problem = size_problem(header.width, header.height, max_pixels) or _unsupported(content, header)
    if problem is not None:
        raise UnreadableImageError(problem)
    if not content.endswith(_END) and content.rfind(_END, header.body) < 0:
        content = _ended(content, header)
    return _pixels(content, header, _reduction(header, side))


def _unsupported(content: bytes, header: JpegHeader) -> str | None:
    if header.bits != 8:
        return f"a JPEG of {header.bits} bits a channel, which is not supported: convert it to 8"
    if header.channels not in _MODES:
        return f"a JPEG of {header.channels} channels, which is not supported: convert it to RGB"
    if header.process in _PROGRESSIVE or not header.one_scan:
        scans = content.count(_SCAN, header.body)
        if scans > MAX_SCANS:
            return f"too many scans: {scans:,}, more than {MAX_SCANS}"
    return None


def _reduction(header: JpegHeader, side: int | None) -> int:
    """Return by how much libjpeg is to divide both sides: 1, 2, 4 or 8."""
    if side is None or header.process not in _SCALABLE:
        return 1
    longer = max(header.width, header.height)
    return next((by for by in (8, 4, 2) if _divided(longer, by) >= side), 1)


def _divided(length: int, by: int) -> int:
    return -(-length // by)


def _pixels(content: bytes, header: JpegHeader, by: int) -> NDArray[np.uint8]:
    width, height = _divided(header.width, by), _divided(header.height, by)
    turbo = _simplejpeg()
    plain = header.channels in (1, 3) and header.process in _SCALABLE
    if turbo is not None and plain and max(header.width, header.height) >= _CLEAR:
        with suppress(*DAMAGED):
            return turbo(content, min_width=width, min_height=height, min_factor=by, strict=True)
    return _pixels_of_pillow(content, header, width, height, by)


@cache
def _simplejpeg() -> Callable[..., NDArray[np.uint8]] | None:
    """Return ``simplejpeg.decode_jpeg`` where that is installed; it is libjpeg-turbo and no more.

    Its pixels are Pillow's, byte for byte, as both are libjpeg-turbo's. Where libjpeg so much as
    warns it raises an error, and Pillow decides what becomes of such a file in any case.
    """
    try:
        found = import_module("simplejpeg").decode_jpeg
    except ImportError:
        return None
    return cast(Callable[..., NDArray[np.uint8]], found)


def _pixels_of_pillow(
    content: bytes, header: JpegHeader, width: int, height: int, by: int
) -> NDArray[np.uint8]:
    from PIL import Image

    mode, raw_mode = _MODES[header.channels]
    try:
        image = Image.new(mode, (width, height), None)
        image.frombytes(content, "jpeg", raw_mode, "", by, 0)
        return rgb(image)
    except DAMAGED as failure:
        raise UnreadableImageError(decoding_problem(failure, "JPEG")) from failure


def _ended(content: bytes, header: JpegHeader) -> bytes:
    """Return a JPEG that lacks its end with one, if hardly more than that is missing.

    libjpeg invents what is missing. So whatever of the picture changes with bytes put behind the
    end was never in the file; that may be rows of the last blocks, but no tenth of the picture.
    """
    known = content[: header.body] + content[header.body :].rstrip(b"\0\xff")
    try:
        picture, *others = (_pixels(known + tail + _END, header, 1) for tail in (b"", *_FILLERS))
    except UnreadableImageError as failure:
        raise UnreadableImageError("truncated: the file ends too early") from failure
    invented = np.logical_or.reduce([(other != picture).any(axis=(1, 2)) for other in others])
    sure = int(invented.argmax()) if invented.any() else header.height
    if header.height - sure > min(_LAST_ROWS, header.height // 10):
        share = 100 * sure // header.height
        raise UnreadableImageError(f"truncated: the pixels end after {share} % of the rows")
    return known + _END
