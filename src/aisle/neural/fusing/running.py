"""Running a fusing network, one product a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders.pretrained.session import Session
from aisle.errors import BundleError
from aisle.neural.fusing.training import PRESENT

Matrix = Any
Mask = npt.NDArray[np.bool_]
Feeds = Mapping[str, npt.NDArray[Any]]


def run_rows(
    session: Session,
    matrices: Sequence[Matrix],
    sparse_ones: Sequence[bool],
    shown: Sequence[Mask],
    outputs: int,
) -> list[npt.NDArray[np.float32]]:
    """Return what the network says of every product, for several choices of what it is shown.

    Parameters
    ----------
    session
        The network.
    matrices
        Features by token, dense or CSR (rows, columns).
    sparse_ones
        Which tokens the network reads by columns and values.
    shown
        Choices: which tokens of each product are shown, bool (rows, tokens).
    outputs
        How many numbers it gives.

    Returns
    -------
    list of numpy.ndarray
        float32 (rows, outputs) by choice; zeros where nothing is shown.

    Raises
    ------
    BundleError
        If the network gives anything but that many numbers.
    """
    found = [np.zeros((len(mask), outputs), dtype=np.float32) for mask in shown]
    for row, feeds in enumerate(_feeds(matrices, sparse_ones, len(shown[0]))):
        said: dict[bytes, npt.NDArray[np.float32]] = {}
        for choice, mask in zip(found, shown, strict=True):
            some = mask[row : row + 1]
            if not some.any():
                continue
            key = some.tobytes()
            if key not in said:
                said[key] = _said(session, {PRESENT: some, **_hidden(feeds, some[0])}, outputs)
            choice[row] = said[key]
    return found


def _said(session: Session, feeds: Feeds, outputs: int) -> npt.NDArray[np.float32]:
    one = session.run_one(feeds)
    if one.shape != (outputs,):
        raise BundleError(
            f"{session.where}: expected {outputs} numbers a product, found the shape {one.shape}; "
            "the bundle was changed"
        )
    return one


def _feeds(
    matrices: Sequence[Matrix], sparse_ones: Sequence[bool], rows: int
) -> Iterator[list[Feeds]]:
    """Yield the inputs of each product, by token."""
    laid: list[Any] = [
        _sorted(matrix) if thin else np.ascontiguousarray(matrix, dtype=np.float32)
        for matrix, thin in zip(matrices, sparse_ones, strict=True)
    ]
    for row in range(rows):
        feeds: list[Feeds] = []
        for number, (matrix, thin) in enumerate(zip(laid, sparse_ones, strict=True)):
            if thin:
                inside = slice(matrix.indptr[row], matrix.indptr[row + 1])
                feeds.append(_sparse(number, matrix.indices[inside], matrix.data[inside]))
            else:
                feeds.append({f"features_{number}": matrix[row : row + 1]})
        yield feeds


def _hidden(feeds: Sequence[Feeds], shown: Mask) -> dict[str, npt.NDArray[Any]]:
    """Return all inputs, those of hidden tokens empty: what they hold must not be looked at."""
    every: dict[str, npt.NDArray[Any]] = {}
    for number, (feed, seen) in enumerate(zip(feeds, shown, strict=True)):
        if seen:
            every |= feed
        elif f"features_{number}" in feed:
            every |= {name: np.zeros_like(value) for name, value in feed.items()}
        else:
            every |= _sparse(number, np.zeros(0), np.zeros(0))
    return every


def _sparse(
    number: int, columns: npt.NDArray[Any], values: npt.NDArray[Any]
) -> dict[str, npt.NDArray[Any]]:
    if not len(columns):
        columns, values = np.zeros(1), np.zeros(1)
    return {
        f"columns_{number}": columns.astype(np.int64),
        f"values_{number}": values.astype(np.float32),
    }


def _sorted(matrix: Matrix) -> Any:
    """Return a CSR matrix whose rows are added up in the same order wherever they stand."""
    found = sparse.csr_matrix(matrix)
    if not found.has_canonical_format:
        found = found.copy()
        found.sum_duplicates()
    return found
