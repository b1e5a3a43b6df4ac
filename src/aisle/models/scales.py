"""The scale on which values are learned: as they are, or by their logarithms."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from aisle.errors import TrainingError

Floats = npt.NDArray[np.float64]
Scale = Literal["linear", "log", "log1p"]


def choose_scale(values: Floats, asked: str) -> Scale:
    """Choose the scale of learning: logarithmic for values that are positive and skewed.

    Parameters
    ----------
    values
        Of the training rows, float64 (rows,).
    asked
        ``linear``, ``log``, or ``auto``.

    Raises
    ------
    TrainingError
        If logarithms are asked for and there are values below 0.
    """
    if asked == "linear":
        return "linear"
    lowest = float(values.min())
    if lowest < 0:
        if asked == "log":
            raise TrainingError(
                f"target_scale is 'log', and the target has values below 0 (down to {lowest:g})"
            )
        return "linear"
    # What spreads over factors, or has its mean well above its median, has relative errors.
    spread = float(np.quantile(values, 0.95)) > 5 * max(float(np.quantile(values, 0.05)), 1e-9)
    skewed = float(values.mean()) > 1.2 * float(np.median(values))
    if asked == "auto" and not (spread or skewed):
        return "linear"
    return "log" if lowest > 0 else "log1p"


def forward(values: Floats, scale: Scale) -> Floats:
    """Bring values to the scale of learning, float64 (rows,)."""
    if scale == "linear":
        return values
    return np.asarray(np.log(values) if scale == "log" else np.log1p(values))


def forward_within(values: Floats, scale: Scale) -> Floats:
    """Do the same; a value that the scale cannot hold becomes its lowest."""
    lowest = {"linear": -np.inf, "log": 1e-9, "log1p": 0.0}[scale]
    return forward(np.maximum(values, lowest), scale)


def backward(scaled: Floats, scale: Scale) -> Floats:
    """Bring values back from the scale of learning, float64 (rows,)."""
    if scale == "linear":
        return scaled
    return np.asarray(np.exp(scaled) if scale == "log" else np.maximum(np.expm1(scaled), 0.0))
