"""Rows of a sparse matrix whose cosine is above a bound, found exactly and joined to groups.

By prefix filtering (Bayardo, Ma & Srikant, Scaling up all pairs similarity search, 2007): with
terms in order of rarity, two unit rows whose first common term is t have at most the cosine
``|x from t on| |y from t on|``. So only a term near the start of a row, where the norm of what
follows is still above the bound, can be the first that two similar rows share. Rows that meet in a
rare term are compared pair by pair; rows that meet in a common one (texts from a template) tile by
tile, with dense matrix products. Links are folded into groups as they are found, so that memory
stays bounded however many similar pairs there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Links = tuple[Rows, Rows]

SLACK = 1e-6
"""Filters let pairs through that are this far below the bound: norms are rounded to float32."""

_CROWD = 1_024
"""Rows that meet in a term are compared by tiles if they are more than this."""

_PAIRS = 500_000
_BUCKETS = 64
_TILE_ROWS = 2_048
_TILE_VALUES = 16_000_000


def similar_groups(matrix: sparse.csr_matrix, cosine: float) -> Rows:
    """Connect rows whose cosine is above `cosine`.

    Parameters
    ----------
    matrix
        float32 (rows, terms), no value negative, each row of norm 1; an empty row is alone.
    cosine
        The bound, above 0 and below 1.

    Returns
    -------
    numpy.ndarray
        Group number of each row, int64 (rows,). Nearness chains.
    """
    matrix = _rarest_first(matrix)
    same = _equal_rows(matrix)
    distinct = matrix[np.unique(same, return_index=True)[1]]
    meetings = _meetings(distinct, cosine)
    sketch = _sketch(distinct)
    groups = np.arange(distinct.shape[0], dtype=np.int64)
    for left, right in meetings.pairs():
        apart = groups[left] != groups[right]
        likely = _above(sketch, left[apart], right[apart], cosine - SLACK)
        first, second = left[apart][likely], right[apart][likely]
        close = _cosines(distinct, first, second) > cosine
        groups = _joined(groups, first[close], second[close])
    for rows, norms in meetings.crowds():
        for left, right in _tiled_links(distinct, rows, norms, cosine):
            groups = _joined(groups, left, right)
    return groups[same]


@dataclass(frozen=True, eq=False)
class _Meetings:
    """For each term, the rows that hold it in their prefix, those with the largest rest first.

    `row` and `norm` (of the row from this term on) list the meetings term after term; `start` is
    where the meeting of an entry begins and `size` how many rows are in it.
    """

    row: Rows
    norm: Floats
    start: Rows
    size: Rows
    cosine: float

    def pairs(self) -> Iterator[Links]:
        """Yield blocks of candidate pairs that meet in a term which few rows share."""
        entries = np.flatnonzero(self.size <= _CROWD)
        earlier = entries - self.start[entries]
        for some in _blocks(entries, earlier):
            counts = some - self.start[some]
            second = np.repeat(some, counts)
            begin = np.repeat(np.cumsum(counts) - counts, counts)
            first = self.start[second] + np.arange(len(second)) - begin
            near = self.norm[first] * self.norm[second] > self.cosine - SLACK
            yield self.row[first[near]], self.row[second[near]]

    def crowds(self) -> Iterator[tuple[Rows, Floats]]:
        """Yield the rows that meet in each term which many share, with their norms."""
        for start in np.unique(self.start[self.size > _CROWD]):
            inside = slice(int(start), int(start + self.size[start]))
            yield self.row[inside], self.norm[inside]


def _meetings(matrix: sparse.csr_matrix, cosine: float) -> _Meetings:
    """Find the prefix of each row, and who meets in which term."""
    row = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    before = np.concatenate([[0.0], np.cumsum(matrix.data.astype(np.float64) ** 2)])
    norm = np.sqrt(np.maximum(before[matrix.indptr[1:]][row] - before[:-1], 0.0))
    prefix = np.flatnonzero(norm > cosine - SLACK)
    prefix = prefix[np.lexsort((-norm[prefix], matrix.indices[prefix]))]
    term, row, norm = matrix.indices[prefix].astype(np.int64), row[prefix], norm[prefix]
    largest = norm[np.searchsorted(term, term)]
    met = norm * largest > cosine - SLACK
    term, row, norm = term[met], row[met], norm[met]
    start = np.searchsorted(term, term).astype(np.int64)
    size = np.searchsorted(term, term, side="right").astype(np.int64) - start
    return _Meetings(row, norm, start, size, cosine)


def _blocks(entries: Rows, work: Rows) -> Iterator[Rows]:
    """Cut the `entries` that have work into runs of about `_PAIRS` units of it."""
    entries, work = entries[work > 0], work[work > 0]
    block = np.cumsum(work) // _PAIRS
    for some in np.split(entries, np.flatnonzero(np.diff(block)) + 1):
        if len(some):
            yield some


def _tiled_links(
    matrix: sparse.csr_matrix, rows: Rows, norms: Floats, cosine: float
) -> Iterator[Links]:
    """Compare all of `rows` with one another by dense products, a pair of tiles at a time."""
    crowd = matrix[rows]
    columns, place = np.unique(crowd.indices, return_inverse=True)
    crowd = sparse.csr_matrix(
        (crowd.data, place.astype(np.int64), crowd.indptr), shape=(len(rows), len(columns))
    )
    step = int(np.clip(_TILE_VALUES // max(1, len(columns)), 1, _TILE_ROWS))
    for first in range(0, len(rows), step):
        here = crowd[first : first + step].toarray()
        for second in range(first, len(rows), step):
            if norms[first] * norms[second] <= cosine - SLACK:
                break
            there = here if first == second else crowd[second : second + step].toarray()
            left, right = np.nonzero(here @ there.T > cosine)
            yield rows[first + left], rows[second + right]


def _rarest_first(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return `matrix` with its terms renumbered, those that the fewest rows hold first."""
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    position = np.empty(len(counts), dtype=np.int64)
    position[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    ordered = sparse.csr_matrix(
        (matrix.data, position[matrix.indices], matrix.indptr), shape=matrix.shape
    )
    ordered.sort_indices()
    return ordered


def _equal_rows(matrix: sparse.csr_matrix) -> Rows:
    """Number the distinct rows of `matrix`, int64 (rows,); every empty row is distinct."""
    numbers: dict[bytes, int] = {}
    bounds = matrix.indptr.tolist()
    keys = (
        matrix.indices[a:b].tobytes() + matrix.data[a:b].tobytes() if b > a else b"%d" % row
        for row, (a, b) in enumerate(pairwise(bounds))
    )
    return np.fromiter(
        (numbers.setdefault(key, len(numbers)) for key in keys), np.int64, matrix.shape[0]
    )


def _sketch(matrix: sparse.csr_matrix) -> npt.NDArray[np.float32]:
    """Return the norm of each row over each of `_BUCKETS` sets of terms, float32 (rows, buckets).

    By Cauchy's inequality the product of two sketches is at least the cosine of their rows. It
    takes a tenth of the time of a cosine and settles nearly all candidates.
    """
    terms = np.arange(matrix.shape[1])
    buckets = sparse.csr_matrix(
        (np.ones(len(terms), dtype=np.float32), (terms, terms % _BUCKETS)),
        shape=(len(terms), _BUCKETS),
    )
    sketch: npt.NDArray[np.float32] = np.sqrt((matrix.power(2) @ buckets).toarray())
    return sketch


def _above(
    sketch: npt.NDArray[np.float32], left: Rows, right: Rows, bound: float
) -> npt.NDArray[np.bool_]:
    """Say for which pairs the product of the sketches is above `bound`."""
    above = np.empty(len(left), dtype=bool)
    for start in range(0, len(left), 20_000):
        block = slice(start, start + 20_000)
        above[block] = np.einsum("ij,ij->i", sketch[left[block]], sketch[right[block]]) > bound
    return above


def _cosines(matrix: sparse.csr_matrix, left: Rows, right: Rows) -> Floats:
    """Return the cosine of each pair of rows, in blocks so that memory stays bounded."""
    cosines = np.empty(len(left))
    for start in range(0, len(left), 50_000):
        block = slice(start, start + 50_000)
        product = matrix[left[block]].multiply(matrix[right[block]])
        cosines[block] = np.asarray(product.sum(axis=1)).ravel()
    return cosines


def _joined(groups: Rows, left: Rows, right: Rows) -> Rows:
    """Return `groups` with the groups of linked rows made one."""
    if not len(left):
        return groups
    count = int(groups.max()) + 1
    graph = sparse.csr_matrix(
        (np.ones(len(left), dtype=bool), (groups[left], groups[right])), shape=(count, count)
    )
    joined: Rows = connected_components(graph, directed=False)[1].astype(np.int64)
    return joined[groups]
