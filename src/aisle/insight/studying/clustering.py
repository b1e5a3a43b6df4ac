"""k-means over several seeds, and how many clusters there are."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from aisle.insight.studying.distances import Distances, Labels, silhouette
from aisle.insight.studying.spaces import Points, Rows

STARTS = 3
"""Starts of each k-means, of which the tightest is kept."""

FEWEST = 5
"""Products a cluster, on average, that a number of clusters must leave."""

_TRIED = (*range(2, 13), 15, 20, 25, 30, 40, 50)


def clusterings(points: Points, clusters: int, seeds: int) -> npt.NDArray[np.int64]:
    """Cluster points by k-means, once a seed; returns int64 (seeds, points)."""
    return np.stack([_clustered(points, clusters, seed) for seed in range(seeds)])


def choose_clusters(points: Points, judged: Rows, distances: Distances) -> int:
    """Return the number of clusters with the highest silhouette.

    Parameters
    ----------
    points
        What is clustered, float32 (points, dimension).
    judged
        The places over which silhouettes are taken, int64.
    distances
        Between these, float32 (judged, judged).
    """
    most = max(2, len(points) // FEWEST)
    scores: dict[int, float] = {
        count: silhouette(distances, _clustered(points, count, 0)[judged])
        for count in _TRIED
        if count <= most
    }
    return max(scores, key=scores.__getitem__)


def _clustered(points: Points, clusters: int, seed: int) -> Labels:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # Fewer different products than clusters: then some clusters stay empty, and are not told.
        warnings.simplefilter("ignore", ConvergenceWarning)
        made = KMeans(clusters, n_init=STARTS, random_state=seed).fit_predict(points)
    return np.asarray(made, dtype=np.int64)
