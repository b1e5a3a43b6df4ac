"""Asking whether a catalogue is separable without labels."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import numpy as np

from aisle.catalog import Catalog, Task
from aisle.errors import AisleError
from aisle.insight.studying.clustering import FEWEST
from aisle.insight.studying.distances import spread
from aisle.insight.studying.judging import Classes, confusion
from aisle.insight.studying.projecting import DEFAULT, SAME, check_projections
from aisle.insight.studying.results import Chooser, Picture, Study
from aisle.insight.studying.spaces import Space, joined, space_of
from aisle.insight.studying.trying import Trial, tried
from aisle.insight.studying.views import Skipped, View, default_views, joined_view, named_views
from aisle.progress import Progress, silent

MOST_ROWS = 3_000
"""Products, evenly spread, that a study looks at; t-SNE of more takes minutes an encoder."""

LEAST_ROWS = 12
"""Products that a study needs."""


def study(
    catalog: object,
    encoders: Iterable[str] | None = None,
    projections: Iterable[str] = DEFAULT,
    seeds: int = 10,
    clusters: int | None = None,
    *,
    target: str | None = None,
    rows: int = MOST_ROWS,
    progress: Progress = silent,
) -> Study:
    """Find out how well a catalogue falls into groups by itself, and which encoder sees them best.

    Every encoder's features are projected in every way and clustered by k-means. Encoders and
    projections are chosen by the silhouette of the clusters; classes, where there are any, only
    judge afterwards (and say how many clusters to look for).

    Parameters
    ----------
    catalog
        Products, in any form that `Catalog.read` takes; they need no classes.
    encoders
        Names of encoders and encoder folders; two with a ``+`` between them are put side by side.
        By default classical and pretrained ones of every modality that there is.
    projections
        Of ``none``, ``pca``, ``tsne`` and ``umap``.
    seeds
        How many times k-means is run on each.
    clusters
        How many clusters; as many as there are classes when left out, and without classes the
        number with the highest silhouette, for each encoder.
    target
        The column with the classes, where the catalogue does not know it.
    rows
        Products to look at, at most, evenly spread.
    progress
        Called as work goes on.

    Returns
    -------
    Study
        Results, highest silhouette first; `Study.save` writes them.

    Raises
    ------
    AisleError
        If there is nothing to look at, or an encoder or a projection cannot be had.

    Examples
    --------
    >>> from aisle import Catalog
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(20) for c in ("tea mug", "lamp")]
    >>> found = study(Catalog.read(rows, target="kind"), ["tfidf"], ["none"], seeds=2)
    >>> found.best.clusters, found.best.ari
    (2, 1.0)
    """
    start = time.perf_counter()
    opened = Catalog.read(catalog, target=target)
    asked = check_projections(projections)
    _check_numbers(seeds, clusters, rows, len(opened))
    places = spread(len(opened), rows)
    products = opened if len(places) == len(opened) else opened.take(places)
    classes = _classes(products)
    count, chooser = _clusters(clusters, classes)
    views, skipped = (
        default_views(products) if encoders is None else (named_views(encoders, products), ())
    )
    trying = _Trying(products, classes, asked, seeds, count, strict=encoders is not None)
    for at, view in enumerate(views):
        progress(f"studying {view.name}", at, len(views))
        trying.view(view, progress)
    if encoders is None:
        trying.best_together()
    trials = trying.trials
    if not trials:
        reasons = "; ".join(f"{s.name}: {s.reason}" for s in (*skipped, *trying.skipped))
        raise AisleError(
            "there is nothing to study: name a column with --text or --image that holds something"
            + (f" ({reasons})" if reasons else "")
        )
    results = sorted((r for trial in trials for r in trial.results), key=lambda r: -r.silhouette)
    best = max(trials, key=lambda trial: trial.chosen.silhouette)
    own = best.space.rows
    return Study(
        target=opened.schema.target if classes is not None else None,
        products=len(opened),
        studied=len(products),
        unlabelled=0 if classes is None else sum(name is None for name in classes),
        classes=_sizes(classes),
        chooser=chooser,
        seeds=seeds,
        projections=asked,
        results=tuple(results),
        skipped=(*skipped, *trying.skipped),
        confusion=None if classes is None else confusion(classes[own], best.labels),
        picture=Picture(
            best.planed,
            places[own],
            best.plane,
            best.labels,
            np.full(len(own), None, dtype=object) if classes is None else classes[own],
        ),
        seconds=time.perf_counter() - start,
        catalog=opened,
    )


class _Trying:
    """Views tried one after another; what cannot be is skipped, unless the user asked for it."""

    def __init__(
        self,
        products: Catalog,
        classes: Classes | None,
        projections: tuple[str, ...],
        seeds: int,
        clusters: int | None,
        *,
        strict: bool,
    ) -> None:
        self.products = products
        self.classes = classes
        self.projections = projections
        self.seeds = seeds
        self.clusters = clusters
        self.strict = strict
        self.trials: list[Trial] = []
        self.skipped: list[Skipped] = []

    def view(self, view: View, progress: Progress) -> None:
        """Encode and try a view."""
        try:
            self._space(space_of(self.products, view, progress=progress))
        except AisleError as error:
            if self.strict:
                raise
            self.skipped.append(Skipped(view.name, str(error)))

    def best_together(self) -> None:
        """Try the best text encoder and the best image encoder side by side, if there are both."""
        best = [self._best("text"), self._best("image")]
        spaces = [trial.space for trial in best if trial is not None]
        if len(spaces) < 2:
            return
        view = joined_view(*(space.view for space in spaces))
        try:
            self._space(joined(spaces, view))
        except AisleError as error:
            self.skipped.append(Skipped(view.name, str(error)))

    def _best(self, modality: str) -> Trial | None:
        own = [trial for trial in self.trials if trial.space.view.modality == modality]
        return max(own, key=lambda trial: trial.chosen.silhouette, default=None)

    def _space(self, space: Space) -> None:
        least = max(LEAST_ROWS, (self.clusters or 2) + 1)
        if len(space.rows) < least:
            raise AisleError(
                f"{space.view.name}: {len(space.rows)} of {len(self.products)} products have "
                f"anything for it to read, and {least} are needed"
            )
        if float(np.ptp(space.points, axis=0).max()) < SAME:
            raise AisleError(f"{space.view.name}: all products are the same to it")
        self.trials.append(
            tried(
                space,
                self.projections,
                self.clusters,
                self.seeds,
                None if self.classes is None else self.classes[space.rows],
                absent=len(self.products) - len(space.rows),
            )
        )


def _check_numbers(seeds: int, clusters: int | None, rows: int, products: int) -> None:
    if seeds < 1:
        raise AisleError(f"seeds: expected 1 or more, found {seeds}")
    if rows < LEAST_ROWS or products < LEAST_ROWS:
        raise AisleError(
            f"a study needs at least {LEAST_ROWS} products, found {min(rows, products)}"
        )
    if clusters is not None and not 2 <= clusters <= min(rows, products) // 2:
        raise AisleError(
            f"clusters: expected 2 to {min(rows, products) // 2} (half of the products), "
            f"found {clusters}"
        )


def _classes(products: Catalog) -> Classes | None:
    """Return a class or None for each product; None where there are no classes to tell apart."""
    if products.schema.target is None or products.task is Task.REGRESS:
        return None
    labels = products.labels
    return labels if len({name for name in labels if name is not None}) > 1 else None


def _clusters(asked: int | None, classes: Classes | None) -> tuple[int | None, Chooser]:
    if asked is not None:
        return asked, "given"
    if classes is None:
        return None, "silhouette"
    known = {name for name in classes if name is not None}
    return min(len(known), max(2, len(classes) // FEWEST)), "classes"


def _sizes(classes: Classes | None) -> tuple[tuple[str, int], ...]:
    if classes is None:
        return ()
    counts = Counter(str(name) for name in classes if name is not None)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
