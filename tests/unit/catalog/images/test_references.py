from __future__ import annotations

import base64
import io
import json
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aisle.catalog.images import (
    ImageCheck,
    ImageReference,
    MatchedImages,
    check_images,
    image_problems,
    looks_like_image_reference,
    match_folder,
    references,
)
from aisle.errors import CatalogError


def encoded(kind: str = "JPEG", size: tuple[int, int] = (7, 5)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 30, 90)).save(buffer, kind)
    return buffer.getvalue()


def path(text: str) -> ImageReference:
    return ImageReference("path", text)


def url(text: str) -> ImageReference:
    return ImageReference("url", text)


ROOT = Path("/shop")
CLOUD = "https://res.cloud.com/image/upload/w_300,h_300/x.jpg"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("images/a.jpg", (path("/shop/images/a.jpg"),)),
        ("/other/a.jpg", (path("/other/a.jpg"),)),
        ("images\\a.jpg", (path("/shop/images/a.jpg"),)),
        ("file:///other/a%20b.jpg", (path("/other/a b.jpg"),)),
        (Path("a.png"), (path("/shop/a.png"),)),
        ("photo without suffix", (path("/shop/photo without suffix"),)),
        ("https://x.com/image?id=3", (url("https://x.com/image?id=3"),)),
        ("//cdn.x.com/a.jpg", (url("https://cdn.x.com/a.jpg"),)),
        ("s3://bucket/a", (url("s3://bucket/a"),)),
        (CLOUD, (url(CLOUD),)),
        (f"{CLOUD},{CLOUD}", (url(CLOUD), url(CLOUD))),
        ("http://x/1 | http://x/2", (url("http://x/1"), url("http://x/2"))),
        ("a.jpg|b.gif;c.bmp", (path("/shop/a.jpg"), path("/shop/b.gif"), path("/shop/c.bmp"))),
        ("a.jpg, b.PNG,", (path("/shop/a.jpg"), path("/shop/b.PNG"))),
        ("red, large.jpg", (path("/shop/red, large.jpg"),)),
        ('["a.jpg", "http://x/b"]', (path("/shop/a.jpg"), url("http://x/b"))),
        ("['a.jpg', 'b.jpg']", (path("/shop/a.jpg"), path("/shop/b.jpg"))),
        ("[draft] a.jpg", (path("/shop/[draft] a.jpg"),)),
        (["a.jpg", None, ["b.jpg"]], (path("/shop/a.jpg"), path("/shop/b.jpg"))),
        (np.array(["a.jpg"]), (path("/shop/a.jpg"),)),
        (b"\xff\xd8", (ImageReference("bytes", None, b"\xff\xd8"),)),
        ({"bytes": b"x", "path": "n.jpg"}, (ImageReference("bytes", "n.jpg", b"x"),)),
        ({"bytes": None, "path": "n.jpg"}, (path("/shop/n.jpg"),)),
        ([{"thumb": "http://x/t", "large": "http://x/l", "hi_res": None}], (url("http://x/l"),)),
        (None, ()),
        (float("nan"), ()),
        ("", ()),
        ("  ", ()),
        ("nan", ()),
        ([], ()),
        (b"", ()),
        ({"bytes": None, "path": None}, ()),
    ],
)
def test_every_way_to_write_an_image_is_read(
    value: object, expected: tuple[ImageReference, ...]
) -> None:
    assert references(value, ROOT) == expected


def test_without_a_root_paths_stay_relative() -> None:
    assert references("images/a.jpg", None) == (path("images/a.jpg"),)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_base64_comes_back_as_bytes(kind: str) -> None:
    content = encoded(kind)
    text = base64.b64encode(content).decode()
    wrapped = "\n".join(text[i : i + 76] for i in range(0, len(text), 76))
    for written in (text, wrapped, text.rstrip("="), f"data:image/x;base64,{text}"):
        (reference,) = references(written, ROOT)
        assert (reference.kind, reference.content) == ("bytes", content)
        assert looks_like_image_reference(written)


def test_base64_that_cannot_be_read_is_broken_and_not_lost() -> None:
    (product,) = check_images([references("data:image/png;base64,@@@", None)], workers=1)
    assert product[0].state == "broken"
    assert product[0].error == "the base64 text cannot be read"


@given(st.recursive(st.none() | st.text() | st.binary() | st.floats(), st.lists, max_leaves=6))
def test_any_value_is_read_without_an_error(value: object) -> None:
    for reference in references(value, ROOT):
        assert (reference.content is not None) == (reference.kind == "bytes")


@pytest.mark.parametrize("piece", ["[", "['", "a.jpg|", " ", ",", ".jpg?", "http://x, ", "Qk0"])
def test_hostile_strings_come_back(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    for written in (text, f"http://x{text}|", f"{text}]", f"[{text}]"):
        looks_like_image_reference(written)
        assert all(reference.kind for reference in references(written, None))


@pytest.mark.parametrize(
    "text",
    [
        "a.jpg",
        "images/My Photo.JPEG",
        "https://x.com/a.png?width=3",
        "https://x.com/a.webp#top",
        "a.jpg|b.jpg",
        "https://x/a.jpg, https://x/b.jpg",
        '["https://x/a.jpg", "b.png"]',
        "data:image/svg+xml;utf8,<svg/>",
    ],
)
def test_image_references_are_recognised(text: str) -> None:
    assert looks_like_image_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "logo.jpg poster frame with glass",
        "",
        "Cotton towel",
        "https://x.com/product/12",
        "readme.txt",
        "[]",
        "[1, 2]",
        "jpg",
        "AAAA battery pack of ten alkaline cells for remote controls",
        "Qk0 pump with a very long name that goes on and on and on for ever",
        "/9j/",
        "Description of a.jpg\nand more about b.png, c.txt",
    ],
)
def test_other_texts_are_no_image_references(text: str) -> None:
    assert not looks_like_image_reference(text)


def make(folder: Path, *names: str) -> None:
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x")


def names(matched: MatchedImages, folder: Path) -> list[list[str]]:
    return [[str(p.relative_to(folder)) for p in paths] for paths in matched.paths]


def kinds(matched: MatchedImages) -> dict[str, int]:
    return {problem.kind: problem.rows for problem in matched.problems}


def test_files_are_matched_by_stem_counter_folder_and_token(tmp_path: Path) -> None:
    make(tmp_path, "A7.jpg", "A7_10.JPG", "a7-2.png", "A7_1.jpg", "B 8 (2).jpg", "train/A9.webp")
    make(tmp_path, "C9/front.jpg", "C9/sub/1.png", "image_55_product_D1.jpg", "photo-E2-back.jpg")
    make(tmp_path, "zzz.jpg", "notes.txt", ".hidden", "A10x.jpg")
    matched = match_folder(["A7", "B 8", "C9", "D1", "E2", "A9", "A10", ""], tmp_path)
    assert names(matched, tmp_path) == [
        ["A7.jpg", "A7_1.jpg", "A7_10.JPG", "a7-2.png"],
        ["B 8 (2).jpg"],
        ["C9/front.jpg", "C9/sub/1.png"],
        ["image_55_product_D1.jpg"],
        ["photo-E2-back.jpg"],
        ["train/A9.webp"],
        [],
        [],
    ]
    assert kinds(matched) == {"missing-image": 2, "unmatched-image": 2, "other-file": 1}
    assert matched.problems[0].examples == (6, 7)
    assert "A10x.jpg, zzz.jpg" in matched.problems[1].message


def test_rakuten_names_are_told_apart_by_the_word_product(tmp_path: Path) -> None:
    make(tmp_path, "image_12_product_34.jpg", "image_34_product_12.jpg", "12_34_x.jpg")
    matched = match_folder(["12", "34"], tmp_path)
    assert names(matched, tmp_path) == [["image_34_product_12.jpg"], ["image_12_product_34.jpg"]]
    assert kinds(matched) == {"ambiguous-image": 1}


def test_an_id_with_separators_beats_the_shorter_id_inside_it(tmp_path: Path) -> None:
    make(tmp_path, "SKU-1.jpg", "SKU-1-2.jpg", "SKU.jpg", "big SKU-1 view.jpg")
    matched = match_folder(["SKU", "SKU-1"], tmp_path)
    assert names(matched, tmp_path) == [
        ["SKU.jpg"],
        ["SKU-1.jpg", "SKU-1-2.jpg", "big SKU-1 view.jpg"],
    ]


def test_a_folder_and_a_name_that_disagree_are_ambiguous_unless_it_is_a_counter(
    tmp_path: Path,
) -> None:
    make(tmp_path, "5/1.jpg", "5/2.jpg", "5001/5002.jpg", "5002/5002_1.jpg")
    matched = match_folder(["1", "5", "5001", "5002"], tmp_path)
    assert names(matched, tmp_path) == [[], ["5/1.jpg", "5/2.jpg"], [], ["5002/5002_1.jpg"]]
    assert kinds(matched) == {"missing-image": 2, "ambiguous-image": 1}


def test_case_decides_only_where_ids_differ_by_case(tmp_path: Path) -> None:
    make(tmp_path, "ab.jpg", "AB.jpg", "cd.jpg")
    matched = match_folder(["ab", "AB", "CD", "ab"], tmp_path)
    assert names(matched, tmp_path) == [["ab.jpg"], ["AB.jpg"], ["cd.jpg"], ["ab.jpg"]]
    assert matched.problems == ()


def test_a_folder_without_images_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="there is no such folder"):
        match_folder(["1"], tmp_path / "none")
    make(tmp_path, "readme.txt")
    with pytest.raises(CatalogError, match=r"such as 77\.jpg; found 1 other files"):
        match_folder(["", "77"], tmp_path)


@settings(max_examples=30, deadline=None)
@given(
    ids=st.lists(st.from_regex(r"[a-z0-9]{3,6}", fullmatch=True), min_size=1, unique=True),
    pattern=st.sampled_from(["{}", "{}_1", "{}-12", "{} (3)", "{0}/view", "image_0_product_{}"]),
)
def test_every_product_gets_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], pattern: str
) -> None:
    folder = tmp_path_factory.mktemp("images")
    files = [f"{pattern.format(i)}.jpg" for i in ids]
    make(folder, *files)
    assert names(match_folder(ids, folder), folder) == [[file] for file in files]


def png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + body + b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"


def check_file(folder: Path, name: str, content: bytes, max_pixels: int = 10**8) -> ImageCheck:
    (folder / name).write_bytes(content)
    reference = path(str(folder / name))
    ((check,),) = check_images([(reference,)], workers=2, max_pixels=max_pixels)
    return check


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_headers_tell_format_and_size(tmp_path: Path, kind: str) -> None:
    content = encoded(kind, (31, 17))
    check = check_file(tmp_path, "a.jpg", content)
    assert check == ImageCheck(
        str(tmp_path / "a.jpg"), "ok", None, kind, width=31, height=17, size_bytes=len(content)
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "0 bytes"),
        (b"\n<!DOCTYPE html><p>404", "an HTML page"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"\x00\x00\x00\x18ftypheic\x00", "an HEIC photograph"),
        (b"hello there", "an unknown format"),
        (encoded("JPEG")[:11], "truncated or damaged header: it starts like JPEG"),
        (encoded("PNG")[:20], "truncated or damaged header: it starts like PNG"),
        (encoded("WEBP")[:20], "truncated or damaged header: it starts like WebP"),
        (png_header(10_001, 10_000), "too many pixels: 10001 x 10000"),
        (png_header(60_000, 60_000), "too many pixels"),
        (b"%PDF-1.4", "an unknown format"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, content: bytes, error: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check = check_file(tmp_path, "a.jpg", content)
    assert check.state == "broken"
    assert error in (check.error or "")
    assert check.size_bytes == len(content)


def test_paths_that_cannot_be_opened_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.jpg").mkdir()
    make(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    paths = ["folder.jpg", "none.jpg", "a.jpg/b.jpg", "pipe.jpg", "nul\0.jpg", "x" * 300]
    images = [(path(str(tmp_path / name)),) for name in paths]
    checks = [product[0] for product in check_images(images, workers=2)]
    assert [check.state for check in checks] == [
        "broken", "missing", "missing", "broken", "broken", "broken",
    ]  # fmt: skip
    assert checks[0].error == "it is a directory, not an image file"
    assert checks[3].error == "it is no regular file"

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("aisle.catalog.images.checks.os.stat", denied)
    ((check,),) = check_images([(path("a.jpg"),)], workers=1)
    assert (check.state, check.error) == ("broken", "permission denied")


def test_a_large_image_passes_without_a_warning_leaking(tmp_path: Path) -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check = check_file(tmp_path, "a.png", png_header(10_000, 9_999))
    assert (check.state, check.width) == ("ok", 10_000)
    assert list(warnings.filters) == before


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "ICO", "PPM"]),
    cut=st.integers(1, 120),
    junk=st.binary(max_size=60),
)
def test_damaged_bytes_never_raise(start: str, cut: int, junk: bytes) -> None:
    content = encoded(start, (20, 20))[:cut] + junk
    ((check,),) = check_images([(ImageReference("bytes", None, content),)], workers=1)
    assert check.state in ("ok", "broken")
    assert (check.error is None) == (check.state == "ok")


def test_order_and_sharing_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded())
    one, two = path(str(tmp_path / "a.jpg")), ImageReference("bytes", None, encoded("PNG"))
    images = [(one, two), (), (url("http://x/a.jpg"),), (two,), *[(one,)] * 200]
    checks = check_images(images, workers=3)
    assert [len(product) for product in checks] == [len(product) for product in images]
    assert [check.format for check in checks[0]] == ["JPEG", "PNG"]
    assert checks[2][0].state == "remote"
    assert checks[3][0] == checks[0][1]


def test_no_worker_is_a_mistake() -> None:
    with pytest.raises(CatalogError, match="at least 1, found 0"):
        check_images([], workers=0)


def test_problems_count_products_and_name_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded())
    (tmp_path / "b.jpg").write_bytes(b"<html>")
    values = ["a.jpg", None, "none.jpg", ["b.jpg", "a.jpg"], "http://x/a.jpg", "b.jpg"]
    checks = check_images([references(value, tmp_path) for value in values], workers=2)
    missing, broken, remote = image_problems(checks)
    assert (missing.kind, missing.rows, missing.examples) == ("missing-image", 2, (1, 2))
    assert f"row 2: {tmp_path / 'none.jpg'}" in missing.message
    assert (broken.kind, broken.rows, broken.examples) == ("broken-image", 2, (3, 5))
    assert "2 x an HTML page" in broken.message
    assert (remote.kind, remote.rows, remote.examples) == ("remote-image", 1, (4,))
    assert json.dumps([problem.to_dict() for problem in (missing, broken, remote)])


def test_good_images_are_no_problem(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded())
    assert image_problems(check_images([references("a.jpg", tmp_path)], workers=1)) == ()
