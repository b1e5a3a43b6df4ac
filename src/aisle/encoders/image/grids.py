"""Histograms of pixel codes in the cells of a grid."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt


@cache
def cell_of_pixel(side: int, cells: int) -> npt.NDArray[np.int64]:
    """Return the number of the cell that each pixel of a square lies in, int64 (side, side)."""
    line = np.arange(side) * cells // side
    numbers: npt.NDArray[np.int64] = line[:, None] * cells + line[None, :]
    numbers.flags.writeable = False
    return numbers


def cell_histograms(
    codes: npt.NDArray[np.integer], kinds: int, cells: int
) -> npt.NDArray[np.int64]:
    """Count the codes in every cell.

    Parameters
    ----------
    codes
        int (side, side), from 0 to `kinds` - 1.
    kinds
        How many codes there are.
    cells
        How many cells a side has.

    Returns
    -------
    int64 (cells, cells, kinds)
    """
    places = cell_of_pixel(codes.shape[0], cells) * kinds + codes
    counts = np.bincount(places.ravel(), minlength=cells * cells * kinds)
    return counts.reshape(cells, cells, kinds)
