"""Files that visitors send: read within limits, refused in words."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.serving.page import upload
from aisle.serving.page.upload import Photographs, read_upload
from aisle.serving.refusals import RequestError


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"sku,title\n1,red mug\n2,\n", "shop.csv"),
        (b"sku;title\r\n1;red mug\r\n2;\r\n", "shop"),
        (b"sku\ttitle\n1\tred mug\n2\t\n", "shop.tsv"),
        (b'{"sku": "1", "title": "red mug"}\n{"sku": "2"}\n', "shop.jsonl"),
        (b'[{"sku": "1", "title": "red mug"}, {"sku": "2"}]', "shop.json"),
        (b'{"sku": "1", "title": "red mug"}\n{"sku": "2"}\n', "../../etc/passwd"),
    ],
)
def test_rows_are_read_without_what_is_missing(content: bytes, name: str) -> None:
    found = read_upload(content, name)
    assert len(found) == 2
    assert [row.values for row in found.rows(0, 5)] == [
        {"sku": "1", "title": "red mug"},
        {"sku": "2"},
    ]
    assert [row.values for row in found.rows(1, 1)] == [{"sku": "2"}]


@pytest.mark.parametrize(
    "content", [gzip.compress(b"title\nmug\n"), b"PAR1....", b"ARROW1..", b" <?xml?><rss/>"]
)
def test_what_could_grow_is_not_taken(content: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        read_upload(content, "shop.csv")
    assert refused.value.status == 415
    assert "aisle predict" in refused.value.do


def test_a_refusal_does_not_tell_where_the_file_lay() -> None:
    with pytest.raises(RequestError) as refused:
        read_upload(b"PK\x03\x04 a workbook", "shop.csv")
    assert refused.value.status == 422
    assert "zip archive" in refused.value.what
    assert "/" not in refused.value.what


@pytest.mark.parametrize(
    ("row", "expected", "remark"),
    [
        ({"photo": "images/A.JPG"}, [b"a"], None),
        ({"photo": "C:\\shop\\a.jpg"}, [b"a"], None),
        ({"photo": ["a.jpg", "b.jpg"]}, [b"a", b"b"], None),
        ({"photo": ["a.jpg", "gone.jpg"]}, [b"a"], "gone.jpg: did not come with the file"),
        ({"photo": "images/gone.jpg"}, None, "images/gone.jpg: did not come with the file"),
        ({"sku": "B"}, [b"b"], None),
        ({"sku": "b", "photo": "gone.jpg"}, [b"b"], None),
        ({"sku": "c", "photo": "data:image/png;base64,AAAA"}, "data:image/png;base64,AAAA", None),
    ],
)
def test_photographs_are_found_by_name_then_by_identifier(
    row: dict[str, object], expected: object, remark: str | None
) -> None:
    photographs = Photographs({"a.jpg": b"a", "shop/B.jpg": b"b"}, columns=("photo",), id="sku")
    assert photographs.put(row) == remark
    assert row["photo"] == expected


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_ROWS", 2)
    with pytest.raises(RequestError, match="3 products"):
        read_upload(b"title\na\nb\nc\n", "shop.csv")


def test_broken_rows_are_told() -> None:
    found = read_upload(b'{"title": "a"}\nnot json\n{"title": "b"}\n', "shop.jsonl")
    assert len(found) == 2
    assert len(found.problems) == 1
    assert "aisle-" not in found.problems[0]


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_a_refusal(content: bytes) -> None:
    try:
        found: int = len(read_upload(content, "shop.csv"))
    except RequestError as refused:
        found = refused.status
    assert found > 0
