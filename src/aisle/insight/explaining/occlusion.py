"""Where an expert looked, by blurring one place after the other: for whatever the expert is.

Zeiler and Fergus (2014), Visualizing and understanding convolutional networks.
"""

from __future__ import annotations

import numpy as np

from aisle.insight.explaining.findings import Grid
from aisle.insight.explaining.sights import CELLS, Sight

PLACES = 7
"""The window is moved over this many places a side."""


def occlusion_map(sight: Sight) -> Grid:
    """Return by how much the evidence falls without each place, float64 (cells, cells).

    The window is four cells wide and moves by two, so that neighbouring places share what both
    show; every cell gets the mean of the windows over it.
    """
    cells = CELLS
    step, reach = cells // PLACES, 2 * (cells // PLACES)
    windows = []
    for top in range(1 - step, cells, step):
        for left in range(1 - step, cells, step):
            window = np.zeros((cells, cells), dtype=bool)
            window[max(top, 0) : top + reach, max(left, 0) : left + reach] = True
            windows.append(window)
    told = sight.parted([~window.ravel() for window in windows])
    whole = float(sight.parted([np.ones(cells * cells, dtype=bool)])[0])
    total, count = np.zeros((cells, cells)), np.zeros((cells, cells))
    for window, evidence in zip(windows, told.tolist(), strict=True):
        total[window] += (whole - evidence) / window.sum()
        count[window] += 1
    return total / np.maximum(count, 1)
