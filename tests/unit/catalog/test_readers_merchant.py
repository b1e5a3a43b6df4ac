from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from aisle.catalog.readers import read_table
from aisle.errors import CatalogError

RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" xmlns:m="http://media" version="2.0"><channel>
<title>The shop</title>
<item><title>plain</title><g:title>Café &amp; crème</g:title><g:id>01</g:id>
<m:title>other</m:title>
<g:additional_image_link>a.jpg</g:additional_image_link>
<g:additional_image_link>b.jpg</g:additional_image_link>
<g:product_type>Home &gt; Cups</g:product_type><g:product_type>Gifts</g:product_type>
<g:shipping><g:country>GB</g:country><g:price>5 GBP</g:price></g:shipping>
<g:product_detail><g:section_name>S</g:section_name><g:attribute_name>Colour</g:attribute_name>
<g:attribute_value>red</g:attribute_value></g:product_detail>
<description><![CDATA[<b>strong</b>]]></description></item>
<item><g:id>02</g:id><title>Second</title><g:price> </g:price></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>The shop</title><entry><title>Cup</title><link href="http://shop/1"/>
<summary>A cup.</summary><g:id>1</g:id></entry></feed>"""


def write(folder: Path, content: str | bytes, name: str = "feed.xml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rss_items_become_rows(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, RSS))
    assert loaded.format == "google-merchant-xml"
    assert loaded.problems == ()
    first, second = loaded.table.to_pylist()
    assert first == {
        "title": "Café & crème",
        "id": "01",
        "m:title": "other",
        "additional_image_link": ["a.jpg", "b.jpg"],
        "product_type": "Home > Cups | Gifts",
        "shipping": "country: GB; price: 5 GBP",
        "product_detail": "Colour: red",
        "description": "<b>strong</b>",
    }
    assert second["id"] == "02"
    assert second["title"] == "Second"
    assert loaded.table["additional_image_link"].type == pa.list_(pa.string())


def test_atom_entries_become_rows(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, ATOM, "feed"))
    assert loaded.table.to_pylist() == [
        {"title": "Cup", "link": "http://shop/1", "id": "1", "description": "A cup."}
    ]


def test_an_undeclared_prefix_and_another_encoding_are_read(tmp_path: Path) -> None:
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><rss><item><g:id>é</g:id></item></rss>'
    assert read_table(write(tmp_path, content.encode("latin-1"))).table["id"].to_pylist() == ["é"]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://example.com/x.dtd">',
    ],
)
def test_a_document_type_is_refused(tmp_path: Path, doctype: str) -> None:
    content = f'<?xml version="1.0"?>{doctype}<rss><item><g:id>&a;</g:id></item></rss>'
    with pytest.raises(CatalogError, match="document type"):
        read_table(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<rss><item><id>1</id></item>\n<item>", "line 2.*the XML is broken"),
        ("<rss><item><id>&a;</id></item></rss>", "undefined entity"),
        ("<rss><channel/></rss>", "holds no products"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "encoding"),
    ],
)
def test_a_broken_feed_is_a_clear_error(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_table(write(tmp_path, content))


def test_a_web_page_is_told_from_a_feed(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="web page"):
        read_table(write(tmp_path, "\n<!doctype html><html></html>", "catalog.csv"))


def test_the_columns_of_a_tsv_feed_get_their_plain_names(tmp_path: Path) -> None:
    content = "id\tTitle\tg:image link\tproduct type\tOwn Column\n1\ta\tb\tc\td\n"
    loaded = read_table(write(tmp_path, content, "feed.txt"))
    assert loaded.format == "google-merchant-tsv"
    assert loaded.table.column_names == ["id", "title", "image_link", "product_type", "Own Column"]


def test_names_of_other_tables_stay(tmp_path: Path) -> None:
    loaded = read_table(write(tmp_path, "ID\tTitle\tPrice\n1\ta\tb\n", "table.tsv"))
    assert loaded.format == "tsv"
    assert loaded.table.column_names == ["ID", "Title", "Price"]
