"""The words of a catalogue's texts, prepared once for all encoders that read the same texts."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

from aisle.catalog import Catalog
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.ngrams import Words, read_words

_Key = tuple[TextPreparation, tuple[str, ...] | None]


@dataclass(frozen=True, eq=False)
class _Kept:
    """The last result, for as long as its catalogue is in use elsewhere."""

    catalog: weakref.ref[Catalog]
    key: _Key
    words: tuple[Words, ...]


class _Memory:
    """Remembers one result: a catalogue's texts go through several encoders one after another."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def find(self, catalog: Catalog, key: _Key) -> tuple[Words, ...] | None:
        """Return what is remembered of this very catalogue."""
        kept = self._kept
        if kept is None or kept.catalog() is not catalog or kept.key != key:
            return None
        return kept.words

    def keep(self, catalog: Catalog, key: _Key, words: tuple[Words, ...]) -> None:
        """Remember this result in place of the last one."""
        self._kept = _Kept(weakref.ref(catalog, self._forget), key, words)

    def _forget(self, catalog: weakref.ref[Catalog]) -> None:
        kept = self._kept
        if kept is not None and kept.catalog is catalog:
            self._kept = None


_MEMORY = _Memory()


def catalog_words(
    catalog: Catalog, columns: Sequence[str] | None, preparation: TextPreparation
) -> tuple[Words, ...]:
    """Prepare the texts of `catalog` and cut them into words, in blocks.

    Parameters
    ----------
    catalog
        Products.
    columns
        The text columns to read; all of the catalogue's when left out.
    preparation
        What is done to every text before it is cut.
    """
    key = (preparation, None if columns is None else tuple(columns))
    words = _MEMORY.find(catalog, key)
    if words is None:
        words = tuple(read_words(preparation(catalog.texts(columns))))
        _MEMORY.keep(catalog, key, words)
    return words
