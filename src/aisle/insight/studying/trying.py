"""One view tried: every projection clustered over every seed, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from aisle.insight.studying.clustering import choose_clusters, clusterings
from aisle.insight.studying.distances import (
    JUDGED,
    Distances,
    Labels,
    silhouette,
    spread,
    straight,
    walks,
)
from aisle.insight.studying.judging import Classes, agreement, stability
from aisle.insight.studying.projecting import flat, project
from aisle.insight.studying.results import Result
from aisle.insight.studying.spaces import Points, Rows, Space


@dataclass(frozen=True, eq=False)
class Trial:
    """What became of a view.

    Parameters
    ----------
    space
        Its products as points.
    results
        A projection each; the one with the highest silhouette is marked as chosen.
    labels
        The clusters of the chosen projection, by the seed with the highest silhouette.
    plane, planed
        The products in a plane, and what made it.
    """

    space: Space
    results: tuple[Result, ...]
    labels: Labels
    plane: Points
    planed: str

    @property
    def chosen(self) -> Result:
        """The result of the projection with the highest silhouette."""
        return next(result for result in self.results if result.chosen)


def tried(
    space: Space,
    projections: Sequence[str],
    clusters: int | None,
    seeds: int,
    classes: Classes | None,
    *,
    absent: int,
) -> Trial:
    """Project, cluster and measure a view.

    Parameters
    ----------
    space
        Its products as points.
    projections
        Names, as `project` takes them.
    clusters
        How many clusters; by their silhouette where None.
    seeds
        How many times k-means is run on each projection.
    classes
        A class or None for each point, object (points,); None where there are no classes. They
        are held against clusters once these are made.
    absent
        Products that the view cannot see.
    """
    judged = spread(len(space.points), JUDGED)
    distances = walks(space.components[judged])
    count = clusters or choose_clusters(space.components, judged, distances)
    results, labels, planes = [], [], {}
    for name in projections:
        points = project(space, name)
        if name in ("tsne", "umap"):
            planes[name] = points
        runs = clusterings(points, count, seeds)
        widths = _widths(runs, judged, distances)
        projected = _widths(runs, judged, straight(points[judged]))
        labels.append(runs[int(np.argmax(widths))])
        result = _result(space, name, runs, widths, projected=projected, absent=absent)
        results.append(result if classes is None else _held(result, classes, runs))
    best = max(range(len(results)), key=lambda at: results[at].silhouette)
    results[best] = replace(results[best], chosen=True)
    planed = _planed(results[best].projection, tuple(planes))
    plane = planes[planed] if planed in planes else flat(space)
    return Trial(space, tuple(results), labels[best], plane, planed)


def _result(
    space: Space,
    projection: str,
    runs: npt.NDArray[np.int64],
    widths: list[float],
    *,
    projected: list[float],
    absent: int,
) -> Result:
    """Return what is known of the clusters of a projection without classes."""
    return Result(
        encoder=space.view.name,
        modality=space.view.modality,
        family=space.view.family,
        variant=space.view.variant,
        projection=projection,
        clusters=len(np.unique(runs)),
        rows=len(space.rows),
        absent=absent,
        silhouette=float(np.mean(widths)),
        silhouette_deviation=_deviation(widths),
        silhouette_projected=float(np.mean(projected)),
        stability=stability(runs),
        ari=None,
        ari_deviation=None,
        ami=None,
        ami_deviation=None,
        seeds=len(runs),
    )


def _widths(runs: npt.NDArray[np.int64], judged: Rows, distances: Distances) -> list[float]:
    return [silhouette(distances, run[judged]) for run in runs]


def _held(result: Result, classes: Classes, runs: npt.NDArray[np.int64]) -> Result:
    """Hold clusters against classes."""
    scores = [agreement(classes, run) for run in runs]
    ari, ami = [score[0] for score in scores], [score[1] for score in scores]
    return replace(
        result,
        ari=float(np.mean(ari)),
        ari_deviation=_deviation(ari),
        ami=float(np.mean(ami)),
        ami_deviation=_deviation(ami),
    )


def _planed(chosen: str, planes: tuple[str, ...]) -> str:
    """Name what the plane is made by: what was chosen, if it is one, or any that there is."""
    return chosen if chosen in planes else planes[0] if planes else "pca"


def _deviation(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
