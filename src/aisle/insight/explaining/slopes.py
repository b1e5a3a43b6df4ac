"""How an expert's answer grows with each number of a network's embedding.

Vectors are brought to one length before a head reads them. Within one photograph that length is
held: taken as free, its gradient is the negative of how much goes on at a place, whatever goes on
there, and maps that follow it are worse than a random order (`benchmarks/explanations.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle.encoders import Features
from aisle.insight.explaining.question import Floats
from aisle.insight.explaining.sights import NetworkSight

_STEP = 0.02
_NOTHING = 1e-8

Vectors = npt.NDArray[np.float32]


def embedding_slopes(sight: NetworkSight, *, length_held: bool = True) -> Floats:
    """Return the gradient of the evidence by the embedding, float64 (dimension,).

    Parameters
    ----------
    sight
        The photograph and its network.
    length_held
        Take the length that the vector is divided by as a constant.
    """
    encoder = sight.encoder
    vector = sight.network.run(sight.network.normalised(sight.frame))
    inner = _feature_slopes(sight, vector) * encoder.weight
    if encoder.projection_ is not None:
        inner = encoder.projection_.axes @ inner
    size = np.abs(vector).astype(np.float64)
    rooted = np.sqrt(size) if encoder.rooted_ else size
    scaled = np.sign(vector) * rooted
    length = 1.0 if encoder.scale == "none" else max(float(np.linalg.norm(scaled)), 1e-12)
    if not length_held and encoder.scale != "none":
        unit = scaled / length
        inner = inner - float(inner @ unit) * unit
    used = size > _NOTHING
    steep = np.zeros(len(vector))
    steep[used] = 0.5 / rooted[used] if encoder.rooted_ else 1.0
    return np.asarray(inner * steep / length)


def _feature_slopes(sight: NetworkSight, vector: Vectors) -> Floats:
    """Return the gradient of the evidence by the features that the head reads.

    By central differences; where a head moves in steps, as trees do, it is the fall of the answer
    without a number, divided by that number.
    """
    present = np.ones(1, dtype=bool)
    row = sight.encoder.transform_described(Features(vector[None], present)).matrix[0]
    away = np.abs(row).astype(np.float64)
    step = np.maximum(_STEP * away, 0.05 * float(away.mean())) + _NOTHING
    ahead, behind = _told(sight, row, step), _told(sight, row, -step)
    found = (ahead - behind) / (2 * step)
    if np.any(found):
        return np.asarray(found)
    whole = _told(sight, row, np.zeros(len(row)))
    lost = whole - _told(sight, row, -row.astype(np.float64))
    return np.asarray(np.where(away > _NOTHING, lost / np.where(away > 0, row, 1), 0.0))


def _told(sight: NetworkSight, row: Vectors, change: Floats) -> Floats:
    """Return the evidence with each number changed in turn, float64 (numbers,)."""
    rows = np.tile(row, (len(row), 1))
    rows[np.diag_indices_from(rows)] += change.astype(np.float32)
    features = Features(rows, np.ones(len(rows), dtype=bool))
    return sight.asked.replaced({sight.name: features})
