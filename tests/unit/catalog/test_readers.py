from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.catalog.readers import read_table
from aisle.errors import CatalogError

SHARED = Path(os.environ.get("AISLE_SHARED", Path(__file__).parents[4] / "shared")) / "data"


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [("flipkart/catalog.csv", 1050, 16), ("bestbuy/catalog.csv.gz", 3671, 14)],
)
def test_real_catalogues_are_read_value_for_value(name: str, rows: int, columns: int) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    loaded = read_table(path)
    assert loaded.table.shape == (rows, columns)
    assert loaded.root == path.parent
    assert loaded.problems == ()
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    expected = [
        {name: value if value.strip() else None for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]
    assert loaded.table.to_pylist() == expected


def test_a_path_may_be_text_or_a_path(tmp_path: Path) -> None:
    path = write(tmp_path, "catalog.csv", b"id,title\n1,a\n")
    assert read_table(str(path)).table.equals(read_table(path).table)


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("catalog", b'{"id": "1"}\n', "jsonl"),
        ("catalog.csv", b'[{"id": "1"}]', "json"),
        ("catalog.json", b"id,title\n1,a\n", "csv"),
        ("catalog.parquet", b"id,title\n1,a\n", "csv"),
        ("catalog.csv", b"id\ttitle\n1\ta\n", "tsv"),
        ("catalog.csv", b"{id},[title]\n1,a\n", "csv"),
    ],
)
def test_the_content_decides_the_format(
    tmp_path: Path, name: str, content: bytes, format: str
) -> None:
    loaded = read_table(write(tmp_path, name, content))
    assert loaded.format == format
    assert loaded.table[0].to_pylist() == ["1"]


def test_a_format_that_is_named_is_used(tmp_path: Path) -> None:
    path = write(tmp_path, "catalog.txt", b"a,b\tc\n1,2\t3\n")
    assert read_table(path, format="tsv").table.column_names == ["a,b", "c"]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", b"a\n1\n", {"format": "excel"}, "the formats are csv, tsv"),
        ("a.csv", b"a\n1\n", {"format": "parquet"}, r"read as parquet.*text was found"),
        ("a.csv", b"PAR1", {"format": "csv"}, r"read as csv.*parquet was found"),
        ("a.parquet", b"PAR1", {"encoding": "utf-8"}, "parquet is no text format"),
        ("a.jsonl", b'{"a": 1}', {"separator": ";"}, "not CSV or TSV"),
        ("a.csv", b"PK\x03\x04", {}, "Excel.*save the sheet as CSV"),
        ("a.csv", b"", {}, "is empty"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, name: str, content: bytes, options: dict[str, str], message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        read_table(write(tmp_path, name, content), **options)


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "catalog.csv", b"a\n1\n")
    with pytest.raises(CatalogError, match=r"catalogue\.csv: there is no such.*is catalog\.csv"):
        read_table(tmp_path / "catalogue.csv")
    with pytest.raises(CatalogError, match=r"folder .* does not exist"):
        read_table(tmp_path / "nowhere" / "catalog.csv")
    with pytest.raises(CatalogError, match="list of paths"):
        read_table(tmp_path / "*.csv")
    with pytest.raises(CatalogError, match=r"https://example\.com/a\.csv: addresses are not read"):
        read_table("https://example.com/a.csv")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "catalog.csv", b"a\n1\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CatalogError, match="permission denied"):
        read_table(path)


def test_a_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(CatalogError, match="neither a file nor a folder"):
        read_table(path)


def test_files_with_the_same_columns_are_put_together(tmp_path: Path) -> None:
    first = write(tmp_path, "1.csv", b"id,title\n1,a\nbroken\n")
    second = write(tmp_path, "2.csv.gz", gzip.compress(b"title;id\nb;2\n"))
    loaded = read_table([first, str(second)])
    assert loaded.table.to_pydict() == {"id": ["1", "2"], "title": ["a", "b"]}
    assert loaded.root == tmp_path
    assert [found.kind for found in loaded.problems] == ["broken-row"]


def test_files_from_different_folders_say_where_images_are_looked_up(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{place}/catalog.csv", b"id,title\n1,a\n") for place in "ab"]
    loaded = read_table(tuple(paths))
    assert loaded.root == tmp_path.resolve()
    assert [found.kind for found in loaded.problems] == ["several-folders"]


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    first = write(tmp_path, "1.csv", b"id,title\n1,a\n")
    second = write(tmp_path, "2.csv", b"id,name\n1,a\n")
    with pytest.raises(CatalogError, match=r"2\.csv.*missing: title; only here: name"):
        read_table([first, second])
    third = write(tmp_path, "3.jsonl", b'{"id": [1], "title": "a"}\n')
    with pytest.raises(CatalogError, match="different types"):
        read_table([first, third])


SEEDS = (
    b'id,title,p\n1,"a\nb",3\n2,c,4\n',
    b'{"id": 1, "t": ["a"]}\n{"id": 2}\n',
    b'[{"id": 1}]',
    b'<?xml version="1.0"?><rss><item><g:id>1</g:id></item></rss>',
    "id;t\n1;\u00e9\n".encode("utf-16"),
    gzip.compress(b"id,t\n1,2\n"),
    b"PAR1\x15\x04PAR1",
    b"ARROW1\0\0\xff\xff\xff\xff\x10\0\0\0",
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.sampled_from(SEEDS),
    place=st.integers(0, 60),
    cut=st.integers(0, 4),
    put=st.binary(max_size=4) | st.sampled_from([b'"', b"\n", b"\0", b"\xff\xfe", b"<!--"]),
    suffix=st.sampled_from(["", ".csv", ".json", ".parquet", ".xml", ".arrow", ".gz"]),
)
def test_damaged_files_give_rows_or_a_catalogue_error(
    tmp_path: Path, seed: bytes, place: int, cut: int, put: bytes, suffix: str
) -> None:
    path = write(tmp_path, f"catalog{suffix}", seed[:place] + put + seed[place + cut :])
    try:
        loaded = read_table(path)
    except CatalogError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert loaded.table.num_rows > 0
        loaded.table.validate(full=True)


def test_the_table_of_a_text_file_is_text_only(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "a.csv", b"a,b\n1,true\n2,\n")).table
    assert set(table.schema.types) == {pa.string()}
