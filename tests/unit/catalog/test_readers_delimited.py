from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.catalog.problem import Problem
from aisle.catalog.readers import Loaded, delimited, read_table
from aisle.errors import CatalogError

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Without NUL: zero bytes in every other place are UTF-16.
VALUES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


def write(folder: Path, content: bytes, name: str = "catalog.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def problem(loaded: Loaded, kind: str) -> Problem:
    return next(found for found in loaded.problems if found.kind == kind)


def test_every_column_is_text_and_an_empty_or_blank_field_is_null(tmp_path: Path) -> None:
    content = b"id,price,note\n007,1.50,\n008,,   \n009,NaN,null\n010,NA,None\n"
    loaded = read_table(write(tmp_path, content))
    assert loaded.format == "csv"
    assert loaded.root == tmp_path
    assert loaded.problems == ()
    assert loaded.table.to_pydict() == {
        "id": ["007", "008", "009", "010"],
        "price": ["1.50", None, "NaN", "NA"],
        "note": [None, None, "null", "None"],
    }


@QUICK
@given(
    rows=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=8),
    # The standard library leaves a carriage return bare where lines end with a line feed alone.
    style=st.sampled_from(
        [("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]
    ),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_the_standard_library_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str, str]], style: tuple[str, int], separator: str
) -> None:
    text = io.StringIO()
    line_end, quoting = style
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerows([("a", "b", "c"), *rows])
    path = write(tmp_path, text.getvalue().encode())
    loaded = read_table(path, separator=separator)
    expected = [tuple(value if value.strip() else None for value in row) for row in rows]
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == expected
    assert loaded.problems == ()


@QUICK
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["x", "a\nb", "1\r\n2", "é", 'say "so"']), min_size=2, max_size=4),
        min_size=1,
        max_size=15,
    ),
    blanks=st.lists(st.booleans(), min_size=15, max_size=15),
    block=st.sampled_from([64, 300, 8 << 20]),
)
def test_broken_rows_are_located_as_the_standard_library_counts_lines(
    tmp_path: Path, rows: list[list[str]], blanks: list[bool], block: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    for row, blank in zip(rows, blanks, strict=False):
        text.write("\n" * blank)
        writer.writerow(row)
    writer.writerow(["the", "last", "row"])
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""))
    lines, before = [], 0
    for row in reader:
        if row and len(row) != 3:
            lines.append((before + 1, len(row)))
        before = reader.line_num
    path = write(tmp_path, text.getvalue().encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK_BYTES", (block, 8 << 20))
        loaded = read_table(path, separator=",")
    whole = [row for row in rows if len(row) == 3]
    assert loaded.table.num_rows == len(whole) + 1
    if not lines:
        assert loaded.problems == ()
        return
    found = problem(loaded, "broken-row")
    assert found.rows == len(lines)
    named = ", ".join(f"line {line} ({fields} fields, 3 expected)" for line, fields in lines[:10])
    assert named in found.message


def test_a_row_broken_after_a_multi_line_field_names_its_own_line(tmp_path: Path) -> None:
    content = b'id,title,price\n1,"two\nlines",3\n\n2,short\n   \n3,too,many,fields\n4,whole,1\n'
    loaded = read_table(write(tmp_path, content))
    assert loaded.table["id"].to_pylist() == ["1", "4"]
    message = problem(loaded, "broken-row").message
    assert "2 rows" in message
    assert "line 5 (2 fields, 3 expected)" in message
    assert "line 7 (4 fields, 3 expected)" in message


def test_only_the_first_ten_broken_rows_are_named_but_all_are_counted(tmp_path: Path) -> None:
    content = b"a,b\n" + b"only-one\n" * 25 + b"1,2\n"
    found = problem(read_table(write(tmp_path, content)), "broken-row")
    assert found.rows == 25
    assert found.message.count("(1 field, 2 expected)") == 10
    assert "line 11 (" in found.message
    assert "line 12 (" not in found.message


@pytest.mark.parametrize("start", ['2,"open,3', '2,open,"3'], ids=["middle", "last-column"])
def test_a_quote_that_never_closes_is_reported_with_its_line(tmp_path: Path, start: str) -> None:
    content = f"id,title,price\n1,whole,3\n{start}\n4,5,6\n7,8,9\n".encode()
    loaded = read_table(write(tmp_path, content))
    assert loaded.table["id"].to_pylist() == ["1"]
    found = problem(loaded, "unclosed-quote")
    assert found.rows == 3
    assert "line 3 opens a quote that never closes" in found.message


def test_an_unclosed_quote_larger_than_a_block_is_found(tmp_path: Path) -> None:
    rows = b"".join(b"%d,some title\n" % number for number in range(2000))
    path = write(tmp_path, b'id,title\n1,a\n2,"b\n' + rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK_BYTES", (1024, 1 << 20))
        loaded = read_table(path)
    assert loaded.table.num_rows == 1
    assert problem(loaded, "unclosed-quote").rows == 2001


def test_a_row_longer_than_every_block_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, b'id,title\n1,"' + b"x" * 5000 + b'"\n')
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", (1024,))
    with pytest.raises(CatalogError, match="quote opens a field"):
        read_table(path)


def test_a_quote_open_in_the_header_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"catalog\.csv.*header.*never closes"):
        read_table(write(tmp_path, b'"id,title\n1,2\n'))


def test_a_long_field_and_zero_bytes_are_read(tmp_path: Path) -> None:
    long = "long, \n" * 20_000
    content = f'id,title\n1,"{long}"\n2,a\0b\n'.encode()
    loaded = read_table(write(tmp_path, content))
    assert loaded.table["title"].to_pylist() == [long, "a\0b"]
    assert loaded.problems == ()


@pytest.mark.parametrize(
    ("content", "separator", "format"),
    [
        ("id;title;price\n1;red, round, big;2,5\n2;blue, flat, old;3,5\n", ";", "csv"),
        ('id,title\n1,"a;b"\n2,"c;d;e"\n', ",", "csv"),
        ("id\ttitle, long\n1\ta, b\n2\tc\n", "\t", "tsv"),
        ("id|title\n1|a,b\n", "|", "csv"),
        ('"id;x";"title"\n1;2\n', ";", "csv"),
    ],
)
def test_the_separator_is_found(tmp_path: Path, content: str, separator: str, format: str) -> None:
    path = write(tmp_path, content.encode(), "catalog.txt")
    found = read_table(path)
    told = read_table(path, separator=separator)
    assert found.table.equals(told.table)
    assert found.table.num_columns >= 2
    assert found.format == format
    assert found.problems == ()


def test_a_single_column_is_not_split_by_the_commas_in_it(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, b"title\nred, round\nblue\ngreen, flat, old\n"))
    assert loaded.table.to_pydict() == {"title": ["red, round", "blue", "green, flat, old"]}


@pytest.mark.parametrize("asked", ["", ",,", '"', "\n", "é"])
def test_a_separator_that_cannot_be_one_is_refused(tmp_path: Path, asked: str) -> None:
    with pytest.raises(CatalogError, match="one character"):
        read_table(write(tmp_path, b"a,b\n1,2\n"), separator=asked)


def test_names_are_trimmed_numbered_and_made_unique(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf id , title,,title, title_2\n1,2,3,4,5\n"
    loaded = read_table(write(tmp_path, content))
    assert loaded.table.column_names == ["id", "title", "column_3", "title_3", "title_2"]
    assert "'title' is now 'title_3'" in problem(loaded, "duplicate-column").message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n  \n", "is empty"),
        (b"id,title\n", r"header with 2 columns \(id, title.*no rows"),
        (b"id,title\n1\n2,3,4\n", r"no row that can be read.*line 2 \(1 field, 2 expected\)"),
    ],
)
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_table(write(tmp_path, content))


def test_old_mac_line_ends_are_counted(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, b"a,b\r1,2\r3\r4,5\r"))
    assert loaded.table["a"].to_pylist() == ["1", "4"]
    assert "line 3 (" in problem(loaded, "broken-row").message


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, gzip.compress(b"id,title\n1,a\n"), "catalog.csv"))
    assert loaded.table.to_pylist() == [{"id": "1", "title": "a"}]


def test_gzip_cut_short_is_a_clear_error(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b"%d,title\n" % number for number in range(5000)))
    with pytest.raises(CatalogError, match="gzip data is damaged or cut short"):
        read_table(write(tmp_path, whole[:-30], "catalog.csv.gz"))
