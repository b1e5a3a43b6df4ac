"""Scores of rows from a head's network, one row a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders.pretrained.session import Session, shared_session
from aisle.errors import BundleError
from aisle.heads.head import Matrix
from aisle.neural.heads.graph import COLUMNS, FEATURES, SCORES, VALUES

Floats = npt.NDArray[np.float64]

_WHERE = "the network of the head mlp"


class Answering:
    """A head's network, ready to run.

    Every row is a run of its own: a product of several rows would round differently with their
    number.

    Parameters
    ----------
    content
        An ONNX file as `build_graph` writes it, perhaps from a stranger.
    columns
        Of the features it was trained on.
    outputs
        Scores that it is to give a row.

    Raises
    ------
    AisleError
        If the file is none, is not safe, or does not read what a head's network reads.
    """

    def __init__(self, content: bytes, columns: int, outputs: int) -> None:
        if not isinstance(content, bytes):
            raise BundleError(f"{_WHERE}: expected an ONNX file, found {type(content).__name__}")
        self.content = content
        self._columns, self._outputs = columns, outputs
        self._session: Session = shared_session(content, SCORES, _WHERE)
        inputs = set(self._session.inputs)
        if inputs not in ({FEATURES}, {COLUMNS, VALUES}):
            raise BundleError(
                f"{_WHERE}: expected the input {FEATURES!r}, or {COLUMNS!r} and {VALUES!r}, found "
                f"{', '.join(sorted(map(repr, inputs))) or 'none'}; the bundle was changed"
            )
        self._sparse = FEATURES not in inputs

    def scores(self, X: Matrix) -> Floats:
        """Return scores, float64 (rows, outputs).

        Raises
        ------
        AisleError
            If the rows have other columns than those of training, or the network gives anything
            but one score a class.
        """
        rows, columns = X.shape
        if columns != self._columns:
            raise BundleError(
                f"{_WHERE}: was trained on {self._columns:,} columns, and was given {columns:,}"
            )
        found = np.empty((rows, self._outputs))
        if self._sparse:
            self._fill_sparse(found, X)
        else:
            self._fill_dense(found, X)
        return found

    def _fill_dense(self, found: Floats, X: Matrix) -> None:
        if sparse.issparse(X):
            for row in range(X.shape[0]):
                found[row] = self._run({FEATURES: X[[row]].toarray().astype(np.float32)})
            return
        ordered = np.ascontiguousarray(X, dtype=np.float32)
        for row in range(len(ordered)):
            found[row] = self._run({FEATURES: ordered[row : row + 1]})

    def _fill_sparse(self, found: Floats, X: Matrix) -> None:
        matrix = _canonical(X)
        columns = matrix.indices.astype(np.int64)
        values = matrix.data.astype(np.float32)[None, :]
        for row, (start, stop) in enumerate(
            zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True)
        ):
            feeds = {COLUMNS: columns[start:stop], VALUES: values[:, start:stop]}
            found[row] = self._run(feeds)

    def _run(self, feeds: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        answer = self._session.run(feeds)
        if answer.shape != (1, self._outputs):
            raise BundleError(
                f"{_WHERE}: expected {self._outputs} scores a row, found the shape "
                f"{answer.shape}; the bundle was changed"
            )
        one: npt.NDArray[np.float32] = answer[0]
        return one


def _canonical(X: Matrix) -> Any:
    """Return a CSR matrix whose rows are added up alike, however they were put together."""
    matrix = sparse.csr_matrix(X)
    if matrix.has_canonical_format and matrix.data.all():
        return matrix
    matrix = matrix.copy()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix
