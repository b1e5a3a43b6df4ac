"""What an image file is by its first bytes, how large it may be, and the words for what is not."""

from __future__ import annotations

import re
import struct
import zlib

MAX_PIXELS = 178_956_970
"""Twice Pillow's default, where it refuses to open an image at all: half a gigabyte decoded."""
MAX_SIDE = 65_535
"""Pixels of the longer side: the most that a JPEG can say of itself."""
MAX_BYTES = 256 * 2**20
"""Of one file, encoded."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO")
"""Pillow's names of the formats that are read."""
HEAD_BYTES = 512
"""How many first bytes `what_it_is` wants."""
DAMAGED = (
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
    BufferError,
    MemoryError,
    struct.error,
    zlib.error,
    Warning,
)
"""What Pillow raises on damaged files; a warning is raised where a caller made errors of them."""

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\x00\x00\x01\x00", "ICO"),
)
_OTHERS = (
    (b"8BPS", "a Photoshop document, which is not supported: convert it to PNG or JPEG"),
    (b"\xff\x0a", "a JPEG XL photograph, which is not supported: convert it to JPEG"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL photograph, which is not supported: convert it to JPEG"),
    (b"%PDF", "an unknown format: a PDF document, no image"),
    (b"PK\x03\x04", "an unknown format: a ZIP archive, no image"),
    (b"\x1f\x8b", "an unknown format: gzip-compressed data, no image"),
    (b"version https://git-lfs", "a Git LFS pointer, not the image: fetch it with `git lfs pull`"),
)
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)", re.IGNORECASE)
_SVG = re.compile(rb"\s*(?:<svg|<\?xml(?s:.*)<svg)")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_TEXTS = (
    (_HTML, "an HTML page, not an image (a download that failed, often)"),
    (_SVG, "an SVG drawing, which is not supported: convert it to PNG"),
    (_JSON, "JSON text, not an image (a server's error message, often)"),
)
_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")


def what_it_is(head: bytes) -> str:
    """Say in words why a file that cannot be opened cannot.

    Parameters
    ----------
    head
        Its first `HEAD_BYTES` bytes, or all of it.
    """
    for pattern, words in _TEXTS:
        if pattern.match(head):
            return words
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC and not any(b in head[:40] for b in _AVIF):
        return "an HEIC photograph, which is not supported: convert it to JPEG"
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return words
    name = _starts_like(head)
    if name is None:
        return "an unknown format: no image that can be read"
    return f"a truncated or damaged header: it starts like {name}"


def size_problem(width: int, height: int, max_pixels: int) -> str | None:
    """Say what is wrong with a photograph's size; None where it may be decoded.

    Parameters
    ----------
    width, height
        In pixels, from the header.
    max_pixels
        The largest width times height to let through; `MAX_PIXELS` holds besides.
    """
    most = min(max_pixels, MAX_PIXELS)
    if min(width, height) < 1:
        return f"no pixels: {width} x {height}"
    if width * height > most:
        return f"too many pixels: {width} x {height}, more than {most:,}"
    if max(width, height) > MAX_SIDE:
        return f"too long a side: {width} x {height}, more than {MAX_SIDE:,}"
    return None


def decoding_problem(failure: BaseException, name: str | None) -> str:
    """Say in words why an image that could be opened cannot be decoded.

    Parameters
    ----------
    failure
        One of `DAMAGED`.
    name
        Of the format.
    """
    if isinstance(failure, MemoryError):
        return "too large for the memory at hand"
    if "truncated" in str(failure).lower() or isinstance(failure, EOFError):
        return "truncated: the file ends too early"
    return f"damaged: its {name or 'image'} data cannot be decoded"


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Return the (width, height) that a WebP file claims; None where it is none or is cut short.

    Pillow allocates the whole canvas when it opens a WebP file, so its size has to be known before.
    The layout is that of the WebP Container Specification (RFC 9649, section 2.7).
    """
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _starts_like(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return "AVIF"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)
