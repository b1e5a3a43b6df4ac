"""Features: what an encoder makes of a catalogue's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Matrix = Any
"""A dense float32 array or a SciPy CSR matrix, (rows, dimension)."""


@dataclass(frozen=True, eq=False)
class Features:
    """A matrix, and which rows had anything to encode.

    Parameters
    ----------
    matrix
        float32 (rows, dimension), dense or CSR. Rows that are absent hold zeros (NaN in columns of
        numbers, where a tree knows what to do with it).
    present
        bool (rows,): absence is a value of its own, never a zero that looks like a measurement.
    categorical
        Positions of the columns that hold category codes and not quantities.
    errors
        By row number, why something of a product could not be read. A row with an error may still
        be present, when another of its photographs could be read.
    """

    matrix: Matrix
    present: npt.NDArray[np.bool_]
    categorical: tuple[int, ...] = ()
    errors: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def dimension(self) -> int:
        """The number of columns."""
        return int(self.matrix.shape[1])

    def take(self, rows: npt.NDArray[np.integer]) -> Features:
        """Return the features of the given row numbers."""
        errors = {
            at: self.errors[row] for at, row in enumerate(rows.tolist()) if row in self.errors
        }
        return replace(self, matrix=self.matrix[rows], present=self.present[rows], errors=errors)


def concatenate(parts: Sequence[Features]) -> Features:
    """Put features of the same rows side by side; a row is present if it is in any of them.

    Returns
    -------
    Features
        CSR if any part is, dense otherwise.
    """
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(part.dimension for part in parts)])
    if any(sparse.issparse(part.matrix) for part in parts):
        matrix = sparse.hstack([sparse.csr_matrix(p.matrix) for p in parts], format="csr")
    else:
        matrix = np.hstack([part.matrix for part in parts])
    told: dict[int, list[str]] = {}
    for part in parts:
        for row, error in part.errors.items():
            if error not in told.setdefault(row, []):
                told[row].append(error)
    return Features(
        matrix=matrix,
        present=np.logical_or.reduce([part.present for part in parts]),
        categorical=tuple(
            int(offset) + column
            for offset, part in zip(offsets[:-1], parts, strict=True)
            for column in part.categorical
        ),
        errors={row: "; ".join(errors) for row, errors in sorted(told.items())},
    )
