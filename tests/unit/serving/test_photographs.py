"""What strangers put into image columns."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from aisle.catalog.images import references
from aisle.serving.photographs import PhotographReader


def encoded(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 10, 10)).save(out, kind)
    return out.getvalue()


def text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def png_bomb(side: int = 60_000) -> bytes:
    """Return a PNG whose header claims billions of pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checked)

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


READER = PhotographReader(most=2, max_pixels=10_000, fetch=None)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("form", ["{}", "data:image/png;base64,{}", "  {}\n"])
def test_base64_text_is_taken_with_and_without_its_prefix(kind: str, form: str) -> None:
    content = encoded(kind)
    value = form.format(text(content))
    found = READER.read(value)
    assert [one.content for one in found.photographs] == [content]
    assert not found.remarks
    # The name in messages is that of `predict`.
    assert found.photographs[0].name == references(value, None)[0].location


def test_a_file_s_bytes_are_taken() -> None:
    assert READER.read(encoded()).photographs[0].content == encoded()


def test_files_of_this_machine_are_never_read(tmp_path: Path) -> None:
    file = tmp_path / "secret.jpg"
    file.write_bytes(encoded())
    listed = [str(file), {"path": str(file)}, {"bytes": "", "path": str(file)}]
    for value in (str(file), file.as_uri(), f'["{file}"]', {"path": str(file)}, listed, "../x.png"):
        found = READER.read(value)
        assert not found.photographs
        assert "this server reads no files of its machine" in found.remarks[0]


@pytest.mark.parametrize(
    "value", ["https://shop.example/a.jpg", "//shop.example/a.jpg", "s3://b/a"]
)
def test_addresses_are_refused_unless_allowed(value: str) -> None:
    found = READER.read(value)
    assert not found.photographs
    assert "--allow-urls" in found.remarks[0]
    assert not READER.needs_fetching(value)


def test_addresses_are_fetched_where_that_is_allowed() -> None:
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return encoded()

    reader = PhotographReader(most=2, max_pixels=10_000, fetch=fetch)
    found = reader.read("https://shop.example/a.jpg")
    assert asked == ["https://shop.example/a.jpg"]
    assert found.photographs[0].content == encoded()
    assert reader.needs_fetching("https://shop.example/a.jpg")
    assert not reader.needs_fetching(text(encoded()))


@pytest.mark.parametrize(
    "content",
    [encoded("PNG", (101, 100)), encoded("JPEG", (101, 100)), encoded("WEBP", (101, 100))],
)
def test_too_many_pixels_are_refused_by_the_header(content: bytes) -> None:
    found = READER.read(text(content))
    assert not found.photographs
    assert "too many pixels: 10,100, more than 10,000" in found.remarks[0]


def test_a_bomb_is_left_to_the_decoder_which_refuses_its_header() -> None:
    assert READER.read(text(png_bomb(200))).remarks[0].endswith("40,000, more than 10,000")
    # Beyond what Pillow opens at all, the decoder says why.
    assert READER.read(text(png_bomb())).photographs


def test_no_more_photographs_than_allowed_are_read() -> None:
    found = READER.read([text(encoded())] * 5)
    assert len(found.photographs) == 2
    assert found.remarks == ("5 photographs, of which 2 are read",)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 30_000 + "!",
        "[" + "1," * 20_000 + "x]",
        ["|".join(["a.jpg"] * 9_000)],
        {"path": "/9j/" + "\n" * 3_000_000 + "!"},
        "/9j/" + " \n" * 3_000_000 + "!",
        "[" * 50_000,
    ],
)
def test_long_texts_that_are_no_base64_are_not_looked_into(value: object) -> None:
    found = READER.read(value)
    assert not found.photographs
    assert found.remarks


def test_base64_in_lines_is_taken() -> None:
    content = encoded("PNG", (90, 90)) + b"\0" * 9_000
    assert READER.read(base64.encodebytes(content).decode()).photographs[0].content == content


@pytest.mark.parametrize("value", ["/9j/" + "A" * 41, "data:image/png;base64,%%%"])
def test_base64_that_cannot_be_read_is_said_so(value: str) -> None:
    found = READER.read(value)
    assert found.photographs or "base64" in found.remarks[0]


@pytest.mark.parametrize("value", [None, "", 7, True, {}, [], [None, 3], {"other": 1}, "null"])
def test_other_values_hold_no_photograph(value: object) -> None:
    found = READER.read(value)
    assert (found.photographs, found.remarks) == ((), ())
