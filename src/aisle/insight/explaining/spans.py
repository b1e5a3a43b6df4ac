"""The words of a product's texts where they stand, and texts with some of them left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog

_BY_ITSELF = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_LETTER = rf"[^\W{_BY_ITSELF}]"
_PIECE = re.compile(rf"[{_BY_ITSELF}]|{_LETTER}+(?:['’.,-]{_LETTER}+)*|[^\w\s]+")
"""A word, one sign of a script that is written without spaces, or signs between words."""

Kept = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Span:
    """Where a word stands in the text of a column."""

    column: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Texts:
    """A product's texts and their words.

    Parameters
    ----------
    product
        A catalogue of one row.
    texts
        By column, those that are not empty, in the order of the columns.
    spans
        The words of all of them in order.
    """

    product: Catalog
    texts: dict[str, str]
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, product: Catalog, columns: Iterable[str]) -> Texts:
        """Find the words of a product in some text columns."""
        read = {name: product.strings(name)[0] for name in columns}
        texts = {name: text for name, text in read.items() if text}
        spans = tuple(
            Span(name, found.start(), found.end())
            for name, text in texts.items()
            for found in _PIECE.finditer(text)
        )
        return cls(product, texts, spans)

    def lengths(self) -> npt.NDArray[np.float64]:
        """Return the characters of each word, float64 (words,)."""
        return np.array([span.end - span.start for span in self.spans], dtype=np.float64)

    def with_kept(self, variants: Sequence[Kept]) -> Catalog:
        """Return the product once a variant, without the words that are not kept."""
        made = self.product.take(np.zeros(len(variants), dtype=np.int64))
        table = made.table
        for name in self.texts:
            values = [self._left(name, kept) for kept in variants]
            at = table.column_names.index(name)
            table = table.set_column(at, name, pa.array(values, pa.string()))
        return replace(made, table=table)

    def _left(self, column: str, kept: Kept) -> str:
        text = self.texts[column]
        left, at = [], 0
        for span, stays in zip(self.spans, kept.tolist(), strict=True):
            if span.column == column and not stays:
                left.append(text[at : span.start])
                at = span.end
        left.append(text[at:])
        # A null would be read as a missing column: an empty text says the same of the words.
        return "".join(left)
