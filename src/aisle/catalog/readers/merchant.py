"""Google Merchant feeds: the column names of the TSV form, and the XML forms (RSS 2.0, Atom).

The attributes are those of the product data specification,
https://support.google.com/merchants/answer/7052112.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.normalise import normalise
from aisle.catalog.readers.rows import TableBuilder
from aisle.catalog.readers.source import FileSource, reading
from aisle.errors import CatalogError

_ATTRIBUTES = frozenset(
    (
        "id",
        "title",
        "description",
        "link",
        "mobile_link",
        "image_link",
        "additional_image_link",
        "lifestyle_image_link",
        "availability",
        "availability_date",
        "expiration_date",
        "price",
        "sale_price",
        "sale_price_effective_date",
        "unit_pricing_measure",
        "google_product_category",
        "product_type",
        "brand",
        "gtin",
        "mpn",
        "identifier_exists",
        "condition",
        "adult",
        "multipack",
        "is_bundle",
        "age_group",
        "color",
        "gender",
        "material",
        "pattern",
        "size",
        "size_type",
        "size_system",
        "item_group_id",
        "product_detail",
        "product_highlight",
        "shipping",
        "tax",
        "custom_label_0",
        "custom_label_1",
        "custom_label_2",
        "custom_label_3",
        "custom_label_4",
    )
)
_TELLING = frozenset(
    ("link", "image_link", "google_product_category", "gtin", "mpn", "availability")
)
# Always lists, so that the type does not depend on how many images the products of a feed have.
_LISTS = frozenset(("additional_image_link", "lifestyle_image_link", "product_highlight"))
_ITEMS = frozenset(("item", "entry"))
# Atom has no element `description`.
_ATOM_DESCRIPTIONS = ("summary", "content")
_TAKEN_FROM_DETAIL = ("attribute_name", "attribute_value")


def merchant_names(names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the plain names of a Merchant feed's columns, or None if it is no such feed.

    Parameters
    ----------
    names
        The names of a header; ``g:image_link``, ``image link`` and ``image_link`` are one.
    """
    plain = [_plain(name).lower().strip().replace(" ", "_") for name in names]
    if not {"id", "title"} <= set(plain) or not _TELLING & set(plain):
        return None
    return tuple(
        short if short in _ATTRIBUTES else name for short, name in zip(plain, names, strict=True)
    )


def read_merchant_xml(source: FileSource, *, encoding: str | None) -> Loaded:
    """Read a Google Merchant feed in XML: RSS 2.0 with ``<item>`` or Atom with ``<entry>``.

    Columns have the attributes' names without ``g:``. Additional images and highlights are lists
    of texts; another element that is repeated is joined by `` | ``; one with elements inside
    becomes ``name: value; name: value``. Every other value is text.

    Parameters
    ----------
    source
        The file. It is read in pieces; a document type declaration, and so every entity beyond
        XML's own five, is refused.
    encoding
        Overrides what the XML declares.

    Raises
    ------
    CatalogError
        If the XML is broken, declares a document type, or has no products.
    """
    where = str(source.path)
    builder = TableBuilder(where)
    with reading(source.path, "XML file"):
        builder.extend(_products(source, encoding))
    table = builder.finish()
    if table.num_rows == 0:
        raise CatalogError(
            f"{where}: holds no products; expected a Google Merchant feed with <item> (RSS 2.0) "
            "or <entry> (Atom) elements"
        )
    table, problems = normalise(table, where)
    return Loaded(table, "google-merchant-xml", source.path.parent, problems)


def _products(source: FileSource, encoding: str | None) -> Iterator[dict[str, object]]:
    collector = _Collector(str(source.path))
    try:
        # Without a namespace separator, names keep their prefix: feeds often fail to declare `g`.
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = collector.doctype
        parser.StartElementHandler = collector.start
        parser.EndElementHandler = collector.end
        parser.CharacterDataHandler = collector.text
        for chunk in source.chunks():
            parser.Parse(chunk, False)
            yield from collector.take()
        parser.Parse(b"", True)
        yield from collector.take()
    except expat.ExpatError as error:
        raise CatalogError(
            f"{source.path}: line {error.lineno}, column {error.offset + 1}: the XML is broken "
            f"({expat.ErrorString(error.code)}); the file may be cut short"
        ) from None
    except (LookupError, ValueError) as error:
        raise CatalogError(
            f"{source.path}: the XML's encoding is not usable ({error}); name another"
        ) from None


@dataclass
class _Element:
    """One element inside a product, while it is open."""

    name: str
    prefixed: bool
    href: str = ""
    pieces: list[str] = field(default_factory=list)
    children: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Product:
    """The elements of one product: values by name, those with a prefix apart."""

    own: dict[str, list[str]] = field(default_factory=dict)
    prefixed: dict[str, list[str]] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """Return the columns; `g:title` wins over the feed's own `title`."""
        found = {**self.own, **self.prefixed}
        if "description" not in found:
            for name in _ATOM_DESCRIPTIONS:
                if name in found:
                    found["description"] = found.pop(name)
                    break
        return {
            name: values if name in _LISTS else " | ".join(values) for name, values in found.items()
        }


class _Collector:
    """Builds products from the parser's events."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._product: _Product | None = None
        self._open: list[_Element] = []
        self._done: list[dict[str, object]] = []

    def take(self) -> list[dict[str, object]]:
        """Return the products that are complete, once."""
        done, self._done = self._done, []
        return done

    def doctype(self, *_: object) -> None:
        """Refuse a document type: it can define entities that grow or read files."""
        raise CatalogError(
            f"{self._where}: the XML declares a document type (<!DOCTYPE ...>), which is refused "
            "because it can define entities; take the declaration out"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open a product, or an element within one."""
        if self._product is None:
            if _plain(tag) in _ITEMS:
                self._product = _Product()
            return
        # `g:` is Merchant's; another prefix, as in `media:title`, stays to tell the two apart.
        own = tag.startswith("g:")
        self._open.append(_Element(_plain(tag) if own else tag, own, attributes.get("href", "")))

    def text(self, text: str) -> None:
        """Take text for the innermost open element."""
        if self._open:
            self._open[-1].pieces.append(text)

    def end(self, _tag: str) -> None:
        """Close the innermost element, or the product."""
        if self._product is None:
            return
        if not self._open:
            row = self._product.row()
            if row:
                self._done.append(row)
            self._product = None
            return
        element = self._open.pop()
        value = _value(element)
        if not value:
            return
        if self._open:
            self._open[-1].children.append((element.name, value))
        else:
            values = self._product.prefixed if element.prefixed else self._product.own
            values.setdefault(element.name, []).append(value)


def _value(element: _Element) -> str:
    text = "".join(element.pieces).strip()
    if not element.children:
        return text or element.href
    inside = dict(element.children)
    if element.name == "product_detail" and set(_TAKEN_FROM_DETAIL) <= set(inside):
        return ": ".join(inside[name] for name in _TAKEN_FROM_DETAIL)
    parts = [text] if text else []
    return "; ".join([*parts, *(f"{name}: {value}" for name, value in element.children)])


def _plain(tag: str) -> str:
    return tag.strip().rpartition(":")[2]
