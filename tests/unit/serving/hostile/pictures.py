"""Files that claim to be photographs, and are bombs, pages, programs or cut off."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib

from PIL import Image

_BOMB_SIDE = 30_000
"""Of a picture whose header claims 900 million pixels."""


def wrong_pictures() -> dict[str, bytes]:
    """Return bytes that claim to be a photograph and must not be decoded as one."""
    side = struct.pack(">II", _BOMB_SIDE, _BOMB_SIDE)
    frame = b"\x00\x11\x08" + struct.pack(">HH", _BOMB_SIDE, _BOMB_SIDE) + b"\x03\x01\x11\x00"
    jpeg = encoded("JPEG")
    start = jpeg.index(b"\xff\xc0")
    length = struct.unpack(">H", jpeg[start + 2 : start + 4])[0]
    progressive = encoded("JPEG", progressive=True)
    scan = progressive[progressive.index(b"\xff\xda") : -2]
    return {
        "PNG bomb": _png(side),
        "PNG bomb of one row": _png(struct.pack(">II", 2**31 - 1, 1)),
        "PNG without a size": _png(struct.pack(">II", 0, 0)),
        "PNG with a wrong checksum": encoded("PNG")[:30] + b"\0\0" + encoded("PNG")[32:],
        "PNG with no data": _png(struct.pack(">II", 40, 30), b""),
        "GIF bomb": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + b"\0" * 6
        + b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\0\x02\x02\x4c\x01\0;",
        "JPEG bomb": jpeg[:start + 2] + frame[:7] + jpeg[start + 9 : start + 2 + length]
        + jpeg[start + 2 + length :],
        "JPEG of many scans": progressive[:-2] + scan * 2_000 + b"\xff\xd9",
        "WebP bomb": b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10)
        + b"\0\0\0\0" + b"\xfe\xff\xff" * 2 + b"VP8 \0\0\0\0",
        "BMP bomb": b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, _BOMB_SIDE, _BOMB_SIDE, 1, 24, 0, 0, 0, 0, 0, 0),
        "TIFF bomb": b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2)
        + struct.pack("<HHII", 256, 4, 1, _BOMB_SIDE) + struct.pack("<HHII", 257, 4, 1, _BOMB_SIDE)
        + b"\0\0\0\0",
        "TIFF that points to itself": b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0)
        + struct.pack("<I", 8),
        "ICO of nothing": b"\0\0\x01\0\xff\xff" + b"\0" * 40,
        "SVG with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script>"
        b"</svg>",
        "SVG with an entity": b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM "
        b"'file:///etc/passwd'>]><svg>&x;</svg>",
        "SVG of a billion laughs": _laughs(),
        "page": b"<!doctype html><script>alert(1)</script>",
        "page that begins as a GIF": b"GIF89a/*<script>alert(1)</script>*/=1;",
        "page that begins as a JPEG": b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
        "zip": zipped(b"a"),
        "zip bomb": zipped(b"\0" * 5_000_000),
        "gzip bomb": gzip.compress(b"\0" * 5_000_000),
        "PDF": b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app)>>>>endobj",
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run",
        "ImageMagick script": b"push graphic-context\nimage over 0,0 0,0 'url(http://127.0.0.1/)'",
        "program": b"\x7fELF" + b"\0" * 60,
        "pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93.",
        "Parquet": b"PAR1" + b"\0" * 40 + b"PAR1",
        "video": b"\0\0\0\x20ftypisom" + b"\0" * 60,
        "HEIC": b"\0\0\0\x20ftypheic" + b"\0" * 60,
        "XBM": b"#define a_width 60000\n#define a_height 60000\nstatic char a_bits[] = {0x00};",
        "FLI with no frames": struct.pack("<IHHHH", 128, 0xAF11, 0, 320, 200) + b"\0" * 116,
        "one byte": b"\xff",
        "zeros": b"\0" * 1_000,
    }  # fmt: skip


def truncated_pictures() -> dict[str, bytes]:
    """Return photographs cut off where it hurts."""
    found = {}
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        whole = encoded(kind)
        for percent in (1, 5, 20, 50, 80):
            cut = max(2, len(whole) * percent // 100)
            found[f"{kind} cut at {percent} %"] = whole[:cut]
    return found


def encoded(kind: str, **options: object) -> bytes:
    """Return a small photograph with something on it."""
    image = Image.new("RGB", (48, 36))
    image.putdata([(n % 251, n * 7 % 253, n * 13 % 255) for n in range(48 * 36)])
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(size: bytes, data: bytes | None = None) -> bytes:
    told = zlib.compress(b"\0" * 1_000) if data is None else data
    parts = [(b"IHDR", size + b"\x08\x02\0\0\0"), (b"IDAT", told), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _laughs() -> bytes:
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return ('<!DOCTYPE s [<!ENTITY l0 "ha">' + "".join(lines) + "]><svg>&l9;</svg>").encode()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../a", content)
    return out.getvalue()
