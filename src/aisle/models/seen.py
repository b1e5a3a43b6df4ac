"""Which products trained a model: hashes by which they are known again, a few kilobytes of them."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.catalog.duplicates import LARGEST_SHARE, SMALLEST_LIMIT, VARIANT_WORDS
from aisle.progress import Progress, silent

Hashes = npt.NDArray[np.uint64]
Texts = list[str | None]

KEPT = 4_096
"""How many hashes of training products a model keeps, the smallest ones: 32 KB."""

_HASH_BYTES = 8
_ROWS_AT_ONCE = 20_000
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Seen:
    """How many of some products trained a model.

    Parameters
    ----------
    rows, share
        The products that did, and their share of those that can be looked up at all.
    exact
        Whether every product was looked up; else these are estimates from `looked_up` of them.
    looked_up
        The products of which it is known for certain.
    """

    rows: int
    share: float
    exact: bool
    looked_up: int


@dataclass(frozen=True, eq=False)
class TrainingSketch:
    """The smallest hashes of the products that trained a model.

    Hashes are as good as random, so the smallest are a fair sample of the products, whatever their
    order. A product whose hash is not above the largest one kept has either trained the model or
    not, without doubt; the others are not known, and are as often seen as these. Of fewer than
    `KEPT` different products every hash is kept, and nothing is estimated.

    A product is the same if its texts, vectors and metadata are, as the model reads them (white
    space and case do not count). Texts of fewer than `VARIANT_WORDS` different words name no
    product: then its photograph's bytes count too, and its identifier where it has none. So a
    near-duplicate of a training product, such as another size of one shirt, is not counted, nor is
    one whose texts were edited; `Catalog.split` keeps these on one side. Nothing is told of
    products that have none of this and little metadata, nor by contents that more than
    `LARGEST_SHARE` of the products share ("see picture").

    Parameters
    ----------
    hashes
        uint64 (at most `KEPT`,), ascending, each once.

    References
    ----------
    Bar-Yossef et al. (2002), Counting Distinct Elements in a Data Stream; Cohen and Kaplan (2007),
    Summarizing Data using Bottom-k Sketches.
    """

    hashes: Hashes

    def __post_init__(self) -> None:
        kept = self.hashes
        if not isinstance(kept, np.ndarray) or kept.dtype != np.uint64 or kept.ndim != 1:
            raise ValueError("the hashes of training products are no row of 64-bit numbers")
        if len(kept) > KEPT or not (kept[1:] > kept[:-1]).all():
            raise ValueError(
                f"the hashes of training products are more than {KEPT:,}, or not in order"
            )

    @classmethod
    def of(cls, catalog: Catalog, progress: Progress = silent) -> TrainingSketch:
        """Sketch the products that train a model; its schema names the columns that are read."""
        hashes, known = row_hashes(catalog, progress)
        found, copies = np.unique(hashes[known], return_counts=True)
        stopgap = copies > max(SMALLEST_LIMIT, LARGEST_SHARE * len(catalog))
        return cls(found[~stopgap][:KEPT])

    @property
    def complete(self) -> bool:
        """Whether no hash had to be left out."""
        return len(self.hashes) < KEPT

    def seen_in(self, catalog: Catalog, progress: Progress = silent) -> Seen | None:
        """Count the products that trained the model.

        Parameters
        ----------
        catalog
            Products, with the roles that the model gives their columns.
        progress
            Called while photographs are read.

        Returns
        -------
        Seen or None
            None if not one of the products can be looked up.
        """
        if not len(self.hashes):
            return None
        hashes, known = row_hashes(catalog, progress)
        told = hashes[known]
        below = told if self.complete else told[told <= self.hashes[-1]]
        if not len(below):
            return None
        hits = int(np.isin(below, self.hashes).sum())
        share = hits / len(below)
        return Seen(round(share * len(told)), share, self.complete, len(below))


def row_hashes(
    catalog: Catalog, progress: Progress = silent
) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Hash what each product says of itself, and tell which products say anything.

    Parameters
    ----------
    catalog
        Products, with the roles that a model gives their columns.
    progress
        Called while photographs are read.

    Returns
    -------
    tuple of numpy.ndarray
        uint64 (rows,), and bool (rows,): False where nothing tells the product apart.
    """
    parts = [
        _hashed(catalog.slice(start, min(start + _ROWS_AT_ONCE, len(catalog))), progress)
        for start in range(0, len(catalog), _ROWS_AT_ONCE)
    ]
    hashes = [np.empty(0, dtype=np.uint64), *(part[0] for part in parts)]
    known = [np.empty(0, dtype=np.bool_), *(part[1] for part in parts)]
    return np.concatenate(hashes), np.concatenate(known)


def _hashed(catalog: Catalog, progress: Progress) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    texts, metadata = _texts(catalog), _metadata(catalog)
    vectors = [catalog.vectors(name) for name in catalog.schema.names(Role.VECTOR)]
    named = np.array([_wordy(row) for row in texts], dtype=bool)
    for _, present in vectors:
        named |= present
    pictured = _photographs(catalog, ~named, progress)
    lone = ~named & np.array([picture is None for picture in pictured], dtype=bool)
    ids = _ids(catalog, lone)
    hashes = np.empty(len(catalog), dtype=np.uint64)
    for row in range(len(catalog)):
        words = _BETWEEN.join([*texts[row], *metadata[row], pictured[row] or "", ids[row] or ""])
        digest = blake2b(words.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES)
        for matrix, present in vectors:
            if present[row]:
                digest.update(matrix[row].tobytes())
        hashes[row] = int.from_bytes(digest.digest(), "little")
    rows = zip(texts, metadata, pictured, ids, strict=True)
    told = [
        bool(any(words) or photo or name or _wordy(facts)) for words, facts, photo, name in rows
    ]
    return hashes, named | np.array(told, dtype=bool)


def _texts(catalog: Catalog) -> list[list[str]]:
    """Return each product's texts, column by column, as they are compared."""
    columns = [_plain(catalog.strings(name)) for name in catalog.schema.names(Role.TEXT)]
    return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in range(len(catalog))]


def _metadata(catalog: Catalog) -> list[list[str]]:
    """Return each product's categories and numbers; 12 and 12.0 are one number."""
    columns = [_plain(catalog.strings(name)) for name in catalog.schema.names(Role.CATEGORY)]
    columns += [
        ["" if math.isnan(value) else repr(value) for value in catalog.numbers(name).tolist()]
        for name in catalog.schema.names(Role.NUMBER)
    ]
    return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in range(len(catalog))]


def _plain(values: Texts) -> list[str]:
    return [
        "" if value is None else " ".join(unicodedata.normalize("NFC", value).casefold().split())
        for value in values
    ]


def _wordy(texts: list[str]) -> bool:
    """Say whether texts have words enough to name a product."""
    return len({word for text in texts for word in text.split()}) >= VARIANT_WORDS


def _photographs(catalog: Catalog, wanted: npt.NDArray[np.bool_], progress: Progress) -> Texts:
    """Return a digest of the bytes of the photographs of some products, None for the others."""
    found: Texts = [None] * len(catalog)
    rows = np.flatnonzero(wanted)
    if not len(rows) or not catalog.schema.names(Role.IMAGE):
        return found
    read = catalog.take(rows).map_contents(_digest, progress=progress)
    for row, result in zip(rows.tolist(), read, strict=True):
        found[row] = result.value
    return found


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=_HASH_BYTES).hexdigest()


def _ids(catalog: Catalog, wanted: npt.NDArray[np.bool_]) -> Texts:
    """Return the identifiers of some products; a row number is none."""
    column = catalog.schema.id
    if column is None or column not in catalog.table.column_names or not wanted.any():
        return [None] * len(catalog)
    return [name if own else None for name, own in zip(catalog.ids, wanted, strict=True)]
