"""What a framework hands back after training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.neural.heads.design import Layer
from aisle.neural.training import History

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Learned:
    """A trained network.

    Parameters
    ----------
    layers
        Its products, with batch normalisation folded in.
    history
        How training went.
    answer
        The framework's own scores, float32 (rows, outputs), for scaled features (rows, columns).
    """

    layers: tuple[Layer, ...]
    history: History
    answer: Callable[[Floats32], Floats32]
