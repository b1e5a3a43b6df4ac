"""Accept an answer, or send the product to a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ACCEPT = "accept"
REVIEW = "review"


def decide(confidence: ArrayLike, threshold: float) -> NDArray[np.object_]:
    """Return a decision for every product.

    Parameters
    ----------
    confidence
        Calibrated confidence, float (rows,). A confidence that is missing (NaN) goes to review.
    threshold
        Accept where the confidence is at least this; ``inf`` sends everything to review.

    Returns
    -------
    numpy.ndarray
        str (rows,), ``accept`` or ``review``.

    Examples
    --------
    >>> decide([0.9, 0.4], 0.8).tolist()
    ['accept', 'review']
    """
    accepted = np.asarray(confidence, dtype=np.float64) >= threshold
    return np.where(accepted, np.array(ACCEPT, dtype=object), np.array(REVIEW, dtype=object))
