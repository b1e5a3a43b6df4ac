from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from aisle.catalog.images import Pixels, UnreadableImageError, check_images, decode, squared
from aisle.catalog.images import references as read_references
from aisle.catalog.images.colours import rgb
from aisle.catalog.images.jpeg import read_header
from aisle.catalog.images.orientation import exif_orientation
from aisle.catalog.images.pillow import quiet
from aisle.catalog.images.png import essentials


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture of soft shapes, as photographs are: noise at a sixteenth of the size, enlarged."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 16 + 2, width // 16 + 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def difference(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_pixels_are_red_first_and_exact(kind: str) -> None:
    image = picture(37, 23)
    assert np.array_equal(decode(saved(image, kind)), np.asarray(image))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_is_what_pillow_makes_of_it(options: dict[str, object]) -> None:
    content = saved(picture(203, 98), **options)
    with Image.open(io.BytesIO(content)) as image:
        assert np.array_equal(decode(content), np.asarray(image))


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((800, 400), None, (800, 400)),
        ((800, 400), 801, (800, 400)),
        ((800, 400), 800, (800, 400)),
        ((800, 400), 401, (800, 400)),
        ((800, 400), 400, (400, 200)),
        ((800, 400), 201, (400, 200)),
        ((800, 400), 200, (200, 100)),
        ((800, 400), 100, (100, 50)),
        ((800, 400), 3, (100, 50)),
        ((400, 801), 101, (50, 101)),
        ((801, 9), 101, (101, 2)),
        ((7, 5), 1, (1, 1)),
    ],
)
def test_a_jpeg_is_reduced_as_far_as_its_longer_side_allows(
    size: tuple[int, int], side: int | None, expected: tuple[int, int]
) -> None:
    height, width, _ = decode(saved(picture(*size)), side=side).shape
    assert (width, height) == expected


@settings(max_examples=60)
@given(width=st.integers(1, 300), height=st.integers(1, 300), side=st.integers(1, 320))
def test_no_photograph_becomes_smaller_than_asked_for(width: int, height: int, side: int) -> None:
    longer = max(decode(saved(picture(width, height)), side=side).shape[:2])
    assert min(side, max(width, height)) <= longer <= max(width, height)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP"])
def test_other_formats_keep_their_size(kind: str) -> None:
    assert decode(saved(picture(320, 160), kind), side=20).shape == (160, 320, 3)


def test_reducing_hardly_changes_the_square_that_comes_of_it() -> None:
    content = saved(picture(200, 150).resize((1600, 1200)), quality=95)
    for side in (128, 200, 224):
        full, reduced = decode(content), decode(content, side=side)
        assert max(reduced.shape) < 1600
        assert difference(squared(full, side), squared(reduced, side)) < 1.5


def test_the_same_bytes_give_the_same_pixels_from_a_file_of_any_name(tmp_path: Path) -> None:
    content = saved(picture(64, 48))
    for name in ("a.jpg", "a.png", "a", "größe und bild.jpeg", "x" * 251 + ".jpg"):
        (tmp_path / name).write_bytes(content)
        assert np.array_equal(decode(tmp_path / name), decode(content))
    assert np.array_equal(decode(memoryview(content)), decode(content))


@settings(max_examples=40)
@given(
    width=st.integers(1, 130),
    height=st.integers(1, 130),
    mode=st.sampled_from(["RGB", "L"]),
    side=st.none() | st.integers(1, 130),
    progressive=st.booleans(),
    subsampling=st.sampled_from([0, 1, 2]),
)
def test_simplejpeg_and_pillow_decode_to_the_same_bytes(
    width: int, height: int, mode: str, side: int | None, progressive: bool, subsampling: int
) -> None:
    pytest.importorskip("simplejpeg")
    image = picture(width, height).convert(mode)
    content = saved(image, quality=90, progressive=progressive, subsampling=subsampling)
    fast = decode(content, side=side)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aisle.catalog.images.jpeg._simplejpeg", lambda: None)
        assert np.array_equal(decode(content, side=side), fast)


def test_without_pillows_shared_memory_the_pixels_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = saved(picture(64, 48), "PNG")
    expected = decode(content)

    def refused(*_: object) -> None:
        raise ValueError("Image is in multiple array blocks")

    monkeypatch.setattr("pyarrow.array", refused)
    pixels = decode(content)
    assert np.array_equal(pixels, expected)
    assert pixels.flags.writeable


def test_a_picture_of_many_blocks_of_memory_is_read() -> None:
    image = picture(2600, 2000)
    assert np.array_equal(decode(saved(image, "BMP")), np.asarray(image))


@pytest.mark.shared
def test_real_photographs_are_what_pillow_makes_of_them(shared: Path) -> None:
    files = sorted((shared / "data").glob("*/images/*.jpg"))[::100]
    assert len(files) > 20
    for file in files:
        header = read_header(file.read_bytes())
        assert header is not None
        with Image.open(file) as image:
            assert (header.width, header.height) == image.size
            upright = ImageOps.exif_transpose(image).convert("RGB")
            assert np.array_equal(decode(file), np.asarray(upright))


def test_headers_of_jpegs_are_read_only_in_good_order() -> None:
    content = saved(picture(30, 20), progressive=True)
    header = read_header(content)
    assert header is not None
    assert (header.width, header.height, header.channels, header.bits) == (30, 20, 3, 8)
    assert content[header.body : header.body + 2] == b"\xff\xda"
    assert read_header(content[: header.body]) is None
    assert read_header(content[2:]) is None
    assert read_header(content[:2] + b"\0" + content[2:]) is None
    assert read_header(content[:2] + b"\xff\xd9" + content) is None


@given(st.binary(max_size=200))
def test_any_header_and_any_exif_is_read_without_an_error(content: bytes) -> None:
    read_header(b"\xff\xd8\xff" + content)
    read_header(b"\xff\xd8\xff\xc0" + content)
    for start in (b"", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\0\0\0\x08\0\1"):
        assert 1 <= exif_orientation(start + content) <= 8


def test_a_png_is_left_with_what_its_pixels_need() -> None:
    image = picture(20, 10).quantize(8)
    content = saved(image, "PNG", transparency=3, dpi=(72, 72), icc_profile=b"profile" * 99)
    bare = essentials(content)
    assert b"iCCP" in content
    assert b"iCCP" not in bare
    assert b"tRNS" in bare
    assert np.array_equal(decode(bare), decode(content))
    assert essentials(content[:-15]) == bare[:-15]
    assert essentials(bare) == bare
    assert essentials(b"other") == b"other"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 128, 65_535]], np.uint16), [0, 0, 255]),
        (np.array([[0, 32_896, 257]], np.uint16), [0, 128, 1]),
        (np.array([[0, 7, 255]], np.int32), [0, 7, 255]),
        (np.array([[0, 257, 65_535]], np.int32), [0, 1, 255]),
        (np.array([[-10, 0, 10]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 0.5, 99.6]], np.float32), [0, 0, 100]),
        (np.array([[np.nan, 1, np.inf]], np.float32), [0, 255, 0]),
        (np.array([[5e5, 5e5, 5e5]], np.float32), [0, 0, 0]),
    ],
)
def test_grey_of_more_than_8_bits_is_scaled(values: np.ndarray, expected: list[int]) -> None:
    pixels = rgb(Image.fromarray(values))
    assert pixels[0, :, 0].tolist() == expected
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


@settings(max_examples=80)
@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    side=st.integers(1, 150),
    fill=st.integers(0, 255),
)
def test_a_square_holds_the_photograph_in_its_midst(
    width: int, height: int, side: int, fill: int
) -> None:
    shade = (fill + 100) % 256
    pixels = np.full((height, width, 3), shade, np.uint8)
    square = squared(pixels, side, fill=fill)
    assert square.shape == (side, side, 3)
    assert square.dtype == np.uint8
    inside = (square == shade).all(axis=2)
    assert ((square == fill).all(axis=2) | inside).all()
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    scale = side / max(width, height)
    assert abs(len(rows) - height * scale) <= max(0.5, 1 - height * scale)
    assert abs(len(columns) - width * scale) <= max(0.5, 1 - width * scale)
    for found in (rows, columns):
        assert 0 <= side - 1 - found[-1] - found[0] <= 1


def test_shrinking_averages_and_nothing_else_changes() -> None:
    pixels = np.asarray(picture(96, 96)).copy()
    assert np.array_equal(squared(pixels, 96), pixels)
    halves = pixels.reshape(48, 2, 48, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(squared(pixels, 48) - halves).max() <= 0.5
    wide = np.zeros((1, 20_000, 3), np.uint8)
    assert (squared(wide, 64)[31] == 0).all()
    assert (squared(wide, 64) == 255).sum() == 63 * 64 * 3
    assert (squared(np.zeros((1, 1, 3), np.uint8), 5) == 0).all()
    assert (squared(np.zeros((65_535, 1, 3), np.uint8), 8)[:, 3] == 0).all()


def test_a_square_does_not_share_memory_with_the_photograph() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    squared(pixels, 8)[:] = 9
    assert (pixels == 0).all()


def test_squares_do_not_depend_on_the_threads_of_opencv() -> None:
    pixels = np.asarray(picture(1500, 1100))
    threads = cv2.getNumThreads()
    squares = []
    for count in (1, 4):
        cv2.setNumThreads(count)
        squares.append(squared(pixels, 700))
    cv2.setNumThreads(threads)
    assert np.array_equal(*squares)


def test_pillow_is_quiet_in_overlapping_threads_and_as_before_afterwards() -> None:
    before = list(warnings.filters)
    logger = logging.getLogger("PIL.TiffImagePlugin")
    inside, leave = threading.Barrier(3), threading.Barrier(3)

    def work() -> None:
        with quiet():
            inside.wait(10)
            leave.wait(10)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    inside.wait(10)
    assert warnings.filters[0][0] == "ignore"
    assert len(warnings.filters) == len(before) + 1
    assert not logger.filter(logging.makeLogRecord({}))
    leave.wait(10)
    for worker in workers:
        worker.join(10)
    assert list(warnings.filters) == before
    assert logger.filter(logging.makeLogRecord({}))


def test_the_header_check_and_the_decoder_agree(tmp_path: Path) -> None:
    contents = {
        "good.jpg": saved(picture(30, 20)),
        "page.jpg": b"<html>",
        "long.png": saved(Image.new("1", (1, 65_536)), "PNG"),
        "cut.webp": saved(picture(90, 90), "WEBP")[:200],
        "text.png": b'["a"]',
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        ((check,),) = check_images([read_references(name, tmp_path)], workers=1)
        try:
            decode(tmp_path / name)
        except UnreadableImageError as error:
            assert check.error == str(error), name  # noqa: PT017
        else:
            assert check.state == "ok", name


def test_decoding_needs_no_import_before_it_is_used() -> None:
    import subprocess

    code = "import sys, aisle.catalog.images; print('cv2' in sys.modules, 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
