"""Matrix products without rounding, so that no order of additions can change a bit.

A product of float matrices rounds differently with the number of rows and of threads. Values that
are whole multiples of a power of two multiply and add exactly in float64 as long as no sum needs
more than 53 bits; then the fastest routine gives the same answer in whatever order it adds up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def on_grid(values: npt.NDArray[np.floating], bits: int) -> Floats:
    """Round to multiples of ``2 ** -bits``, float64.

    The product of two matrices on grids of `a` and `b` bits is exact as long as no sum of
    absolute terms reaches ``2 ** (53 - a - b)``.
    """
    scale = float(2**bits)
    rounded: Floats = np.rint(np.asarray(values, dtype=np.float64) * scale) / scale
    return rounded
