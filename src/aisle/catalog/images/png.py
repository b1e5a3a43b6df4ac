"""PNG files without what Pillow may stumble over."""

from __future__ import annotations

_START = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"})


def essentials(content: bytes) -> bytes:
    """Return a PNG with its header, palette, transparency, orientation and pixels alone.

    Pillow refuses a PNG for a large comment, a large or broken colour profile, or a wrong checksum
    of either; nothing of the kind is wanted here. An animation is left with its first frame. A file
    that is no PNG, and whatever stands behind a broken chunk, comes back as it is.

    Parameters
    ----------
    content
        The whole file; the layout of its chunks is that of the PNG specification, section 5.3.
    """
    if not content.startswith(_START):
        return content
    kept = [_START]
    at = len(_START)
    while at + 12 <= len(content):
        stop = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind in _KEPT:
            kept.append(content[at:stop])
        if kind == b"IEND":
            break
        at = stop
    else:
        kept.append(content[at:])
    return b"".join(kept)
