"""How far products are apart, and how well clusters keep to that: the measure that chooses.

Silhouettes can only be compared over the same distances. In a t-SNE plane clusters always look far
apart; and k-means in an encoder's own features wins by those features' distances, since these are
what it minimises. So all clusterings of an encoder are measured over distances that none of them
has seen: the length of the shortest way from product to product over nearest neighbours (as in
Isomap: Tenenbaum, de Silva and Langford, 2000), in the encoder's own features.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle.insight.studying.spaces import Points

Distances = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

NEIGHBOURS = 15
JUDGED = 2_000
"""Products, evenly spread, over which silhouettes are taken."""

_BEYOND = 1.5


def walks(points: Points) -> Distances:
    """Return the length of the shortest way from each point to each over nearest neighbours.

    Parameters
    ----------
    points
        float32 (points, dimension), at least two; a step is as long as the cosine distance.

    Returns
    -------
    numpy.ndarray
        float32 (points, points). Between pieces that no way joins, it is half as far again as
        the longest way.
    """
    from scipy.sparse.csgraph import shortest_path
    from sklearn.neighbors import kneighbors_graph

    near = min(NEIGHBOURS, len(points) - 1)
    graph = kneighbors_graph(points, near, metric="cosine", mode="distance")
    # A step of no length between equal products would be taken for no step at all.
    graph.data = np.maximum(graph.data, 1e-6)
    found = shortest_path(graph, directed=False)
    there = np.isfinite(found)
    found[~there] = _BEYOND * float(found[there].max())
    return np.asarray(found, dtype=np.float32)


def straight(points: Points) -> Distances:
    """Return Euclidean distances between points, float32 (points, points)."""
    from sklearn.metrics import pairwise_distances

    return np.asarray(pairwise_distances(points), dtype=np.float32)


def silhouette(distances: Distances, labels: Labels) -> float:
    """Return the mean silhouette of a clustering, from -1 to 1; 0 where there is one cluster.

    Parameters
    ----------
    distances
        float32 (points, points).
    labels
        A cluster for each point, int64 (points,).

    References
    ----------
    Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis.
    """
    names, codes = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return 0.0
    sizes = np.bincount(codes)
    everyone = np.arange(len(codes))
    totals = (distances @ np.eye(len(names), dtype=np.float32)[codes]).astype(np.float64)
    inside = totals[everyone, codes] / np.maximum(sizes[codes] - 1, 1)
    means = totals / sizes
    means[everyone, codes] = np.inf
    outside = means.min(axis=1)
    widths = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)
    widths[sizes[codes] < 2] = 0.0
    return float(widths.mean())


def spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most `most` of `count` places, evenly spread, int64."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
