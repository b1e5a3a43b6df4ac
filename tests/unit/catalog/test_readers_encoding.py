from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.catalog.readers import read_table
from aisle.catalog.readers.encoding import ByteStream
from aisle.errors import CatalogError

TEXT = "id,title\n1,Café – “crème”\n2,Größe\n"
WORLD = "id,title\n1,emoji 😀🧦\n2,قميص أحمر\n3,日本語の靴\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "catalog.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_utf8_with_or_without_mark_is_read_without_a_word(tmp_path: Path, codec: str) -> None:
    loaded = read_table(write(tmp_path, WORLD.encode(codec)))
    assert loaded.table.column_names == ["id", "title"]
    assert loaded.table["title"].to_pylist() == ["emoji 😀🧦", "قميص أحمر", "日本語の靴"]
    assert loaded.problems == ()


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-16-le", "utf-16-be", "cp1252"])
def test_another_encoding_is_detected_and_told(tmp_path: Path, codec: str) -> None:
    loaded = read_table(write(tmp_path, TEXT.encode(codec)))
    assert loaded.table["title"].to_pylist() == ["Café – “crème”", "Größe"]
    assert [found.kind for found in loaded.problems] == ["encoding"]
    assert codec in loaded.problems[0].message


def test_bytes_that_windows_does_not_define_fall_back_to_latin1(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, b"id,title\n1,\x81\xe9\n"))
    assert loaded.table["title"].to_pylist() == ["\x81é"]
    assert "latin-1" in loaded.problems[0].message


def test_one_bad_byte_does_not_garble_a_utf8_file(tmp_path: Path) -> None:
    content = "id,title\n1,靴靴靴靴靴靴靴靴靴靴靴\n".encode() + b"2,bad \xff byte\n"
    loaded = read_table(write(tmp_path, content))
    assert loaded.table["title"].to_pylist() == ["靴靴靴靴靴靴靴靴靴靴靴", "bad \ufffd byte"]
    assert "line 3" in loaded.problems[0].message


def test_an_encoding_that_is_given_is_used_and_not_told(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, "id,title\n1,Привет\n".encode("cp1251")), encoding="cp1251")
    assert loaded.table["title"].to_pylist() == ["Привет"]
    assert loaded.problems == ()


@pytest.mark.parametrize("asked", ["klingon", "hex", "zip", "", "a\0b"])
def test_what_is_no_encoding_is_refused(tmp_path: Path, asked: str) -> None:
    with pytest.raises(CatalogError, match="not a text encoding"):
        read_table(write(tmp_path, TEXT.encode()), encoding=asked)


def test_a_wrong_encoding_is_refused_with_the_place(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,title\n1,a\n2,\xe9t\xe9\n")
    with pytest.raises(CatalogError, match=r"not utf-8: byte 15, line 3"):
        read_table(path, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"not utf-16"):
        read_table(path, encoding="utf-16")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    titles=st.lists(
        st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Zl", "Zp", "Cc")))
        .map(lambda title: title.replace('"', "'").replace(",", "."))
        .filter(str.strip),
        min_size=1,
        max_size=5,
    ),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_any_text_survives_any_marked_encoding(
    tmp_path: Path, titles: list[str], codec: str
) -> None:
    text = "id,title\n" + "".join(f"1,{title}\n" for title in titles)
    loaded = read_table(write(tmp_path, text.encode(codec)), separator=",")
    assert loaded.table["title"].to_pylist() == titles


@given(pieces=st.lists(st.binary(max_size=20)), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_a_stream_gives_its_pieces_whatever_is_asked(pieces: list[bytes], sizes: list[int]) -> None:
    stream = ByteStream(pieces)
    whole = b"".join(pieces)
    taken = b"".join(stream.read(size) for size in sizes)
    assert taken == whole[: sum(sizes)]
    assert stream.read() == whole[len(taken) :]
    assert io.BufferedReader(ByteStream(pieces)).readlines() == io.BytesIO(whole).readlines()
