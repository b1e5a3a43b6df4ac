"""What a study found, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.insight.studying.judging import Confusion
from aisle.insight.studying.views import Family, Skipped
from aisle.reports import save_report

Chooser = Literal["given", "classes", "silhouette"]
"""Where the number of clusters comes from."""


@dataclass(frozen=True)
class Result:
    """k-means on one projection of one encoder: means over seeds, and standard deviations.

    Parameters
    ----------
    encoder, modality, family, variant
        As a `View` has them.
    projection
        ``none``, ``pca``, ``tsne`` or ``umap``.
    clusters
        How many there are.
    rows, absent
        Products that were clustered, and those that lack the modality.
    silhouette, silhouette_deviation
        Over ways from neighbour to neighbour in the encoder's features, whatever the projection:
        what chooses.
    silhouette_projected
        In the projection itself; not to be compared with that of another.
    stability
        How alike the clusterings of the seeds are: their mean adjusted Rand index.
    ari, ari_deviation, ami, ami_deviation
        Agreement with the classes, which chooses nothing; None without classes.
    seeds
        How many times k-means was run.
    chosen
        Whether this is the encoder's projection with the highest silhouette.
    """

    encoder: str
    modality: str
    family: Family
    variant: str
    projection: str
    clusters: int
    rows: int
    absent: int
    silhouette: float
    silhouette_deviation: float
    silhouette_projected: float
    stability: float
    ari: float | None
    ari_deviation: float | None
    ami: float | None
    ami_deviation: float | None
    seeds: int
    chosen: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON takes it."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Picture:
    """The products of the chosen encoder in a plane.

    Parameters
    ----------
    projection
        What the plane is: ``tsne``, ``umap`` or ``pca``.
    rows
        Row numbers in the catalogue, int64 (points,).
    places
        float32 (points, 2).
    clusters
        Of the seed with the highest silhouette, int64 (points,).
    classes
        str or None, object (points,).
    """

    projection: str
    rows: npt.NDArray[np.int64]
    places: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int64]
    classes: npt.NDArray[np.object_]


@dataclass(frozen=True)
class Study:
    """What `study` found.

    Parameters
    ----------
    target
        The column with the classes; None where there are none.
    products
        How many the catalogue has.
    studied
        How many of them, evenly spread, were looked at.
    unlabelled
        How many of these have no class; they are clustered, but do not count in scores.
    classes
        Products a class, the largest first.
    chooser
        Where the number of clusters comes from.
    seeds, projections
        As asked for.
    results
        Highest silhouette first.
    skipped
        Encoders that could not be studied.
    confusion
        Of the best result; None without classes.
    picture
        Its products in a plane.
    seconds
        How long it took.
    catalog
        The catalogue that was studied.
    """

    target: str | None
    products: int
    studied: int
    unlabelled: int
    classes: tuple[tuple[str, int], ...]
    chooser: Chooser
    seeds: int
    projections: tuple[str, ...]
    results: tuple[Result, ...]
    skipped: tuple[Skipped, ...]
    confusion: Confusion | None
    picture: Picture = field(repr=False)
    seconds: float
    catalog: Catalog = field(repr=False)

    @property
    def best(self) -> Result:
        """The result with the highest silhouette."""
        return self.results[0]

    @property
    def chosen(self) -> tuple[Result, ...]:
        """Each encoder by the projection with its highest silhouette, the best encoder first."""
        return tuple(result for result in self.results if result.chosen)

    def best_of(
        self, modality: str, family: Family | None = None, variant: str | None = None
    ) -> Result | None:
        """Return the chosen result with the highest silhouette of some kind; None without any."""
        return next(
            (
                result
                for result in self.chosen
                if result.modality == modality
                and family in (None, result.family)
                and variant in (None, result.variant)
            ),
            None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle study``."""
        return {
            "target": self.target,
            "products": self.products,
            "studied": self.studied,
            "unlabelled": self.unlabelled,
            "classes": dict(self.classes),
            "clusters_by": self.chooser,
            "best": self.best.to_dict(),
            "results": [result.to_dict() for result in self.results],
            "confusion": None if self.confusion is None else self.confusion.to_dict(),
            "skipped": [vars(skipped) for skipped in self.skipped],
            "seconds": self.seconds,
        }

    def save(self, path: str | Path) -> None:
        """Write the study as JSON, as an HTML page, or its results as CSV, by the suffix.

        Raises
        ------
        AisleError
            If the suffix is another, or the file cannot be written.
        """

        def page() -> str:
            from aisle.insight.studying.page import study_page

            return study_page(self)

        save_report(
            path,
            "a study",
            data=self.to_dict,
            page=page,
            table=lambda path: _write_table(self.results, path),
        )


def _write_table(results: tuple[Result, ...], path: str | Path) -> None:
    import pyarrow as pa

    from aisle.catalog.writing import write_table

    rows = [result.to_dict() for result in results]
    floats = ("ari", "ari_deviation", "ami", "ami_deviation")
    columns = {
        name: pa.array([row[name] for row in rows], pa.float64() if name in floats else None)
        for name in rows[0]
    }
    write_table(pa.table(columns), path)
