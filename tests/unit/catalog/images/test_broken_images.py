"""Every kind of odd or broken image file: the right pixels, or the right words."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, features

from aisle.catalog.images import UnreadableImageError, decode
from aisle.catalog.images.formats import MAX_PIXELS

SIZE = (96, 64)
COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "black": (0, 0, 0),
    "dark": (64, 64, 64),
    "grey": (128, 128, 128),
    "light": (192, 192, 192),
    "white": (255, 255, 255),
    "pale": (128, 128, 255),
}
FOUR = "red green blue yellow"


def quarters(colours: str = FOUR, size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture of four rectangles: above left, above right, below left, below right."""
    image = Image.new("RGB", size)
    width, height = size[0] // 2, size[1] // 2
    for place, name in enumerate(colours.split()):
        corner = (place % 2 * width, place // 2 * height)
        image.paste(COLOURS[name], (*corner, corner[0] + width, corner[1] + height))
    return image


def seen(pixels: np.ndarray) -> str:
    """Name the colours in the midst of the four rectangles, as `quarters` takes them."""
    height, width = pixels.shape[:2]
    names = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        found = pixels[y * height // 4, x * width // 4].astype(int)
        away = {name: int(np.abs(found - colour).max()) for name, colour in COLOURS.items()}
        names.append(min(away, key=away.__getitem__))
        assert min(away.values()) <= 32, f"{found} is no colour of the picture"
    return " ".join(names)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(**options: object) -> bytes:
    return saved(quarters(), "JPEG", quality=95, **options)


def png(**options: object) -> bytes:
    return saved(quarters(), "PNG", **options)


def noise(kind: str, size: tuple[int, int] = (96, 128), **options: object) -> bytes:
    """A picture whose every part takes bytes, so that a cut file lacks a part of it."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return saved(Image.fromarray(values), kind, **options)


def with_alpha() -> Image.Image:
    image = quarters().convert("RGBA")
    alpha = np.full(SIZE[::-1], 255, np.uint8)
    alpha[:32, 48:] = 0
    alpha[32:, :48] = 128
    image.putalpha(Image.fromarray(alpha))
    return image


def grey_alpha() -> bytes:
    image = quarters("black dark black white").convert("LA")
    image.putalpha(with_alpha().getchannel("A"))
    return saved(image, "PNG")


def palette_with_transparency(kind: str) -> bytes:
    image = quarters().quantize(4)
    green = image.getpixel((80, 10))
    return saved(image, kind, transparency=green)


def palette_with_partial_transparency() -> bytes:
    image = quarters().quantize(4)
    alphas = bytearray([255] * 4)
    alphas[image.getpixel((80, 10))] = 0
    alphas[image.getpixel((10, 50))] = 128
    return saved(image, "PNG", transparency=bytes(alphas))


def colour_key_transparency() -> bytes:
    return saved(quarters(), "PNG", transparency=COLOURS["green"])


def deep(values: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, values)[1].tobytes()


def ramp(dtype: type, most: float) -> np.ndarray:
    values = np.zeros(SIZE[::-1], dtype)
    values[:32, 48:], values[32:, :48], values[32:, 48:] = most / 4, most / 2, most
    return values


def deep_colour(alpha: bool) -> bytes:
    values = np.asarray(quarters())[..., ::-1].astype(np.uint16) * 257
    if alpha:
        more = np.full((*values.shape[:2], 1), 65535, np.uint16)
        more[:32, 48:] = 0
        values = np.concatenate([values, more], axis=2)
    return deep(values, ".png")


def tiff_of(values: np.ndarray) -> bytes:
    return saved(Image.fromarray(values), "TIFF")


def ycck() -> bytes:
    """Return a CMYK JPEG whose first three channels are turned into YCbCr, as Photoshop does."""
    inks = quarters().point(lambda value: 255 - value)
    planes = inks.convert("YCbCr").split()
    negative = [plane.point(lambda value: 255 - value) for plane in planes]
    content = saved(Image.merge("CMYK", (*negative, Image.new("L", SIZE, 0))), "JPEG", quality=95)
    at = content.index(b"Adobe") + 11
    assert content[at] == 0
    return content[:at] + b"\x02" + content[at + 1 :]


def animated(kind: str, **options: object) -> bytes:
    frames = [quarters("black black black black"), quarters("white white white white")]
    return saved(quarters(), kind, save_all=True, append_images=frames, **options)


def exif(orientation: int, order: str = ">") -> bytes:
    start = b"Exif\0\0" + (b"MM\0*" if order == ">" else b"II*\0")
    return start + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    content = jpeg()
    return content[:2] + b"".join(segments) + content[2:]


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def png_with(*chunks: bytes) -> bytes:
    content = png()
    return content[:33] + b"".join(chunks) + content[33:]


def png_header(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9)))


def patched(content: bytes, frame: int, **fields: int) -> bytes:
    """Change what the frame header of a JPEG says."""
    at = content.index(bytes([0xFF, frame]))
    bits, height, width = struct.unpack(">BHH", content[at + 4 : at + 9])
    bits, height = fields.get("bits", bits), fields.get("height", height)
    width, frame = fields.get("width", width), fields.get("becomes", frame)
    body = struct.pack(">BBHBHH", 0xFF, frame, 17, bits, height, width)
    return content[:at] + body + content[at + 9 :]


def jpeg_of_many_scans() -> bytes:
    content = jpeg(progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * 101 + content[-2:]


def webp_header(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def tiff_header(width: int, height: int, tile: int | None = None) -> bytes:
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 277: 1}
    if tile is None:
        tags |= {273: 8, 278: height, 279: 64}
    else:
        tags |= {259: 5, 322: tile, 323: tile, 324: 8, 325: 64}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(68)


def bmp_header(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + header + bytes(64)


def gif_header(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b",\0\0\0\0" + (
        struct.pack("<HHB", width, height, 0) + b"\x02\x02\x4c\x01\0;"
    )  # fmt: skip


def cut_at_scan(content: bytes) -> bytes:
    return content[: content.index(b"\xff\xda") + 16]


def flipped(content: bytes, *places: int) -> bytes:
    damaged = bytearray(content)
    for place in places:
        damaged[place] ^= 0xFF
    return bytes(damaged)


def cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


BLANK = "red white blue yellow"
PALE = "red white pale yellow"
GREYS = "black dark grey white"

READABLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "jpeg": (jpeg, FOUR),
    "jpeg, progressive": (lambda: jpeg(progressive=True), FOUR),
    "jpeg, no chroma subsampling": (lambda: jpeg(subsampling=0), FOUR),
    "jpeg, restart markers": (lambda: jpeg(restart_marker_rows=1), FOUR),
    "jpeg, channels stored as RGB": (lambda: jpeg(keep_rgb=True), FOUR),
    "jpeg, grey": (
        lambda: saved(quarters("black dark light white").convert("L"), "JPEG"),
        "black dark light white",
    ),
    "jpeg, CMYK": (lambda: saved(quarters().convert("CMYK"), "JPEG"), FOUR),
    "jpeg, YCCK": (ycck, FOUR),
    "jpeg, with garbage behind": (lambda: jpeg() + random.Random(0).randbytes(5000), FOUR),
    "jpeg, with another JPEG behind": (
        lambda: jpeg() + saved(quarters("white white white white"), "JPEG"),
        FOUR,
    ),
    "jpeg, several pictures (MPO)": (lambda: animated("MPO"), FOUR),
    "jpeg, without its end marker": (lambda: jpeg()[:-2], FOUR),
    "jpeg, without half its end marker": (lambda: jpeg()[:-1], FOUR),
    "jpeg, progressive, without its end marker": (lambda: jpeg(progressive=True)[:-2], FOUR),
    "jpeg, zeros in place of its end marker": (lambda: jpeg()[:-2] + bytes(4096), FOUR),
    "jpeg, fill bytes between segments": (lambda: jpeg_with(b"\xff\xff\xff"), FOUR),
    "jpeg, broken colour profile": (
        lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\1" + b"no profile" * 20)),
        FOUR,
    ),
    "jpeg, broken EXIF": (lambda: jpeg_with(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")), FOUR),
    "jpeg, EXIF of zero length": (lambda: jpeg_with(segment(0xE1, b"Exif\0\0")), FOUR),
    "jpeg, EXIF orientation 9": (lambda: jpeg(exif=exif(9)), FOUR),
    "png": (png, FOUR),
    "png, alpha": (lambda: saved(with_alpha(), "PNG"), PALE),
    "png, grey and alpha": (grey_alpha, "black white grey white"),
    "png, palette": (lambda: saved(quarters().quantize(4), "PNG"), FOUR),
    "png, palette with a transparent colour": (lambda: palette_with_transparency("PNG"), BLANK),
    "png, palette with transparencies": (palette_with_partial_transparency, PALE),
    "png, transparent colour": (colour_key_transparency, BLANK),
    "png, 1 bit": (
        lambda: saved(quarters("black white white black").convert("1"), "PNG"),
        "black white white black",
    ),
    "png, 16-bit grey": (lambda: deep(ramp(np.uint16, 65535), ".png"), GREYS),
    "png, 16-bit colour": (lambda: deep_colour(alpha=False), FOUR),
    "png, 16-bit colour and alpha": (lambda: deep_colour(alpha=True), BLANK),
    "png, animated": (lambda: animated("PNG"), FOUR),
    "png, broken colour profile": (lambda: png_with(chunk(b"iCCP", b"x\0\0no zlib")), FOUR),
    "png, huge colour profile": (
        lambda: png_with(chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(4_000_000)))),
        FOUR,
    ),
    "png, huge comment": (
        lambda: png_with(chunk(b"zTXt", b"prompt\0\0" + zlib.compress(bytes(4_000_000)))),
        FOUR,
    ),
    "png, wrong checksum of a comment": (
        lambda: png_with(chunk(b"tEXt", b"Software\0x", checksum=7)),
        FOUR,
    ),
    "png, without its end": (lambda: png()[:-12], FOUR),
    "gif": (lambda: saved(quarters(), "GIF"), FOUR),
    "gif, animated": (lambda: animated("GIF"), FOUR),
    "gif, transparent": (lambda: palette_with_transparency("GIF"), BLANK),
    "gif, second frame broken": (lambda: animated("GIF")[:-40], FOUR),
    "webp": (lambda: saved(quarters(), "WEBP", quality=95), FOUR),
    "webp, lossless with alpha": (lambda: saved(with_alpha(), "WEBP", lossless=True), PALE),
    "webp, animated": (lambda: animated("WEBP", lossless=True), FOUR),
    "tiff": (lambda: saved(quarters(), "TIFF"), FOUR),
    "tiff, LZW": (lambda: saved(quarters(), "TIFF", compression="tiff_lzw"), FOUR),
    "tiff, several pages": (lambda: animated("TIFF"), FOUR),
    "tiff, CMYK": (lambda: saved(quarters().convert("CMYK"), "TIFF"), FOUR),
    "tiff, 16-bit grey": (lambda: tiff_of(ramp(np.uint16, 65535)), GREYS),
    "tiff, 32-bit numbers": (lambda: tiff_of(ramp(np.int32, 10_000_000)), GREYS),
    "tiff, 16 bits in 32": (lambda: tiff_of(ramp(np.int32, 65535)), GREYS),
    "tiff, 8 bits in 32": (lambda: tiff_of(ramp(np.int32, 255)), GREYS),
    "tiff, fractions from 0 to 1": (lambda: tiff_of(ramp(np.float32, 1)), GREYS),
    "tiff, fractions from 0 to 255": (lambda: tiff_of(ramp(np.float32, 255)), GREYS),
    "tiff, fractions below 0": (lambda: tiff_of(ramp(np.float32, 9) - 7), GREYS),
    "bmp": (lambda: saved(quarters(), "BMP"), FOUR),
    "ppm": (lambda: saved(quarters(), "PPM"), FOUR),
    "ico": (lambda: saved(quarters(size=(64, 64)), "ICO", sizes=[(64, 64)]), FOUR),
    "jpeg 2000": (lambda: saved(quarters(), "JPEG2000"), FOUR),
    "avif": (lambda: saved(quarters(), "AVIF", quality=95), FOUR),
}


TEXT = b"Dear customer, the photograph has moved."
HEAD = "a truncated or damaged header: it starts like "
EARLY = "truncated: the file ends too early"

BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", "there are no bytes"),
    "one byte": (lambda: b"\xff", "an unknown format: no image that can be read"),
    "zeros": (lambda: bytes(5000), "an unknown format: no image that can be read"),
    "random bytes": (
        lambda: random.Random(1).randbytes(5000),
        "an unknown format: no image that can be read",
    ),
    "text": (lambda: TEXT, "an unknown format: no image that can be read"),
    "HTML": (
        lambda: b"\r\n<!DOCTYPE html><html><body>Not found",
        r"an HTML page, not an image \(a download that failed, often\)",
    ),
    "JSON": (
        lambda: b'{"error": "rate limit exceeded"}',
        r"JSON text, not an image \(a server's error message, often\)",
    ),
    "SVG": (
        lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "an SVG drawing, which is not supported: convert it to PNG",
    ),
    "HEIC": (
        lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500),
        "an HEIC photograph, which is not supported: convert it to JPEG",
    ),
    "JPEG XL": (
        lambda: b"\xff\x0a" + bytes(500),
        "a JPEG XL photograph, which is not supported: convert it to JPEG",
    ),
    "Photoshop": (
        lambda: b"8BPS\0\1" + bytes(500),
        "a Photoshop document, which is not supported: convert it to PNG or JPEG",
    ),
    "PDF": (lambda: b"%PDF-1.4\n", "an unknown format: a PDF document, no image"),
    "Git LFS pointer": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n",
        "a Git LFS pointer, not the image: fetch it with `git lfs pull`",
    ),
    "jpeg, cut in its header": (lambda: jpeg()[:100], HEAD + "JPEG"),
    "jpeg, cut after its header": (
        lambda: cut_at_scan(noise("JPEG")),
        "truncated: the pixels end after 0 % of the rows",
    ),
    "jpeg, cut in half": (
        lambda: cut(noise("JPEG"), 0.5),
        "truncated: the pixels end after 3[0-9] % of the rows",
    ),
    "jpeg, cut late": (
        lambda: cut(noise("JPEG"), 0.85),
        "truncated: the pixels end after [78][0-9] % of the rows",
    ),
    "jpeg, restart markers, cut in half": (
        lambda: cut(noise("JPEG", restart_marker_rows=1), 0.5),
        "truncated: the pixels end after [34][0-9] % of the rows",
    ),
    "jpeg, progressive, cut in half": (
        lambda: cut(noise("JPEG", progressive=True), 0.5),
        "truncated: the pixels end after [0-9]+ % of the rows",
    ),
    "jpeg, grey, cut in half": (
        lambda: cut(saved(Image.open(io.BytesIO(noise("PNG"))).convert("L"), "JPEG"), 0.5),
        "truncated: the pixels end after 4[0-9] % of the rows",
    ),
    "jpeg, half of it zeros": (
        lambda: cut(noise("JPEG"), 0.5).ljust(len(noise("JPEG")), b"\0"),
        "truncated: the pixels end after 3[0-9] % of the rows",
    ),
    "jpeg, no scan": (
        lambda: jpeg()[: jpeg().index(b"\xff\xda")] + b"\xff\xd9",
        "damaged: its JPEG data cannot be decoded",
    ),
    "jpeg, no quantisation tables": (
        lambda: jpeg().replace(b"\xff\xdb", b"\xff\xed"),
        "damaged: its JPEG data cannot be decoded",
    ),
    "jpeg, bomb": (
        lambda: patched(jpeg(), 0xC0, width=65_000, height=65_000),
        "too many pixels: 65000 x 65000, more than 178,956,970",
    ),
    "jpeg, no height": (lambda: patched(jpeg(), 0xC0, height=0), "no pixels: 96 x 0"),
    "jpeg, 12 bits": (
        lambda: patched(jpeg(), 0xC0, bits=12),
        "a JPEG of 12 bits a channel, which is not supported: convert it to 8",
    ),
    "jpeg, claims to be lossless": (
        lambda: patched(jpeg(), 0xC0, becomes=0xC3),
        "damaged: its JPEG data cannot be decoded",
    ),
    "jpeg, claims arithmetic coding": (
        lambda: patched(jpeg(), 0xC0, becomes=0xCB),
        "damaged: its JPEG data cannot be decoded",
    ),
    "jpeg, two frames": (
        lambda: jpeg_with(segment(0xC0, struct.pack(">BHHBBBB", 8, 9, 9, 1, 1, 17, 0))),
        "damaged: its JPEG data cannot be decoded",
    ),
    "jpeg, thousands of scans": (jpeg_of_many_scans, "too many scans: 110, more than 100"),
    "png, cut in its header": (lambda: png()[:20], HEAD + "PNG"),
    "png, cut in half": (lambda: cut(noise("PNG"), 0.5), EARLY),
    "png, bomb": (lambda: png_header(60_000, 60_000), "too many pixels"),
    "png, bomb in one row": (lambda: png_header(2**31 - 1, 1), "too many pixels"),
    "png, too long a side": (
        lambda: png_header(1, 70_000),
        "too long a side: 1 x 70000, more than 65,535",
    ),
    "png, no width": (lambda: png_header(0, 10), HEAD + "PNG"),
    "png, fewer pixels than promised": (lambda: png_header(100, 100), EARLY),
    "png, wrong checksum of the header": (lambda: flipped(png(), 30), HEAD + "PNG"),
    "png, damaged pixels": (
        lambda: flipped(png(), 60, 61, 62),
        "damaged: its PNG data cannot be decoded",
    ),
    "gif, cut in half": (lambda: cut(noise("GIF"), 0.5), EARLY),
    "gif, first frame broken": (
        lambda: gif_header(96, 64).replace(b"\x4c", b"\xff"),
        "truncated|damaged",
    ),
    "gif, bomb": (lambda: gif_header(65_535, 65_535), "too many pixels"),
    "webp, cut in half": (lambda: cut(noise("WEBP"), 0.5), r"truncated: [\d,]+ of [\d,]+ bytes"),
    "webp, bomb": (
        lambda: webp_header(2**24, 2**24),
        "too many pixels: 16777216 x 16777216, more than 178,956,970",
    ),
    "tiff, cut in half": (lambda: cut(noise("TIFF"), 0.5), "truncated"),
    "tiff, LZW, damaged": (
        lambda: flipped(noise("TIFF", compression="tiff_lzw"), *range(2000, 2100)),
        "damaged: its TIFF data cannot be decoded",
    ),
    "tiff, JPEG inside, cut": (
        lambda: cut(saved(quarters(), "TIFF", compression="jpeg"), 0.98),
        "damaged: its TIFF data cannot be decoded",
    ),
    "tiff, bomb": (lambda: tiff_header(60_000, 60_000), "too many pixels"),
    "tiff, bomb in a tile": (
        lambda: tiff_header(64, 64, tile=20_000),
        "too many pixels: 20000 x 20000, more than 16,777,216",
    ),
    "bmp, cut in half": (lambda: cut(noise("BMP"), 0.5), EARLY),
    "bmp, bomb": (lambda: bmp_header(60_000, 60_000), "too many pixels"),
    "ico, cut": (lambda: cut(saved(quarters(), "ICO"), 0.3), HEAD + "ICO"),
    "jpeg 2000, cut": (
        lambda: cut(noise("JPEG2000"), 0.5),
        "damaged: its JPEG2000 data cannot be decoded",
    ),
    "avif, cut": (lambda: cut(noise("AVIF"), 0.9), f"{EARLY}|{HEAD}AVIF"),
}


@pytest.fixture(autouse=True)
def _nothing_leaks(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing may be printed, by C libraries either, and no warning may pass."""
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inside = list(warnings.filters)
        yield
        assert list(warnings.filters) == inside
    assert list(warnings.filters) == filters
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.mark.parametrize("case", READABLE)
def test_an_odd_image_is_read(case: str) -> None:
    if case == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    build, expected = READABLE[case]
    pixels = decode(build())
    assert (pixels.dtype, pixels.ndim, pixels.shape[2]) == (np.uint8, 3, 3)
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    assert seen(pixels) == expected


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_image_is_told_in_words(case: str) -> None:
    if case.startswith("avif") and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    build, message = BROKEN[case]
    with pytest.raises(UnreadableImageError, match=f"^(?:{message})"):
        decode(build())


@pytest.mark.parametrize("case", [case for case in READABLE | BROKEN if case.startswith("jpeg")])
def test_a_jpeg_is_the_same_without_simplejpeg(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("simplejpeg")
    content = (READABLE | BROKEN)[case][0]()

    def outcome() -> tuple[object, ...]:
        try:
            pixels = decode(content)
        except UnreadableImageError as error:
            return (str(error),)
        return pixels.shape, pixels.tobytes()

    with_it = outcome()
    monkeypatch.setattr("aisle.catalog.images.jpeg._simplejpeg", lambda: None)
    assert outcome() == with_it


def turned_by_hand(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture the way up that EXIF's table of orientations describes."""
    steps = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_270,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_90,),
    }
    for step in steps[orientation]:
        image = image.transpose(step)
    return image


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(kind: str, orientation: int, order: str) -> None:
    if kind == "TIFF":
        content = saved(quarters(), kind, tiffinfo={274: orientation})
    else:
        content = saved(quarters(), kind, exif=exif(orientation, order))
    expected = np.asarray(turned_by_hand(quarters(), orientation))
    pixels = decode(content)
    assert pixels.shape == expected.shape
    assert pixels.flags.c_contiguous
    assert seen(pixels) == seen(expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_photograph_is_upright_too(orientation: int) -> None:
    content = saved(quarters(size=(960, 640)), "JPEG", exif=exif(orientation))
    pixels = decode(content, side=200)
    expected = np.asarray(turned_by_hand(quarters(size=(240, 160)), orientation))
    assert pixels.shape == expected.shape
    assert seen(pixels) == seen(expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000"])
def test_one_pixel_is_a_photograph(kind: str) -> None:
    pixels = decode(saved(Image.new("RGB", (1, 1), (255, 0, 0)), kind))
    assert pixels.shape == (1, 1, 3)
    assert np.abs(pixels[0, 0].astype(int) - (255, 0, 0)).max() <= 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
@pytest.mark.parametrize("size", [(20_000, 32), (32, 20_000)])
def test_a_very_long_photograph_is_read(kind: str, size: tuple[int, int]) -> None:
    pixels = decode(saved(quarters(size=size), kind))
    assert pixels.shape == (size[1], size[0], 3)
    assert seen(pixels) == FOUR


@pytest.mark.parametrize("build", [build for name, (build, _) in BROKEN.items() if "bomb" in name])
def test_a_bomb_is_refused_before_pillow_takes_memory(
    build: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = build()

    def taken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt  # no error that decode could mistake for a broken image

    monkeypatch.setattr("PIL.Image.new", taken)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", taken)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile._open", taken)
    with pytest.raises(UnreadableImageError, match="too many pixels"):
        decode(content)


def test_the_limit_of_pixels_is_the_callers_to_lower_but_not_to_raise() -> None:
    content = jpeg()
    assert decode(content, max_pixels=96 * 64).shape == (64, 96, 3)
    for kind in ("JPEG", "PNG", "WEBP"):
        with pytest.raises(UnreadableImageError, match="too many pixels: 96 x 64, more than 6,143"):
            decode(saved(quarters(), kind), max_pixels=96 * 64 - 1)
    with pytest.raises(UnreadableImageError, match=f"more than {MAX_PIXELS:,}"):
        decode(BROKEN["jpeg, bomb"][0](), max_pixels=10**12)


def test_a_file_of_too_many_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisle.catalog.images.decoding.MAX_BYTES", 1000)
    monkeypatch.setattr("aisle.catalog.images.files.MAX_BYTES", 1000)
    path = tmp_path / "a.png"
    path.write_bytes(bytes(1001))
    with pytest.raises(UnreadableImageError, match="too large: 1,001 bytes, more than 1,000"):
        decode(path)
    with pytest.raises(UnreadableImageError, match="too large: 1,001 bytes, more than 1,000"):
        decode(bytes(1001))


SEEDS = {
    name: READABLE[name][0]
    for name in (
        "jpeg", "jpeg, progressive", "jpeg, CMYK", "png, alpha", "png, palette", "gif, animated",
        "webp, lossless with alpha", "webp, animated", "tiff", "tiff, LZW", "bmp", "ppm", "ico",
        "jpeg 2000",
    )
}  # fmt: skip


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SEEDS)),
    share=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6),
    junk=st.binary(max_size=30),
    side=st.none() | st.integers(1, 200),
)
def test_no_bytes_do_worse_than_an_unreadable_image(
    name: str, share: float, flips: list[tuple[float, int]], junk: bytes, side: int | None
) -> None:
    content = bytearray(SEEDS[name]())
    for place, change in flips:
        content[int(place * (len(content) - 1))] ^= change
    damaged = bytes(content[: int(share * len(content))]) + junk
    try:
        pixels = decode(damaged, side=side, max_pixels=1_000_000)
    except UnreadableImageError as error:
        message = str(error)
    else:
        assert (pixels.dtype, pixels.shape[2]) == (np.uint8, 3)
        assert min(pixels.shape) > 0
        return
    assert 0 < len(message) < 120
    assert "\n" not in message


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_random_bytes_are_no_image(content: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        decode(content)
